/* proxy/purge/purge_job.h - one purge on its way: between the files that know what each scope means (purge.c, purge_scope.c,
 * purge_concerns.c, purge_disk.c), and purges.c, which knows when it is its turn.
 */
#pragma once

#include "flight/flight.h"

#include "proxy/purge.h"

#include "http/key.h"
#include "store/tier.h"
#include "util/arena.h"
#include "util/glob.h"
#include "util/list.h"

#include <stdatomic.h>

struct purge_job {
	struct list link;      /* in the queue */
	struct list announced; /* while lookups have to ask */
	struct proxy *proxy;
	struct arena arena;
	uint64_t id;
	struct purge what; /* its texts are copies */
	uint16_t tenant;   /* that it names, as struct exchange has it */
	struct bytes key_bytes;
	struct key key;   /* of URL and KEY */
	bool has_several; /* there may be other keys that it is about, */
	bool is_sought;   /* which can't be made from it, but only be met */
	/* Canonical begins of targets: as it is, then as key rules of routes have it; of GLOB its literal begin. */
	struct slice *prefixes;
	size_t prefix_count;
	struct glob *glob; /* of GLOB, canonical */
	uint32_t *slots;   /* that were raised */
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

/* Slots aren't known before things are found. */
bool purge_job_selects(const struct purge_job *job);

/* Reads what it is about (purge_scope.c): errors as purge_run(). */
NODISCARD enum rc purge_job_read(struct purge_job *job);
void purge_job_find_slots(struct purge_job *job);

/* Whether it is about this stored response; about what this flight may bring (under its lock). */
bool purge_job_concerns(
	const struct purge_job *job, const struct key *key, const struct object *object);
bool purge_job_concerns_flight(const struct flight *flight, void *job);

/* The same of a record on disk: of which the tables have said that it has the tag, or is an error; and not of what an
 * earlier part, of another tag or prefix, is about. */
struct purge_part {
	const struct purge_job *job;
	size_t part;
};
bool purge_job_concerns_row(
	const struct purge_part *part, const struct key *key, const struct object *object);

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
