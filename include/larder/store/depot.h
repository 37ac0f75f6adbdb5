/* store/depot.h - the directory of a disk tier as another process sees it: listed, verified, swept.
 *
 * The larder that serves from it may run meanwhile or not. What only looks reads committed rows and
 * a copy of the table of groups, and changes nothing. What changes something takes the directory's lock where
 * nobody has it; beside a running larder SQLite's write lock is the mutex, and files are touched only
 * while it is held and nothing in the database refers to them.
 *
 * What it is not: the tier (store/disk.h), or a judge of freshness (policy).
 * Threads: one. Ownership: depot_open() gives it to the caller. Memory: some MiB, and 8 bytes for each file
 * that is damaged; a listing says more.
 */
#pragma once

#include "http/key.h"
#include "http/object.h"
#include "util/digest.h"
#include "util/scope.h"

#include <sys/types.h>

struct depot;
struct groups;

enum depot_use {
	DEPOT_LOOK,
	DEPOT_VERIFY, /* a database that is damaged is no reason to refuse */
	DEPOT_CHANGE,
	DEPOT_REPAIR, /* both */
};

struct depot_options {
	const char *path;
	enum depot_use use;
	/* As in struct disk_options; size_bytes 0: bounds are not known. */
	uint64_t size_bytes;
	unsigned high_water_percent;
	unsigned low_water_percent;
	uint64_t free_floor_bytes;
};

/* RC_ABSENT: no store is there. RC_UNSUPPORTED: made by a newer larder, or by an older one and not migrated
 * yet. RC_CORRUPT, RC_DENIED, RC_READ_ONLY, RC_LOCKED, RC_IO. fault: words for the operator. */
NODISCARD enum rc depot_open(
	const struct depot_options *options, struct depot **ret, struct bytes *fault);
void depot_close(struct depot *depot);
SCOPE_DEFINE(depot, depot_close)

/* The larder that serves from it; 0: none; -1: one, or it can't be told. */
pid_t depot_holder(const struct depot *depot);

/* size_bytes; 0: not known. */
uint64_t depot_bound(const struct depot *depot);

/* A copy of its table of groups, as it is now. RC_ABSENT, RC_CORRUPT: it is lost: nothing that is stored is
 * used. */
NODISCARD enum rc depot_groups(const struct depot *depot, struct groups **ret);

/* Words for the last fault of the database. */
const char *depot_fault(const struct depot *depot);

/* ---- entries ---- */

enum depot_validity {
	DEPOT_VALID,
	DEPOT_SOFTENED, /* one of its groups was invalidated: stale whatever its age */
	DEPOT_OUTDATED, /* the same, hard: as if it weren't there */
};

/* All is borrowed and lives during the call that shows it. */
struct depot_entry {
	int64_t id;
	struct key key; /* hash 0 where the table of groups is lost */
	struct slice route;
	struct slice target; /* canonical */
	uint64_t namespace_version;
	int64_t used_ms;
	int64_t expires_ms;  /* when it is of no use any more */
	uint64_t bytes;      /* in the database */
	uint64_t body_bytes; /* as stored */
	bool in_file;
	const unsigned char *digest; /* of a file: SHA-256 */
	enum depot_validity validity;
	const struct object *object; /* its body is NULL: but see depot_show_whole() */
};

struct depot_filter {
	struct slice route;  /* of size 0: any, as all of these */
	struct slice prefix; /* of the target */
	struct slice tag;
	int64_t from; /* ids from it on */
};

/* Shows what fits, in the order of ids; show returns false to end. Entries that can't be read are passed
 * over: verifying finds them. */
NODISCARD enum rc depot_list(struct depot *depot, const struct depot_filter *filter,
	bool (*show)(void *arg, const struct depot_entry *entry), void *arg);

/* Whether some of them are tenants'. */
bool depot_has_tenants(struct depot *depot);

/* One of them. RC_ABSENT; RC_CORRUPT: it can't be read. */
NODISCARD enum rc depot_show(struct depot *depot, int64_t id,
	bool (*show)(void *arg, const struct depot_entry *entry), void *arg);

/* The same with its body, as it is stored: object->body, borrowed as all of it. RC_CORRUPT also: the body is not
 * the one that was stored. */
NODISCARD enum rc depot_show_whole(struct depot *depot, int64_t id,
	bool (*show)(void *arg, const struct depot_entry *entry), void *arg);

#define DEPOT_FOUND_MOST 1024

struct depot_found {
	int64_t ids[DEPOT_FOUND_MOST];
	size_t count;
};

/* What is stored for a target as clients write it ("/path?query"), or under a key. Targets that a
 * No-Vary-Search rule makes one are found too. RC_INVALID: no target. */
