/* proxy/flight/audience.c - the readers of a flight: who is woken, who lags, and who may have what came.
 *
 * What the readers do themselves is reader.c's. Threads: as flight.h says of each.
 */
#include "audience.h"

#include "key/askers.h"
#include "purge/grouping.h"
#include "keep/stand_in.h"
#include "state.h"

#include "policy/coding.h"
#include "policy/vary.h"
#include "util/clock.h"

static struct reader *reader_at(struct list *link)
{
	return LIST_ITEM(link, struct reader, link);
}

/* Whether there is something for him: while its body is judged, the followers have nothing of it. */
static bool has_news(const struct flight *flight, const struct reader *reader)
{
	return flight->phase != FLIGHT_STREAMING || flight->guard != GUARD_UNDECIDED ||
	       reader->leads || reader->fate != READER_KEPT;
}

void flight_wake(struct flight *flight)
{
	LIST_EACH(at, &flight->readers) {
		struct reader *reader = reader_at(at);

		if (reader->waiting && has_news(flight, reader)) {
			reader->waiting = false;
			reader->client->resume(reader->arg);
		}
	}
}

uint64_t flight_slowest(const struct flight *flight)
{
	uint64_t slowest = flight->stream.total;

	LIST_EACH(at, &flight->readers) {
		const struct reader *reader = reader_at(at);
		bool reads = reader->fate == READER_KEPT || reader->fate == READER_UNSERVED;

		if (reads && reader->position < slowest)
			slowest = reader->position;
	}
	return slowest;
}

/* The readers are woken when the loop has dealt with all that came with this: then a small response
 * is there as a whole, and they are not woken for each piece. On the loop thread. */
void flight_wake_later(struct flight *flight)
{
	if (flight->wakes)
		return;
	flight->wakes = true;
	flight_ref(flight);
	list_append(&flight->proxy->house->to_wake, &flight->wake_link);
}

void flight_wake_round(void *arg)
{
	struct house *house = arg;

	LIST_EACH_SAFE(at, &house->to_wake) {
		struct flight *flight = LIST_ITEM(at, struct flight, wake_link);

		list_remove(at);
		flight->wakes = false;
		pthread_mutex_lock(&flight->lock);
		flight_wake(flight);
		pthread_mutex_unlock(&flight->lock);
		flight_unref(flight);
	}
}

bool flight_object_suits(const struct object *object, const struct reader *reader)
{
	return askers_may_have(object, reader->credentials) &&
	       vary_matches(&object->variant, reader->view->headers) &&
	       coding_fits(&object->headers, &object->variant, reader->view);
}

bool flight_suits(const struct flight *flight, const struct reader *reader)
{
	if (flight->has_verdict && flight->verdict.from_store)
		return flight_object_suits(flight->verdict.object, reader);
	if (flight->has_verdict && askers_is_of_credential(flight) &&
		flight->credentials != reader->credentials)
		return false;
	if (flight->has_verdict && flight->verdict.personal && flight->dropped != reader->dropped)
		return false;
	if (flight->has_variant && !vary_matches(&flight->verdict.variant, reader->view->headers))
		return false;
	return !flight->has_verdict ||
	       coding_fits(&flight->received, &flight->verdict.variant, reader->view);
}

/* A stored response that stands in for an error is only for who takes a stale one; and who would take
 * it is not given the error because somebody else wouldn't (RFC 9111 4.2.4). */
static bool takes_stale(const struct flight *flight, const struct reader *reader)
{
	if (!flight->stands_in && !stand_in_is_error(flight->status))
		return true;
	return flight->stands_in == stand_in_serves(flight, reader->view, clock_wall_ms());
}

/* Whether the leader can do with the coding that was asked for on everybody's behalf. */
static bool is_readable(const struct flight *flight, const struct reader *leader)
{
	const struct headers *fields =
		flight->verdict.from_store ? &flight->verdict.object->headers : &flight->received;

	return flight->exact || coding_fits(fields, &flight->verdict.variant, leader->view);
}

/* Whether the head names a group that was invalidated while it was on its way, and perhaps before this reader came:
 * he must not get what was there before. Which invalidation was the last of a group's doesn't tell whether it was
 * the first. */
static bool came_after(const struct flight *flight, const struct reader *reader)
{
	return reader->epoch > flight->epoch && grouping_overtook(flight, flight->epoch);
}

/* The head is judged: who may have this response? Under the lock. */
void audience_sort(struct flight *flight)
{
	const struct flight_verdict *verdict = &flight->verdict;

	LIST_EACH(at, &flight->readers) {
		struct reader *reader = reader_at(at);

		if (verdict->retry)
			reader->fate = READER_VARIED;
		else if (reader->leads)
			reader->fate = is_readable(flight, reader) ? READER_KEPT : READER_VARIED;
		else if (verdict->share == SHARE_NONE)
			reader->fate = READER_RELEASED;
		else if (!flight_suits(flight, reader) || !takes_stale(flight, reader) ||
			 came_after(flight, reader))
			reader->fate = READER_VARIED;
	}
}

bool audience_remains(const struct flight *flight)
{
	LIST_EACH(at, &flight->readers) {
		if (reader_at(at)->fate == READER_KEPT)
			return true;
	}
	return false;
}

bool audience_has_leader(const struct flight *flight)
{
	LIST_EACH(at, &flight->readers) {
		if (reader_at(at)->leads && reader_at(at)->fate == READER_KEPT)
			return true;
	}
	return false;
}

void audience_turn_away(struct flight *flight)
{
	LIST_EACH(at, &flight->readers) {
		if (!reader_at(at)->leads && reader_at(at)->fate == READER_KEPT)
			reader_at(at)->fate = READER_VARIED;
	}
}

void audience_part(struct flight *flight)
{
	LIST_EACH(at, &flight->readers) {
		struct reader *reader = reader_at(at);

		if (!reader->leads && reader->fate == READER_KEPT && !flight_suits(flight, reader))
			reader->fate = READER_VARIED;
	}
}

/* The origin failed: who has not begun to be answered may get what is stored. Under the lock. */
void audience_stand_in(struct flight *flight)
{
	int64_t now_ms = clock_wall_ms();

	LIST_EACH(at, &flight->readers) {
		struct reader *reader = reader_at(at);

		if (reader->fate == READER_KEPT &&
			(!stand_in_serves(flight, reader->view, now_ms) ||
				!flight_object_suits(flight->stale, reader)))
			reader->fate = READER_UNSERVED;
	}
	flight->object = object_ref(flight->stale);
	flight->stands_in = true;
}

void audience_settle(struct flight *flight, const struct object *object)
{
	LIST_EACH(at, &flight->readers) {
		struct reader *reader = reader_at(at);

		/* they joined when nothing was known of what the leader would find */
		if (!reader->leads && (object->part.is_part || reader->wants_new ||
					      !flight_object_suits(object, reader)))
			reader->fate = READER_VARIED;
	}
}
