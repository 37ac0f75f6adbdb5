/* store/disk/mark.c - purges: what they are about is marked as out of date, that is made durable, and who waits is told.
 *
 * The slots that the caller knows are raised already, so that what was purged is out of date for everybody
 * before this runs. Here those are raised that only rows and queued responses tell, the table of groups is made durable,
 * once for all purges that wait, and who waits is told. Rows are removed behind it (erase.c).
 *
 * Nothing that was stored before a purge is passed over. A put is queued, or under way, or a row; a row that is found is
 * raised by its slot, which is that of its target: what a queued put of the same target brings has the same, and what is fetched
 * later has an epoch from after it. Where a put is written behind the acknowledgement, its slots are above its epoch:
 * then, after a restart, and wherever else it went.
 *
 * Numbers are told of what is stored, and what waits to be is as good as that: a short queue is waited for, and of a long one
 * what will be a row of its own is counted.
 *
 * Threads and ownership: mark.h.
 */
#include "inside.h"

#include "util/alloc.h"
#include "util/clock.h"

#include <stdlib.h>
#include <string.h>

#define SHORT_QUEUE 512 /* jobs: they are waited for, and don't wait themselves */
#define PATIENCE_MS 100 /* for that */
#define WAY_MS      200 /* the writer waits before each of its turns, at most */

struct marks {
	pthread_mutex_t lock;
	pthread_cond_t added;
	pthread_cond_t changed; /* marks were told, or nobody is in a hurry any more */
	struct list waiting;
	uint64_t numbered;   /* so far */
	uint64_t told;       /* in order, too */
	atomic_uint hurried; /* who wants to be alone on the core */
	bool stopped;
};

struct marks *marks_new(void)
{
	struct marks *marks = xalloc(sizeof(*marks));
	pthread_condattr_t monotonic;

	pthread_mutex_init(&marks->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&marks->added, NULL);
	pthread_cond_init(&marks->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	list_init(&marks->waiting);
	return marks;
}

void marks_free(struct marks *marks)
{
	pthread_cond_destroy(&marks->changed);
	pthread_cond_destroy(&marks->added);
	pthread_mutex_destroy(&marks->lock);
	free(marks);
}

static struct mark *mark_at(struct list *link)
{
	return LIST_ITEM(link, struct mark, link);
}

static struct mark *copy_of(const struct mark *what)
{
	const struct disk_selection *s = &what->selection;
	struct mark *mark = xalloc(sizeof(*mark) + s->route.size + s->text.size);

	*mark = *what;
	list_init(&mark->link);
	if (s->route.size > 0)
		memcpy(mark->text, s->route.data, s->route.size);
	if (s->text.size > 0)
		memcpy(mark->text + s->route.size, s->text.data, s->text.size);
	mark->selection.route.data = mark->text;
	mark->selection.text.data = mark->text + s->route.size;
	return mark;
}

static void add(struct marks *marks, const struct mark *what)
{
	struct mark *mark = copy_of(what);
	bool taken;

	pthread_mutex_lock(&marks->lock);
	taken = !marks->stopped;
	if (taken) {
		marks->numbered++;
		list_append(&marks->waiting, &mark->link);
		pthread_cond_signal(&marks->added);
	}
	pthread_mutex_unlock(&marks->lock);
	if (taken)
		return;
	free(mark);
	what->done.call(what->done.arg, RC_STOPPED, 0);
}

void disk_purge(struct disk *disk, const struct disk_selection *selection, enum groups_mode mode,
	const struct disk_done *done)
{
	const struct mark mark = {
		.selection = *selection,
		.mode = mode,
		.epoch = groups_epoch(disk->groups),
		.done = *done,
	};

	add(disk->marks, &mark);
}

void disk_count(
	struct disk *disk, const struct disk_selection *selection, const struct disk_done *done)
{
	const struct mark mark = { .selection = *selection, .only_counts = true, .done = *done };

