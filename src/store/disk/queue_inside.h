/* store/disk/queue_inside.h - the inside of struct queue, for queue.c and queue_walk.c. */
#pragma once

#include "queue.h"

#include <pthread.h>
#include <stdatomic.h>

#define QUEUE_BUCKETS 4096 /* a power of two */

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t more;    /* for the writer */
	pthread_cond_t reached; /* for who waits: a batch is done */
	struct list jobs;
	struct job *buckets[QUEUE_BUCKETS];
	atomic_uint_fast64_t count; /* jobs, those under way too */
	uint64_t puts;
	uint64_t alone; /* jobs that need the writer for themselves, waiting */
	uint64_t bytes;
	uint64_t most_bytes;
	uint64_t numbered;   /* jobs so far, */
	uint64_t done;       /* up to this one all were done */
	uint64_t tickets[2]; /* of flushes, and of those of facts: handed out, */
	uint64_t flushed[2]; /* and reached */
	bool stopped;
	bool overflowed;
};

static inline struct job **queue_bucket(struct queue *queue, const struct key *key)
{
	return &queue->buckets[key->hash & (QUEUE_BUCKETS - 1)];
}
