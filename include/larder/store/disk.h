/* store/disk.h - the disk tier: SQLite for records and small bodies, files for large ones.
 *
 *	DIR/lock		pid of the larder that has it
 *	DIR/groups		when groups were invalidated (store/groups.h)
 *	DIR/larder.db		records, small bodies, what is known of files (SQLite, WAL)
 *	DIR/objects/ab/cd/...	large bodies by their SHA-256: equal ones once
 *	DIR/tmp/		bodies on their way there
 *
 * Reads are inline: a filter in memory says "surely not here", else one SELECT on a connection of the
 * thread's own. Writes never wait: they go into a bounded queue whose only consumer is the writer thread,
 * which commits many at once; what doesn't fit is dropped and counted. What is still in the queue is
 * found there by reads, so that nobody sees what was replaced. Purges have a thread of their own, the marker, and don't
 * wait for the writer.
 *
 * Every fault is counted, told once for each change of state by the report, and a miss for whoever asks.
 * The tier tries again by itself, about once a second.
 *
 * Threads: all from any thread but open and close. Ownership: disk_open() gives it to the caller;
 * disk_close() releases it.
 */
#pragma once

#include "store/groups.h"
#include "store/tier.h"

struct disk;

/*	X(id, "as written in the configuration") */
#define DISK_FSYNC_TABLE(X)                                                                    \
	X(NEVER, "never")   /* the kernel decides: a power failure may cost what was stored */ \
	X(NORMAL, "normal") /* files before their record; records at checkpoints */            \
	X(ALWAYS, "always") /* each commit */

enum disk_fsync {
#define X(id, text) DISK_FSYNC_##id,
	DISK_FSYNC_TABLE(X)
#undef X
};

enum disk_state {
	DISK_OPENING,
	DISK_WORKS,
	DISK_FAILS,   /* tried again */
	DISK_REFUSED, /* left alone: made by a newer larder */
	DISK_STATE_COUNT
};

struct disk_options {
	const char *path;    /* directory; made if it is missing */
	uint64_t size_bytes; /* bound of all files together */
	uint64_t inline_limit_bytes;
	uint64_t max_object_bytes;
	unsigned high_water_percent; /* of size_bytes: collecting begins */
	unsigned low_water_percent;  /* and ends */
	uint64_t free_floor_bytes;   /* room on the device that is left to others */
	uint64_t queue_bytes;        /* of bodies that wait to be written */
	enum disk_fsync fsync;
	uint64_t compress_bytes; /* bodies from this size on are compressed; UINT64_MAX: none */
	int compress_level;      /* of zlib: 1..9 */
	/* Whether somebody above has used the key of late: what looks idle here isn't. NULL: nobody. */
	bool (*in_use)(void *arg, const struct key *key);
	/* A change of state, once each: for the log. detail: words. On any thread; must not call back. */
	void (*report)(void *arg, enum disk_state state, const char *detail);
	void *arg;
};

/* Begins. RC_OK also where the directory or the database can't be used now: that is a fault that is told
 * by report and tried again. RC_LOCKED: another larder has the directory. RC_IO: a thread could not be
 * started. fault: words for the operator. */
NODISCARD enum rc disk_open(
	const struct disk_options *options, struct disk **ret, struct bytes *fault);

/* Writes what is queued, then ends. The tier must not be used any more. */
void disk_close(struct disk *disk);

/* The table of groups that goes with what is stored; lives as long as the disk. Its seed is that of the
 * keys' hashes. */
struct groups *disk_groups(struct disk *disk);

/* For the stack of tiers; belongs to the disk (its free() does nothing). */
struct tier *disk_tier(struct disk *disk);

/* Shows the chooser what is stored under the key, as the tier's get() does, but counts nothing and notes no
 * use: for who only looks. */
void disk_look(struct disk *disk, const struct key *key, const struct chooser *chooser);

/* Where bodies that are on their way can be spooled, so that they can be linked instead of copied. NULL:
 * nowhere, while the tier doesn't work. */
const char *disk_spool_path(const struct disk *disk);

/* A body that lies in such a file: takes fd. */
struct body *disk_spooled(int fd, uint64_t size);

