/* store/disk/queue.c - what is to be written, in order; and, until it is written, found by reads.
 *
 * One lock over a list and a table of buckets by key. Reads come here first, so `jobs` is looked at
 * without the lock: mostly there is nothing. Threads and ownership: queue.h.
 */
#include "queue_inside.h"

#include "util/alloc.h"
#include "util/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_PUTS  65536
#define ELSEWHERE  (1 << 20)           /* what a body in a file counts: it pins a descriptor */
#define MOST_BATCH ((uint64_t)4 << 20) /* bytes; the last may go beyond */
#define MOST_JOBS  (4 * MOST_PUTS)     /* with voids and other small ones */

struct queue *queue_new(uint64_t most_bytes)
{
	struct queue *queue = xalloc(sizeof(*queue));
	pthread_condattr_t monotonic;

	pthread_mutex_init(&queue->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->more, &monotonic);
	pthread_cond_init(&queue->reached, &monotonic);
	pthread_condattr_destroy(&monotonic);
	list_init(&queue->jobs);
	queue->most_bytes = most_bytes;
	return queue;
}

void queue_free(struct queue *queue)
{
	LIST_EACH_SAFE(at, &queue->jobs) {
		struct job *job = LIST_ITEM(at, struct job, link);

		list_remove(at);
		job_free(job);
	}
	pthread_cond_destroy(&queue->reached);
	pthread_cond_destroy(&queue->more);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

static void see(struct queue *queue, struct job *job)
{
	struct job **bucket;

	if (!job->has_key)
		return;
	bucket = queue_bucket(queue, &job->key);
	job->next_of_key = *bucket;
	*bucket = job;
}

static void unsee(struct queue *queue, struct job *job)
{
	struct job **at;

	if (!job->has_key)
		return;
	at = queue_bucket(queue, &job->key);
	while (*at != job)
		at = &(*at)->next_of_key;
	*at = job->next_of_key;
}

static void count(struct queue *queue, const struct job *job, int change)
{
	if (job->kind == JOB_PUT) {
		queue->puts += (uint64_t)change;
		queue->bytes += (uint64_t)change * job->bytes;
	}
	atomic_fetch_add(&queue->count, (uint64_t)change);
}

static bool is_alone(const struct job *job)
{
	return job->kind == JOB_ERASE || job->kind == JOB_RENEW || job->kind == JOB_FLUSH;
}

/* Before `at` in the list: the head of it for the end. Under the lock. */
static void enter(struct queue *queue, struct list *at, struct job *job)
{
	list_append(at, &job->link);
	queue->alone += is_alone(job);
}

/* Under the lock. Whether there is room for what may be forgotten. */
static bool takes(const struct queue *queue, const struct job *job)
{
	if (job->kind == JOB_PUT)
		return queue->puts < MOST_PUTS && queue->bytes + job->bytes <= queue->most_bytes;
	return is_alone(job) || atomic_load(&queue->count) < MOST_JOBS;
}

/* Under the lock: its number. */
static uint64_t first_waiting(const struct queue *queue)
{
	return list_empty(&queue->jobs) ? queue->numbered + 1
					: LIST_ITEM(queue->jobs.next, struct job, link)->number;
}

/* Under the lock. The first that doesn't go ahead of others, or the head. */
static struct list *first_behind(struct queue *queue)
{
	struct list *at = queue->jobs.next;

	while (at != &queue->jobs && LIST_ITEM(at, struct job, link)->ahead)
		at = at->next;
	return at;
}

/* At its place, visible. What goes ahead has the number of what it overtakes, and is not counted. Under the lock. */
static void append(struct queue *queue, struct job *job)
{
	job->number = job->ahead ? first_waiting(queue) : ++queue->numbered;
	enter(queue, job->ahead ? first_behind(queue) : &queue->jobs, job);
	count(queue, job, 1);
	see(queue, job);
	pthread_cond_signal(&queue->more);
}

/* Takes the job, or frees it: false. */
static bool add(struct queue *queue, struct job *job)
{
	bool taken;

	pthread_mutex_lock(&queue->lock);
	taken = !queue->stopped && takes(queue, job);
	if (taken) {
		append(queue, job);
	} else if (job->kind != JOB_PUT && job->kind != JOB_ORPHAN) {
		queue->overflowed = true;
	}
	pthread_mutex_unlock(&queue->lock);
	if (!taken)
		job_free(job);
	return taken;
}

enum rc queue_put(struct queue *queue, const struct key *key, struct object *object)
{
	struct job *job = job_new(JOB_PUT, key, 0, NULL);

	job->object = object_ref(object);
	job->bytes = body_in_memory(object->body) ? object->footprint : ELSEWHERE;
	if (add(queue, job))
		return RC_OK;
	queue_void(queue, key, object);
	return RC_BUSY;
}

void queue_void(struct queue *queue, const struct key *key, const struct object *object)
{
	struct job *job = job_new(JOB_VOID, key, 0, NULL);

	job->object = job_husk(object);
	add(queue, job);
}

void queue_drop(struct queue *queue, const struct key *key)
{
	add(queue, job_new(JOB_DROP, key, 0, NULL));
}

void queue_discard(struct queue *queue, const struct key *key, const struct object *object)
{
	struct job *job = job_new(JOB_DISCARD, key, 0, NULL);

	job->object = job_husk(object);
	add(queue, job);
}

void queue_remove(struct queue *queue, int64_t id)
{
	struct job *job = job_new(JOB_REMOVE, NULL, 0, NULL);

	job->id = id;
	add(queue, job);
}

void queue_erase(struct queue *queue, struct erasure *erasure)
{
	struct job *job = job_new(JOB_ERASE, NULL, 0, NULL);

	job->erasure = erasure;
	add(queue, job);
}

void queue_remember(struct queue *queue, struct slice name, struct slice value)
{
	struct job *job = job_of_fact(name, value);

	job->ahead = true;
	add(queue, job);
}

void queue_orphan(struct queue *queue, const unsigned char digest[static 32])
{
	struct job *job = job_new(JOB_ORPHAN, NULL, 0, NULL);

	memcpy(job->digest, digest, sizeof(job->digest));
	add(queue, job);
}

void queue_renew(struct queue *queue)
{
	add(queue, job_new(JOB_RENEW, NULL, 0, NULL));
}

static void flush(struct queue *queue, bool ahead)
{
	struct job *job = job_new(JOB_FLUSH, NULL, 0, NULL);
	uint64_t ticket;

	pthread_mutex_lock(&queue->lock);
	if (queue->stopped) {
		pthread_mutex_unlock(&queue->lock);
		free(job);
		return;
	}
	job->ahead = ahead;
	ticket = job->ticket = ++queue->tickets[ahead];
	append(queue, job);
	while (queue->flushed[ahead] < ticket && !queue->stopped)
		pthread_cond_wait(&queue->reached, &queue->lock);
	pthread_mutex_unlock(&queue->lock);
}

void queue_flush(struct queue *queue)
{
	flush(queue, false);
}

void queue_flush_facts(struct queue *queue)
{
	flush(queue, true);
}

/* Under the lock. The first one that needs the writer for itself, or NULL. */
static struct job *first_alone(const struct queue *queue)
{
	LIST_EACH(at, &queue->jobs) {
		struct job *job = LIST_ITEM(at, struct job, link);

		if (is_alone(job))
			return job;
	}
	return NULL;
}

static bool has_any(const struct queue *queue, bool urgent)
{
	return urgent ? queue->alone > 0 : !list_empty(&queue->jobs);
}

/* Under the lock. */
static void wait_for_more(struct queue *queue, bool urgent, int64_t until_ms)
{
	struct timespec until = {
		.tv_sec = until_ms / 1000,
		.tv_nsec = until_ms % 1000 * 1000000,
	};

	while (!has_any(queue, urgent) && !queue->stopped) {
		if (pthread_cond_timedwait(&queue->more, &queue->lock, &until) == ETIMEDOUT)
			return;
	}
}

static void move(struct queue *queue, struct job *job, struct list *batch)
{
	queue->alone -= is_alone(job);
	list_remove(&job->link);
	list_append(batch, &job->link);
}

static bool go_together(const struct job *first, const struct job *job)
{
	if (first->ahead != job->ahead)
		return false;
	return is_alone(first) ? first->kind == JOB_ERASE && job->kind == JOB_ERASE
			       : !is_alone(job);
}

void queue_take(struct queue *queue, struct list *batch, size_t most, int64_t until_ms)
{
	struct job *job = NULL;
	uint64_t bytes = 0;

	pthread_mutex_lock(&queue->lock);
	wait_for_more(queue, false, until_ms);
	for (size_t i = 0; i < most && bytes < MOST_BATCH && !list_empty(&queue->jobs); i++) {
		job = LIST_ITEM(queue->jobs.next, struct job, link);
		if (i > 0 && !go_together(LIST_ITEM(batch->next, struct job, link), job))
			break;
		move(queue, job, batch);
		bytes += job->bytes;
	}
	pthread_mutex_unlock(&queue->lock);
}

void queue_take_urgent(struct queue *queue, struct list *batch, int64_t until_ms)
{
	struct job *job;

	pthread_mutex_lock(&queue->lock);
	wait_for_more(queue, true, until_ms);
	job = queue->alone > 0 ? first_alone(queue) : NULL;
	if (job != NULL)
		move(queue, job, batch);
	pthread_mutex_unlock(&queue->lock);
}

void queue_spoil(struct queue *queue, struct job *job)
{
	struct object *full = job->object;

	pthread_mutex_lock(&queue->lock);
	count(queue, job, -1);
	job->kind = JOB_VOID;
	job->object = job_husk(full);
	count(queue, job, 1);
	pthread_mutex_unlock(&queue->lock);
	object_unref(full);
}

void queue_done(struct queue *queue, struct list *batch)
{
	pthread_mutex_lock(&queue->lock);
	LIST_EACH(at, batch) {
		struct job *job = LIST_ITEM(at, struct job, link);

		unsee(queue, job);
		count(queue, job, -1);
		if (job->kind == JOB_FLUSH)
			queue->flushed[job->ahead] = job->ticket;
	}
	queue->done = first_waiting(queue) - 1;
	pthread_cond_broadcast(&queue->reached);
	pthread_mutex_unlock(&queue->lock);
	LIST_EACH_SAFE(at, batch) {
		list_remove(at);
		job_free(LIST_ITEM(at, struct job, link));
	}
}

/* To the front, in order: who is read last goes in front of the others. */
void queue_return(struct queue *queue, struct list *batch)
{
	pthread_mutex_lock(&queue->lock);
	while (!list_empty(batch)) {
		struct job *job = LIST_ITEM(batch->previous, struct job, link);

		list_remove(&job->link);
		enter(queue, queue->jobs.next, job);
	}
	pthread_mutex_unlock(&queue->lock);
}

void queue_stop(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->stopped = true;
	pthread_cond_broadcast(&queue->more);
	pthread_cond_broadcast(&queue->reached);
	pthread_mutex_unlock(&queue->lock);
}

void queue_usage(struct queue *queue, struct queue_usage *ret)
{
	pthread_mutex_lock(&queue->lock);
	*ret = (struct queue_usage){ atomic_load(&queue->count), queue->bytes };
	pthread_mutex_unlock(&queue->lock);
}

bool queue_overflowed(struct queue *queue)
{
	bool overflowed;

	pthread_mutex_lock(&queue->lock);
	overflowed = queue->overflowed;
	queue->overflowed = false;
	pthread_mutex_unlock(&queue->lock);
	return overflowed;
}
