/* store/disk/queue.h - what is to be written, in order; and, until it is written, found by reads.
 *
 *	any thread: queue_put() ... -> [ job | job | job ] -> writer: queue_take() ... queue_done()
 *	                                    ^ by key: queue_look()
 *
 * Jobs stay visible until the writer says that they are committed, so nobody finds on the disk what a
 * job is about to replace, and who looks at the queue first and at the rows then passes nothing over. Bodies
 * that wait are bounded in bytes, all jobs in number; erasures are always taken.
 *
 * A put that is not taken, or that could not be written, leaves a void behind: a small job that removes
 * the variant, so that an older one doesn't come back once the newer has left the memory tier. Where there
 * is no room for voids either, the queue says so once (queue_overflowed()), and everything on the disk
 * has to be looked at with suspicion.
 *
 * Threads: any. No lock is held across I/O. Ownership: jobs belong to the queue; they hold references of
 * their objects.
 */
#pragma once

#include "job.h"

#include "store/tier.h"

struct queue;

struct queue *queue_new(uint64_t most_bytes);
void queue_free(struct queue *queue);

/* RC_BUSY: it was not taken; a void was. */
NODISCARD enum rc queue_put(struct queue *queue, const struct key *key, struct object *object);
void queue_void(struct queue *queue, const struct key *key, const struct object *object);
void queue_drop(struct queue *queue, const struct key *key);
void queue_discard(struct queue *queue, const struct key *key, const struct object *object);
void queue_remove(struct queue *queue, int64_t id);
void queue_erase(struct queue *queue, struct erasure *erasure); /* takes it */
/* Ahead of all that isn't to be remembered: somebody may wait for it. */
void queue_remember(struct queue *queue, struct slice name, struct slice value);
void queue_orphan(struct queue *queue, const unsigned char digest[static 32]);
void queue_renew(struct queue *queue);

/* Waits until all that was queued before was done, or the queue was stopped; or all that was to be remembered before. */
void queue_flush(struct queue *queue);
void queue_flush_facts(struct queue *queue);

/* What is queued for a key, newest first, as long as visit returns true. Under the queue's lock: visit
 * must not block. false: there was nothing at all, and nobody was asked. */
bool queue_look(struct queue *queue, const struct key *key,
	bool (*visit)(void *arg, const struct job *job), void *arg);

/* All puts, those under way too, in no order. Under the queue's lock, which is let go of again and again: visit must
 * not block. One that is queued during the call may be passed over. */
void queue_visit(struct queue *queue,
	void (*visit)(void *arg, const struct key *key, const struct object *object), void *arg);
/* Waits until all that was queued before was done, but not longer than until that moment (monotonic ms). */
void queue_await(struct queue *queue, int64_t until_ms);

/* The writer's side. Moves up to `most` jobs, and some MiB of bodies, to batch, in order; one that needs the writer for itself
 * (renew, flush) comes alone, and erasures come with erasures only. Waits for one until the deadline (monotonic ms). */
void queue_take(struct queue *queue, struct list *batch, size_t most, int64_t until_ms);
/* The same while nothing can be written: only one for itself, out of turn. */
void queue_take_urgent(struct queue *queue, struct list *batch, int64_t until_ms);
/* They were done: out of sight, and freed. */
void queue_done(struct queue *queue, struct list *batch);
/* One that can't be written, whatever is tried: it leaves a void. Of a batch. */
void queue_spoil(struct queue *queue, struct job *job);
/* They could not be written now: back to the front. */
void queue_return(struct queue *queue, struct list *batch);
/* Nobody waits any more; queue_take() returns at once, with what there is. */
void queue_stop(struct queue *queue);

struct queue_usage {
	uint64_t jobs; /* those of a batch that is not done, too */
	uint64_t bytes;
};
void queue_usage(struct queue *queue, struct queue_usage *ret);

/* Whether voids were lost since it was last asked. */
bool queue_overflowed(struct queue *queue);