	add(disk->marks, &mark);
}

void mark_flush(struct marks *marks)
{
	uint64_t number;

	pthread_mutex_lock(&marks->lock);
	number = marks->numbered;
	while (marks->told < number)
		pthread_cond_wait(&marks->changed, &marks->lock);
	pthread_mutex_unlock(&marks->lock);
}

void mark_stop(struct marks *marks)
{
	pthread_mutex_lock(&marks->lock);
	marks->stopped = true;
	pthread_cond_signal(&marks->added);
	pthread_mutex_unlock(&marks->lock);
}

void disk_hurry(struct disk *disk)
{
	atomic_fetch_add(&disk->marks->hurried, 1);
}

void disk_ease(struct disk *disk)
{
	struct marks *marks = disk->marks;

	pthread_mutex_lock(&marks->lock);
	if (atomic_fetch_sub(&marks->hurried, 1) == 1)
		pthread_cond_broadcast(&marks->changed);
	pthread_mutex_unlock(&marks->lock);
}

static bool is_short(struct disk *disk)
{
	struct queue_usage queued;

	queue_usage(disk->queue, &queued);
	return queued.jobs <= SHORT_QUEUE;
}

void mark_give_way(struct disk *disk)
{
	struct marks *marks = disk->marks;
	int64_t until_ms;
	struct timespec until;

	if (atomic_load(&marks->hurried) == 0 || is_short(disk))
		return;
	until_ms = clock_monotonic_ms() + WAY_MS;
	until = (struct timespec){ until_ms / 1000, until_ms % 1000 * 1000000 };
	pthread_mutex_lock(&marks->lock);
	while (atomic_load(&marks->hurried) > 0) {
		if (pthread_cond_timedwait(&marks->changed, &marks->lock, &until) != 0)
			break;
	}
	pthread_mutex_unlock(&marks->lock);
}

/* In this order: a directory that was found again has its table from a moment later on. */
static bool is_durable(const struct disk *disk)
{
	return place_is_there(disk) && atomic_load(&disk->groups_kept);
}

/* Counts, and raises what is not raised yet. */
static enum rc look_through(struct disk *disk, struct mark *mark)
{
	if (!mark->only_counts && !is_durable(disk)) /* a restart would forget it */
		return RC_IO;
	if (mark->selection.scope == DISK_NOTHING)
		return RC_OK;
	return mark_stored(disk, mark);
}

static void end(struct disk *disk, struct mark *mark, enum rc kept)
{
	if (mark->rc == RC_OK && !mark->only_counts)
		mark->rc = kept;
	if (mark->rc != RC_OK)
		disk_fault(disk, LABEL_DISK_OP_PURGE, mark->rc, rc_text(mark->rc));
	else if (mark->mode == GROUPS_HARD && !mark->only_counts &&
		 mark->selection.scope != DISK_NOTHING)
		erase_later(disk, &mark->selection, mark->epoch);
	mark->done.call(mark->done.arg, mark->rc, mark->count);
}

static void mark_all(struct disk *disk, struct list *round)
{
	bool changes = false;
	enum rc kept = RC_OK;

	LIST_EACH(at, round) {
		struct mark *mark = mark_at(at);

		mark->rc = look_through(disk, mark);
		changes = changes || !mark->only_counts;
	}
	if (changes)
		kept = groups_sync(disk->groups);
	LIST_EACH(at, round)
		end(disk, mark_at(at), kept);
}

/* What is nearly written is waited for. */
static void await_short_queue(struct disk *disk)
{
	if (is_short(disk) && !atomic_load(&disk->fails[DISK_WRITES]))
		queue_await(disk->queue, clock_monotonic_ms() + PATIENCE_MS);
}

/* All that wait; false: there will be no more. */
static bool take_round(struct marks *marks, struct list *ret)
{
	list_init(ret);
	pthread_mutex_lock(&marks->lock);
	while (list_empty(&marks->waiting) && !marks->stopped)
		pthread_cond_wait(&marks->added, &marks->lock);
	LIST_EACH_SAFE(at, &marks->waiting) {
		list_remove(at);
		list_append(ret, at);
	}
	pthread_mutex_unlock(&marks->lock);
	return !list_empty(ret);
}

static void finish_round(struct marks *marks, struct list *round)
{
	uint64_t count = 0;

	LIST_EACH_SAFE(at, round) {
		list_remove(at);
		free(mark_at(at));
		count++;
	}
	pthread_mutex_lock(&marks->lock);
	marks->told += count;
	pthread_cond_broadcast(&marks->changed);
	pthread_mutex_unlock(&marks->lock);
}

void *mark_run(void *arg)
{
	struct disk *disk = arg;
	struct list round;

	while (take_round(disk->marks, &round)) {
		await_short_queue(disk);
		disk_hurry(disk);
		mark_all(disk, &round);
		disk_ease(disk);
		finish_round(disk->marks, &round);
	}
	return NULL;
}
