/* proxy/purge_job.h - one purge on its way: between purge.c and purge_disk.c, which know what each scope means, and
 * purges.c, which knows when it is its turn.
 */
#pragma once

#include "proxy/purge.h"

#include "http/key.h"
#include "store/tier.h"
#include "util/arena.h"
#include "util/list.h"

#include <stdatomic.h>

struct purge_job {
	struct list link;      /* in the queue */
	struct list announced; /* while lookups have to ask */
	struct proxy *proxy;
	struct arena arena;
	struct purge what; /* its texts are copies */
	struct bytes key_bytes;
	struct key key;         /* of URL */
	bool has_classes;       /* of Accept: there may be several keys of the URL */
	struct slice *prefixes; /* canonical: as it is, then as key rules of routes have it */
	size_t prefix_count;
	uint32_t *slots; /* that were raised */
	size_t slot_count;
	uint64_t epoch; /* from before they were */
	uint64_t fence; /* of a selection: what has a lower one was found before it */
	uint64_t memory;
	atomic_uint pending; /* answers of the disk tier to come */
	atomic_uint_fast64_t disk;
	atomic_int rc;
	void (*done)(void *arg, const struct purge_result *result);
	void *arg;
};

/* Whether it is about this stored response. */
bool purge_job_concerns(
	const struct purge_job *job, const struct key *key, const struct object *object);

/* What needs no walk: flights, and what is found by its key. */
void purge_job_begin(struct purge_job *job);

/* Whether a walk through the memory tier is wanted; its part for one entry: true, it leaves. */
bool purge_job_walks(const struct purge_job *job);
bool purge_job_meet(struct purge_job *job, const struct key *key, struct object *object);

/* Path of the route that it is about; of size 0: of any. */
struct slice purge_job_route(const struct purge_job *job);

void purge_job_free(struct purge_job *job);

/* The last step (purge_disk.c): the disk tier, if there is one, then done(). The job is gone. */
void purge_job_end(struct purge_job *job);
