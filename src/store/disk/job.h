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
	JOB_PURGE,
	JOB_REMEMBER,
	JOB_ORPHAN, /* a file that nobody may know: `digest` */
	JOB_RENEW,  /* the database is corrupt */
	JOB_FLUSH,  /* wakes who waits for all before it */
};

struct job_purge {
	struct disk_selection selection; /* slices into the job's text */
	enum groups_mode mode;
	uint64_t epoch; /* what was fetched before goes */
	bool only_counts;
	struct disk_done done;
	/* what came of it, for done() */
	enum rc rc;
	uint64_t count;
};

struct job {
	struct list link;
	struct job *next_of_key; /* in the bucket, newest first */
	bool has_key;
	enum job_kind kind;
	struct key key;        /* into text */
	struct object *object; /* a reference, or NULL; but of a put without its body */
	uint64_t bytes;        /* that it pins */
	int64_t id;
	unsigned char digest[32];
	struct job_purge purge;
	struct slice name, value; /* of JOB_REMEMBER, into text */
	uint64_t ticket;          /* of JOB_FLUSH: counts up */
	char text[];
};

/* The key (or NULL) is copied; there is room for more text behind it, at *ret_text. The caller owns it. */
struct job *job_new(enum job_kind kind, const struct key *key, size_t more_text, char **ret_text);
void job_free(struct job *job);

/* JOB_PURGE and JOB_REMEMBER, with copies of what they are about. */
struct job *job_of_purge(const struct job_purge *purge);
struct job *job_of_fact(struct slice name, struct slice value);

/* What tells a variant and a response apart, without what it weighs; a reference. */
struct object *job_husk(const struct object *object);
