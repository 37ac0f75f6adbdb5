/* store/disk/queue_walk.c - the queue for who looks for something in it, looks at all of it, or waits for some of it. Threads: queue.h. */
#include "queue_inside.h"

#include "util/breath.h"

#include <errno.h>

#define PIECE 64 /* jobs that are looked at in one hold of the lock: reads wait for it, too */

bool queue_look(struct queue *queue, const struct key *key,
	bool (*visit)(void *arg, const struct job *job), void *arg)
{
	bool any = false, go_on = true;

	if (atomic_load(&queue->count) == 0)
		return false;
	pthread_mutex_lock(&queue->lock);
	for (struct job *at = *queue_bucket(queue, key); at != NULL && go_on;
		at = at->next_of_key) {
		if (!key_equal(at->key, *key))
			continue;
		any = true;
		go_on = visit(arg, at);
	}
	pthread_mutex_unlock(&queue->lock);
	return any;
}

struct walk {
	void (*visit)(void *arg, const struct key *key, const struct object *object);
	void *arg;
	size_t seen;
};

static void visit_bucket(struct walk *walk, const struct job *first)
{
	for (const struct job *at = first; at != NULL; at = at->next_of_key) {
		walk->seen++;
		if (at->kind == JOB_PUT)
			walk->visit(walk->arg, &at->key, at->object);
	}
}

/* A job stays in its bucket for as long as it is seen. */
void queue_visit(struct queue *queue,
	void (*visit)(void *arg, const struct key *key, const struct object *object), void *arg)
{
	struct walk walk = { visit, arg, 0 };
	struct breath breath = { 0 };

	for (size_t at = 0; at < QUEUE_BUCKETS && atomic_load(&queue->count) > 0;) {
		pthread_mutex_lock(&queue->lock);
		for (walk.seen = 0; at < QUEUE_BUCKETS && walk.seen < PIECE; at++)
			visit_bucket(&walk, queue->buckets[at]);
		pthread_mutex_unlock(&queue->lock);
		breath_take(&breath);
	}
}

void queue_await(struct queue *queue, int64_t until_ms)
{
	const struct timespec until = {
		.tv_sec = until_ms / 1000,
		.tv_nsec = until_ms % 1000 * 1000000,
	};
	uint64_t number;

	pthread_mutex_lock(&queue->lock);
	number = queue->numbered;
	while (queue->done < number && !queue->stopped) {
		if (pthread_cond_timedwait(&queue->reached, &queue->lock, &until) == ETIMEDOUT)
			break;
	}
	pthread_mutex_unlock(&queue->lock);
}
