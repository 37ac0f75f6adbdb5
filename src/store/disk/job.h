/* store/disk/job.h - one thing that the writer is to do. */
#pragma once

#include "store/disk.h"
#include "store/tier.h"
#include "util/list.h"

enum job_kind {
	JOB_PUT,
	JOB_VOID,    /* removes the variant of `object` */
	JOB_DISCARD, /* removes `object`, if it is still there */
	JOB_DROP,    /* removes all of the key */
	JOB_REMOVE,  /* removes row `id`, if it is damaged */
	JOB_ERASE,   /* `erasure`: rows that a purge was about */
	JOB_REMEMBER,
	JOB_ORPHAN, /* a file that nobody may know: `digest` */
	JOB_RENEW,  /* the database is corrupt */
	JOB_FLUSH,  /* wakes who waits for all before it */
};

/* What is left to do of a purge when it has been acknowledged. */
struct erasure {
	struct list link;
	struct disk_selection selection; /* into text; nobody judges any more */
	uint64_t epoch;                  /* what was fetched before goes */
	int64_t after;                   /* up to this id all is looked at */
	bool by_slot;                    /* those only whose own is raised */
	bool by_record;                  /* those only of which any is, as their records tell */
	char text[];
};

struct job {
	struct list link;
	struct job *next_of_key; /* in the bucket, newest first */
	bool has_key;
	enum job_kind kind;
	struct key key;        /* into text */
	struct object *object; /* a reference, or NULL; but of a put without its body */
	uint64_t bytes;        /* that it pins */
	uint64_t number;       /* counts up in the order of the queue */
	bool ahead;            /* of all others, behind its like */
	int64_t id;
	unsigned char digest[32];
	struct erasure *erasure;  /* its own */
	struct slice name, value; /* of JOB_REMEMBER, into text */
	uint64_t ticket;          /* of JOB_FLUSH: counts up */
	char text[];
};

/* The key (or NULL) is copied; there is room for more text behind it, at *ret_text. The caller owns it. */
struct job *job_new(enum job_kind kind, const struct key *key, size_t more_text, char **ret_text);
void job_free(struct job *job);

/* JOB_REMEMBER, with copies of what it is about. */
struct job *job_of_fact(struct slice name, struct slice value);

/* What tells a variant and a response apart, without what it weighs; a reference. */
struct object *job_husk(const struct object *object);
