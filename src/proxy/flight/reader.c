/* proxy/flight/reader.c - the clients' side of a flight: poll, read, upload, leave.
 *
 * Runs on the front threads. A reader that has nothing to do is suspended under the flight's lock,
 * so that the wake-up can't come before the sleep.
 */
#include "flight.h"

static void wait_here(struct reader *reader)
{
	reader->waiting = true;
	reader->client->suspend(reader->arg);
}

static enum flight_news news_of(struct reader *reader)
{
	const struct flight *flight = reader->flight;

	if (reader->fate == READER_RELEASED)
		return NEWS_RELEASED;
	if (reader->fate == READER_VARIED)
		return NEWS_RETRY;
	if (reader->fate == READER_UNSERVED)
		return NEWS_FAILED;
	/* a fault behind the head is told by breaking off, to all readers alike */
	if (flight->object != NULL ||
		(flight->has_head && (reader->leads || flight->guard != GUARD_UNDECIDED)))
		return NEWS_THERE;
	return flight->phase == FLIGHT_FAILED ? NEWS_FAILED : NEWS_WAIT;
}

enum flight_news flight_poll(struct reader *reader)
{
	struct flight *flight = reader->flight;
	enum flight_news news;

	pthread_mutex_lock(&flight->lock);
	news = news_of(reader);
	if (news == NEWS_WAIT)
		wait_here(reader);
	/* with the news, or the next fault could put a stale one in its place */
	if (news == NEWS_THERE && flight->object != NULL && reader->object == NULL) {
		reader->object = object_ref(flight->object);
		reader->stands_in = flight->stands_in;
	}
	pthread_mutex_unlock(&flight->lock);
	return news;
}

bool flight_whole_body(struct flight *flight, struct slice *ret)
{
	struct stream_view view;
	bool whole;

	pthread_mutex_lock(&flight->lock);
	whole = flight->phase == FLIGHT_DONE && flight->stream.base == 0;
	if (whole) {
		view = stream_view_at(&flight->stream, 0);
		whole = view.data != NULL && view.size == flight->stream.total;
	}
	pthread_mutex_unlock(&flight->lock);
	if (whole)
		*ret = (struct slice){ view.data, view.size };
	return whole;
}

/* The reader moved on or left: what lies behind the slowest goes, and a paused origin may go on.
 * Under the lock. */
static void make_room(struct flight *flight)
{
	uint64_t slowest = flight_slowest(flight);

	if (!flight->joinable && !flight->keeps && flight->has_head) {
		stream_discard(&flight->stream, slowest);
		flight_count_spooled(flight);
	}
	if (flight->paused && flight->ask != NULL &&
		flight->stream.total - slowest <= flight_window(flight) / 2) {
		flight->paused = false;
		ask_resume(flight->ask);
	}
}

void flight_seek(struct reader *reader, uint64_t position)
{
	pthread_mutex_lock(&reader->flight->lock);
	reader->position = position;
	pthread_mutex_unlock(&reader->flight->lock);
}

ssize_t flight_read(struct reader *reader, char *buffer, size_t size)
{
	struct flight *flight = reader->flight;
	struct stream_view view;
	ssize_t count = 0;

	pthread_mutex_lock(&flight->lock);
	view = stream_view_at(&flight->stream, reader->position);
	if (view.size == 0 && flight->phase == FLIGHT_STREAMING)
		wait_here(reader);
	else if (view.size == 0)
		count = flight->phase == FLIGHT_DONE ? STREAM_END : STREAM_BROKEN;
	pthread_mutex_unlock(&flight->lock);
	if (view.size == 0)
		return count;

	/* no lock: what lies at or behind a reader's position stays where it is */
	count = stream_copy(&view, buffer, size);
	if (count < 0)
		return STREAM_BROKEN;
	pthread_mutex_lock(&flight->lock);
	reader->position += (uint64_t)count;
	make_room(flight);
	pthread_mutex_unlock(&flight->lock);
	return count;
}

size_t flight_upload(struct reader *reader, const char *data, size_t size)
{
	struct flight *flight = reader->flight;
	struct upload *upload = &flight->upload;
	size_t room, count;

	pthread_mutex_lock(&flight->lock);
	room = upload->buffer.limit - upload->buffer.size;
	count = size < room ? size : room;
	if (upload->unwanted) {
		count = size;
	} else if (count == 0) {
		wait_here(reader);
	} else if (bytes_append(&upload->buffer, data, count) == RC_OK && upload->starving) {
		upload->starving = false;
		if (flight->ask != NULL)
			ask_resume(flight->ask);
	}
	pthread_mutex_unlock(&flight->lock);
	return count;
}

void flight_upload_end(struct reader *reader)
{
	struct flight *flight = reader->flight;

	pthread_mutex_lock(&flight->lock);
	flight->upload.ended = true;
	if (flight->upload.starving && flight->ask != NULL)
		ask_resume(flight->ask);
	flight->upload.starving = false;
	pthread_mutex_unlock(&flight->lock);
}

/* Nobody reads any more. A fetch whose response will be stored, or may turn out to be, goes on; unless it
 * has not left yet, and would take the turn of one that somebody waits for. */
static bool give_up(struct flight *flight)
{
	if (flight->reader_count > 0 || flight->ask == NULL)
		return false;
	if (flight->phase == FLIGHT_ASKED ? flight->private : !flight->keeps) {
		ask_cancel(flight->ask);
		return true;
	}
	return ask_withdraw(flight->ask);
}

void flight_leave(struct reader *reader)
{
	struct flight *flight = reader->flight;

	if (flight == NULL)
		return;
	pthread_mutex_lock(&flight->lock);
	list_remove(&reader->link);
	flight->reader_count--;
	flights_count(flight->table, 0, -1);
	reader->flight = NULL;
	if (reader->object != NULL)
		object_unref(GIVE(reader->object));
	if (give_up(flight)) {
		flight->cancelled = true;
		flight->joinable = false;
	} else {
		make_room(flight);
	}
	pthread_mutex_unlock(&flight->lock);
	flight_unref(flight);
}
