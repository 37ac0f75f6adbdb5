/* store/disk/depot_inside.h - what the files behind store/depot.h share.
 *
 *	depot.c		opening; who else is there; files that go
 *	depot_list.c	entries shown and found
 *	depot_verify.c	the order of a verification; accounts; what is told
 *	depot_files.c	rows of artifacts against files, and files against rows
 *	depot_entries.c	entries against their records
 *	depot_sweep.c	what goes because it is of no use
 *
 * Threads and ownership: store/depot.h.
 */
#pragma once

#include "store/depot.h"

#include "artifacts.h"
#include "audit.h"
#include "codec.h"
#include "database.h"
#include "records.h"

#include "store/groups.h"

#define DEPOT_GRACE_MS 60000 /* younger files may be on their way into the database */

struct depot {
	struct depot_options options;
	char *path;
	char *database_path;
	struct database *database;   /* NULL: it is damaged and was only to be verified */
	struct artifacts *artifacts; /* NULL: there is no directory for them */
	struct groups *groups;       /* a copy; NULL: lost or damaged */
	enum rc groups_rc;           /* why */
	int lock;                    /* -1: not ours */
	pid_t holder;
	char words
		[256]; /* of a fault that is not the database's last, or kept it from being opened */
};

static inline bool depot_changes(const struct depot *depot)
{
	return depot->options.use == DEPOT_CHANGE || depot->options.use == DEPOT_REPAIR;
}

/* A database that is damaged goes aside and an empty one takes its place; the lock is ours. */
NODISCARD enum rc depot_renew(struct depot *depot, struct bytes *fault);

/* Whether a file without a row is one that stays so: not one that a larder is about to refer to. */
bool depot_is_settled(const struct depot *depot, int64_t changed_ms);

/* Removes the file if no row has its digest, so that none gets one meanwhile. RC_BUSY: a row has. RC_ABSENT:
 * there is no such file. */
NODISCARD enum rc depot_remove_file(
	struct depot *depot, const unsigned char digest[static DIGEST_SIZE]);

/* The same for a file that is none of ours; a directory stays: RC_IO. */
NODISCARD enum rc depot_remove_stray(const char *path);

/* artifacts_walk(), with words for what goes wrong. */
NODISCARD enum rc depot_walk(
	struct depot *depot, bool (*visit)(void *arg, const struct artifact_file *file), void *arg);

/* Removes rows in a transaction; *ret_removed those that were there. */
NODISCARD enum rc depot_remove_entries(
	struct depot *depot, const int64_t *ids, size_t count, uint64_t *ret_removed);

/* What the bound is compared with. */
NODISCARD enum rc depot_used(struct depot *depot, uint64_t *ret_bytes);

/* ---- depot_verify.c ---- */

struct depot_search {
	struct depot *depot;
	const struct depot_listener *listener;
	struct depot_verdict *verdict;
	bool repairs;
	struct record_totals totals; /* what the rows come to, whatever the totals say */
	int64_t *bad;                /* ids of artifacts whose files can't be used, in order */
	size_t bad_count;
	enum rc rc; /* of a repair within a visit */
};

/* Tells a finding and counts it. */
void depot_tell(struct depot_search *search, const struct depot_finding *finding);
void depot_progress(
	const struct depot_search *search, const char *stage, uint64_t done, uint64_t total);

/* ---- depot_files.c ---- */

/* All rows of artifacts; fills search->bad. */
NODISCARD enum rc depot_check_artifacts(struct depot_search *search);
/* Rows and files of what is bad; no entry refers to them any more. */
NODISCARD enum rc depot_remove_bad(struct depot_search *search);
/* Files without a row. */
NODISCARD enum rc depot_check_files(struct depot_search *search);

/* ---- depot_entries.c ---- */

NODISCARD enum rc depot_check_entries(struct depot_search *search);
