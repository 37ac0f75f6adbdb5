/* store/disk/audit.h - what who looks at a database from outside asks of its tables, and what mends them:
 * beside records.h, for nothing that serves.
 *
 * While a walk of records_select() shows its rows, what is read here comes from the same snapshot.
 *
 * Threads: those of the database. Ownership: all is borrowed.
 */
#pragma once

#include "records.h"

/* The record of an entry, with its inline body or without it (and then body is empty). The views live during
 * the call. RC_ABSENT. */
struct audit_reader {
	void (*read)(void *arg, const struct record_row *row);
	void *arg;
	bool with_body;
};
NODISCARD enum rc audit_record(
	struct database *database, int64_t id, const struct audit_reader *reader);

NODISCARD enum rc audit_tags(struct database *database, int64_t id,
	void (*visit)(void *arg, struct slice tag), void *arg);

/* Ids of artifacts above after, at most count; *ret_count 0 at the end. */
struct audit_ids {
	int64_t ids[256];
	size_t count;
};
NODISCARD enum rc audit_artifacts(struct database *database, int64_t after, struct audit_ids *ret);

/* What the rows come to, and what the totals say. */
NODISCARD enum rc audit_sums(
	struct database *database, struct record_totals *ret_found, struct record_totals *ret_kept);

/* How many tenants' own are wrong. */
NODISCARD enum rc audit_tenants(struct database *database, uint64_t *ret_wrong);

struct audit_refs {
	struct slice digest;
	int64_t kept;
	int64_t found;
};
NODISCARD enum rc audit_refs(struct database *database,
	void (*visit)(void *arg, const struct audit_refs *refs), void *arg);

/* Ids of records, then of tags, whose entry is not there. */
NODISCARD enum rc audit_halves(
	struct database *database, void (*visit)(void *arg, int64_t id), void *arg);

/* Counts anew: who refers to files, what tenants have, and the totals. In a transaction. */
NODISCARD enum rc audit_recount(struct database *database);
/* Removes records and tags whose entry is not there. In a transaction. */
NODISCARD enum rc audit_drop_halves(struct database *database);

struct audit_amount {
	uint64_t count;
	uint64_t bytes;
};
/* Entries that are of no use at now_ms; files to which nobody refers. */
NODISCARD enum rc audit_expired(
	struct database *database, int64_t now_ms, struct audit_amount *ret);
NODISCARD enum rc audit_unreferenced(struct database *database, struct audit_amount *ret);

/* Bytes of all of the database's pages, unused ones too. */
NODISCARD enum rc audit_size(struct database *database, uint64_t *ret_bytes);