NODISCARD enum rc depot_find(struct depot *depot, struct slice target, struct depot_found *ret);
NODISCARD enum rc depot_find_key(struct depot *depot, struct slice key, struct depot_found *ret);

/* The body as it is stored; a reference. RC_CORRUPT: it is not what was stored. RC_ABSENT. */
NODISCARD enum rc depot_body(struct depot *depot, int64_t id, struct body **ret);

/* ---- verifying ---- */

/*	X(id, "name", "words") */
#define DEPOT_FAULT_TABLE(X)                                                                \
	X(DATABASE, "database", "the database is damaged")                                  \
	X(GROUPS, "groups", "the table of groups is lost, damaged or another database's")   \
	X(TOTALS, "totals", "the totals are not the sums of the rows")                      \
	X(REFERENCES, "references", "it is counted wrongly who refers to a file")           \
	X(ARTIFACT, "artifact", "what is known of a file can't be read")                    \
	X(FILE_MISSING, "file-missing", "a file is missing")                                \
	X(FILE_SIZE, "file-size", "a file has another size")                                \
	X(FILE_BYTES, "file-bytes", "a file has other bytes than those it is named by")     \
	X(FILE_SUMS, "file-sums", "the sums of a file are others than those that are kept") \
	X(RECORD, "record", "a record is missing or can't be read")                         \
	X(PLACE, "place", "an entry has an id that isn't its key's")                        \
	X(ENTRY, "entry", "an entry says something else than its record")                   \
	X(TAGS, "tags", "the tags of an entry are not those of its response")               \
	X(BODY, "body", "a body is not the one that was stored")                            \
	X(NO_FILE, "no-file", "the file of an entry is missing or damaged")                 \
	X(HALF, "half", "a record or a tag without an entry")                               \
	X(ORPHAN, "orphan", "a file to which nothing refers")                               \
	X(STRAY, "stray", "something in objects/ that is none of larder's")

enum depot_fault_kind {
#define X(id, name, words) DEPOT_FAULT_##id,
	DEPOT_FAULT_TABLE(X)
#undef X
		DEPOT_FAULT_COUNT
};

const char *depot_fault_name(enum depot_fault_kind kind);
const char *depot_fault_words(enum depot_fault_kind kind);

struct depot_finding {
	enum depot_fault_kind kind;
	struct slice where; /* a target, or a path; empty for the whole */
	int64_t id;         /* of an entry, or 0 */
	const char *detail; /* words, or "" */
	bool is_left;       /* even a repair leaves it */
};

/* What is told while it works; arg is the caller's. progress may be NULL. */
struct depot_listener {
	void (*found)(void *arg, const struct depot_finding *finding);
	void (*progress)(void *arg, const char *stage, uint64_t done, uint64_t total);
	void *arg;
};

struct depot_verdict {
	uint64_t entries;
	uint64_t inline_bytes;
	uint64_t files; /* that rows speak of */
	uint64_t file_bytes;
	uint64_t faults;
	uint64_t left;       /* of them: what a repair didn't repair */
	uint64_t used_bytes; /* of the bound */
	uint64_t room_bytes; /* on the device, for who is not root */
};

/* Reads everything. Opened for DEPOT_REPAIR it removes what is damaged, row or file, and counts anew. RC_OK
 * also with faults. */
NODISCARD enum rc depot_verify(
	struct depot *depot, const struct depot_listener *listener, struct depot_verdict *ret);

/* Whether more is used than the bound, or less is free than the floor: no fault, but the larder will evict. */
bool depot_is_cramped(const struct depot *depot, const struct depot_verdict *verdict);

/* ---- sweeping ---- */

struct depot_amount {
	uint64_t count;
	uint64_t bytes;
};

struct depot_swept {
	struct depot_amount expired;      /* entries; bytes in the database and of bodies */
	struct depot_amount evicted;      /* for room */
	struct depot_amount unreferenced; /* files whose last entry went */
	struct depot_amount orphans;      /* files that no row knew */
	struct depot_amount strays;
	struct depot_amount temporary; /* left by a crash in DIR/tmp */
	struct depot_amount aside;     /* corrupt databases of long ago */
	uint64_t database_bytes;       /* of pages that went back to the file system */
	uint64_t freed_bytes;          /* in all */
};

struct depot_sweeping {
	bool dry_run; /* changes nothing, and what was only opened to look will do */
	/* As with struct depot_listener; may be NULL. */
	void (*progress)(void *arg, const char *stage, uint64_t done, uint64_t total);
	void *arg;
};

/* Removes what is of no use: see struct depot_swept. In a dry run evictions and files that are about to be
 * unreferenced are estimates. */
NODISCARD enum rc depot_sweep(
	struct depot *depot, const struct depot_sweeping *how, struct depot_swept *ret);