struct disk_usage {
	enum disk_state state;
	enum rc fault; /* of DISK_FAILS */
	uint64_t entries;
	uint64_t bytes; /* database and files */
	uint64_t max_bytes;
	uint64_t artifacts;
	uint64_t queued;       /* jobs */
	uint64_t queued_bytes; /* of bodies in them */
	uint64_t evicted;
	uint64_t expired;
	uint64_t moved_aside; /* databases that were corrupt */
	int64_t turned_ms; /* monotonic: when the writer thread last began something; at least each second */
};
void disk_usage(struct disk *disk, struct disk_usage *ret);

/* How much of it is a tenant's own, beyond which its entries leave before others'. */
struct disk_share {
	struct slice tenant; /* its name; copied */
	unsigned percent;    /* of size_bytes */
};
/* From now on, in the place of what was said before. Who is not named has none. */
void disk_set_shares(struct disk *disk, const struct disk_share *shares, size_t count);
/* Entries and bytes of a tenant's, as of the last commit. false: it has nothing, and no share. */
bool disk_tenant_usage(struct disk *disk, struct slice tenant, struct tier_usage *ret);

/* Waits until all that was queued before is committed, or the tier fails. For tests and shutdown. */
void disk_flush(struct disk *disk);

/* What a purge is about. */
enum disk_scope {
	DISK_ALL,
	DISK_ROUTE,  /* route */
	DISK_KEY,    /* text: the key's bytes */
	DISK_TARGET, /* route; text: the canonical target */
	DISK_PREFIX, /* route; text: how it begins */
	DISK_TARGETS, /* text: how it begins, of whichever route, also one that the configuration has no more */
	DISK_TAG,        /* text */
	DISK_OLDER_THAN, /* route, or empty for all; before_ms: when the response came */
	DISK_NEGATIVE,   /* errors */
	DISK_NOTHING,    /* no record: only what the caller has raised is made durable */
};

/* What more a record has to be than what the scope says. Asked on the marker thread, also under the queue's lock: it must not
 * block; until done() is called. */
struct disk_judge {
	/* key: without its hash. object: what the tables say of it: epoch, freshness.responded_ms, and its own
	 * target's slot; where the judge is thorough also the rest of freshness, and all slots. Of what waits to be
	 * written: all. */
	bool (*takes)(void *arg, const struct key *key, const struct object *object);
	void *arg;
	bool thorough; /* each record is read, not only its row: slower */
	bool raised; /* what it takes has a slot that the caller has raised: none is raised here */
};

struct disk_selection {
	enum disk_scope scope;
	struct slice route;
	struct slice text;
	uint64_t key_hash; /* DISK_KEY: struct key's; 0 where it isn't known: found, but slowly */
	int64_t before_ms;
	struct disk_judge judge; /* takes NULL: nobody is asked */
};

/* Makes an invalidation durable. The caller has raised the slots that it knows; those of the targets that
 * only the tier knows (DISK_PREFIX, DISK_TARGETS, DISK_OLDER_THAN, and what a judge takes) are raised here. Then all of
 * it is made durable, then done() is called, on the marker thread, with the number of records that the
 * selection has; then records that are out of date for good are removed, a piece at a time. What waits to be written is
 * looked at where it waits, and not waited for: behind a long queue the number is about right. Never dropped, never
 * refused while the tier lives. selection is copied.
 * rc: RC_OK; else it could not be made durable. */
struct disk_done {
	void (*call)(void *arg, enum rc rc, uint64_t count);
	void *arg;
};
void disk_purge(struct disk *disk, const struct disk_selection *selection, enum groups_mode mode,
	const struct disk_done *done);

/* Only counts what such a purge would be about, with what waits to be written: nothing changes. */
void disk_count(
	struct disk *disk, const struct disk_selection *selection, const struct disk_done *done);

/* Between these, by whomever, what is to be written waits a little, for who works at a purge: on few cores a backlog would
 * take most of the time that somebody waits for. */
void disk_hurry(struct disk *disk);
void disk_ease(struct disk *disk);

/* A name and value that outlast the process (source versions). Written behind, but ahead of responses; the second waits
 * until all that was to be remembered before is committed, or the tier fails. RC_ABSENT: none. RC_IO and
 * its like: that can't be told now. */
void disk_remember(struct disk *disk, struct slice name, struct slice value);
void disk_flush_facts(struct disk *disk);
NODISCARD enum rc disk_recall(struct disk *disk, struct slice name, struct bytes *ret);
