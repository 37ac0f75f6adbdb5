/* store/disk/records.h - what the tables say, in the tier's own words: no SQL beyond this file and its
 * schema.
 *
 *	entries		one row a stored response: narrow, for all that looks at many
 *	records		the same ids: record and small body, for the hit
 *	tags		(tag, entry)
 *	artifacts	one row a file: digest, size, sums, how many entries refer to it (kept by triggers)
 *	totals		entries, inline bytes, artifact bytes, kept by triggers: right after any crash
 *	tenants		the same of each tenant, by its name
 *	facts		name, value
 *
 * An id is the key's hash without its lowest RECORD_VARIANT_BITS bits, and the variant's number in them:
 * the variants of a key lie side by side and are found by one descent. Keys that collide share the range;
 * the full key in the record tells them apart.
 *
 * Threads: those of the database. Ownership: all is borrowed.
 */
#pragma once

#include "artifacts.h"
#include "database.h"

#include "store/disk.h"

#define RECORD_VARIANT_BITS 5
#define RECORD_VARIANTS     (1 << RECORD_VARIANT_BITS)

/* The first id of a key's range: 63 bits, so never negative. */
int64_t record_id(uint64_t key_hash);

struct record_row {
	int64_t id;
	struct slice record;
	struct slice body; /* inline; empty with an artifact */
	int64_t artifact;  /* id of its row, or 0 */
};

/* All rows of a key's range, in the order of ids; visit returns false to end. The views live
 * during the call. RC_OK also for none. */
NODISCARD enum rc records_visit(struct database *database, int64_t first_id,
	bool (*visit)(void *arg, const struct record_row *row), void *arg);

/* What is known beside the record. */
struct record_entry {
	int64_t id;
	struct slice key;
	struct slice route;
	int64_t tenant; /* its row's id, where it was read; 0: nobody's */
	uint64_t namespace_version;
	struct slice target;
	uint32_t slot;  /* its target's (store/groups.h) */
	uint64_t epoch; /* when its fetch began */
	int status;
	int64_t stored_ms;  /* when the response came */
	int64_t expires_ms; /* when it is of no use any more, stale or not */
	int64_t used_ms;
	struct slice source_version;
	uint64_t bytes;      /* of record and inline body */
	uint64_t body_bytes; /* as stored, wherever */
	int64_t artifact;    /* or 0 */
	struct slice record; /* where it was asked for: records_select_whole() */
};

struct record_write {
	struct record_entry entry;
	struct slice record;
	struct slice body;   /* inline; empty with an artifact */
	struct slice tenant; /* its name; empty: nobody's. entry.tenant says nothing */
	const struct slice *tags;
	size_t tag_count;
};

/* Replaces the row with entry.id, its tags too. In a transaction: after a fault half of it may be there.
 * RC_INVALID: there is no such artifact. */
NODISCARD enum rc records_put(struct database *database, const struct record_write *write);
NODISCARD enum rc records_remove(struct database *database, int64_t id); /* RC_ABSENT */

/* The artifact's row, made if there is none. */
NODISCARD enum rc records_artifact(
	struct database *database, const struct artifact *artifact, int64_t *ret_id);
/* Reads one back: artifact_done() is the caller's. An id is never used again, but its row may be gone when
 * its turn comes: RC_ABSENT. RC_CORRUPT: its sums are not those of its size. */
NODISCARD enum rc records_artifact_read(
	struct database *database, int64_t id, struct artifact *ret);
/* Rows to which nobody refers, at most `most`: for records_artifact_remove() after the walk. */
NODISCARD enum rc records_unreferenced(struct database *database, unsigned most,
	void (*visit)(void *arg, int64_t id, const unsigned char digest[static DIGEST_SIZE]),
	void *arg);
/* RC_ABSENT: there is none, or somebody refers to it. */
NODISCARD enum rc records_artifact_remove(struct database *database, int64_t id);
NODISCARD enum rc records_artifact_known(
	struct database *database, const unsigned char digest[static DIGEST_SIZE]); /* RC_ABSENT */

struct record_totals {
	uint64_t entries;
	uint64_t inline_bytes;
	uint64_t artifacts;
	uint64_t artifact_bytes; /* each file once */
	uint64_t body_bytes;     /* as if each entry had its own */
};
NODISCARD enum rc records_totals(struct database *database, struct record_totals *ret);

/* Bytes of the database's pages that are in use; and some of those that are not go back to the file
 * system. */
NODISCARD enum rc records_pages(struct database *database, uint64_t *ret_bytes);
NODISCARD enum rc records_give_back(struct database *database);

/* All ids, in pieces: those above after (-1: from the first on), at most count; *ret_count 0 at the end. For the filter. */
NODISCARD enum rc records_ids(
	struct database *database, int64_t after, int64_t *ret, size_t count, size_t *ret_count);

/* Entries that a selection has. */
NODISCARD enum rc records_count(
	struct database *database, const struct disk_selection *selection, uint64_t *ret);
/* Pieces of a walk: those with ids above after, at most `most`, in the order of ids. */
struct record_piece {
	int64_t after;
	size_t most;
};
/* What a walk is told. The views live during the call, which leaves the tables alone. */
struct record_visitor {
	void (*visit)(void *arg, const struct record_entry *entry);
	void *arg;
};
NODISCARD enum rc records_select(struct database *database, const struct disk_selection *selection,
	struct record_piece piece, const struct record_visitor *visitor);

/* All, each with its record. */
NODISCARD enum rc records_select_whole(
	struct database *database, struct record_piece piece, const struct record_visitor *visitor);

/* One by its id: RC_ABSENT. Those of all routes whose target is from `from` on and before end, in no order. */
NODISCARD enum rc records_entry(
	struct database *database, int64_t id, const struct record_visitor *visitor);
NODISCARD enum rc records_targets(struct database *database, struct slice from, struct slice end,
	const struct record_visitor *visitor);

/* Those that are of no use at now_ms, and those used longest ago: at most `most` ids each. */
NODISCARD enum rc records_expired(struct database *database, int64_t now_ms, size_t most,
	const struct record_visitor *visitor);
NODISCARD enum rc records_idle(
	struct database *database, size_t most, const struct record_visitor *visitor);
/* Of one tenant alone; of nobody from a moment of use on. */
NODISCARD enum rc records_idle_of(struct database *database, int64_t tenant, size_t most,
	const struct record_visitor *visitor);
NODISCARD enum rc records_idle_of_nobody(struct database *database, int64_t from_ms, size_t most,
	const struct record_visitor *visitor);
/* All tenants that the store has known, with what each has in it. A file that several have is in each one's
 * bytes. The views live during the call. */
struct record_tenant {
	int64_t id;
	struct slice name;
	uint64_t entries;
	uint64_t bytes;
};
NODISCARD enum rc records_tenants(struct database *database,
	void (*visit)(void *arg, const struct record_tenant *tenant), void *arg);
/* Later than before only; RC_OK also for what is gone. */
NODISCARD enum rc records_used(struct database *database, int64_t id, int64_t now_ms);

/* Appended to ret. RC_ABSENT; RC_TOO_LARGE: above its limit. */
NODISCARD enum rc records_fact(struct database *database, struct slice name, struct bytes *ret);
NODISCARD enum rc records_fact_set(
	struct database *database, struct slice name, struct slice value);

/* Everything goes, facts too: the store is not the one that goes with the table of groups. In the
 * transaction under way or one of its own. */
NODISCARD enum rc records_clear(struct database *database);
