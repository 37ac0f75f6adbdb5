/* store/disk/mark.h - a purge until it is acknowledged.
 *
 *	any thread: disk_purge() -> [ mark | mark ] -> marker: the queue, the rows, groups_sync(), done() -> queue_erase()
 *
 * The marker is a thread of its own, beside the writer: who waits for a purge waits neither for what is to be written
 * nor for what is being written. It looks at what is queued first and at the rows then, so that a put is seen in one of the
 * two at least (queue.h).
 *
 * Threads: any, but mark_run(). Ownership: marks are the marker's; what was never looked at is told RC_STOPPED.
 */
#pragma once

#include "store/disk.h"
#include "util/list.h"

struct disk;
struct key;
struct marks;
struct object;

struct mark {
	struct list link;
	struct disk_selection selection; /* slices into text */
	enum groups_mode mode;
	uint64_t epoch; /* what was fetched before goes */
	bool only_counts;
	struct disk_done done;
	/* what came of it, for done() */
	enum rc rc;
	uint64_t count;
	char text[];
};

struct marks *marks_new(void);
void marks_free(struct marks *marks);

/* Waits until all that were added before are told. */
void mark_flush(struct marks *marks);
/* The marker does what is left, and ends. */
void mark_stop(struct marks *marks);
void *mark_run(void *disk);

/* The writer's: who hurries (store/disk.h) has the core before it. Waits before a turn, but never for long, and not where
 * it is nearly done. */
void mark_give_way(struct disk *disk);

/* mark_rows.c: counts and raises what is stored. */
NODISCARD enum rc mark_stored(struct disk *disk, struct mark *mark);
/* mark_queued.c: what of the mark waits in the queue; visit is asked under its lock. Counted is what will be a row of its
 * own. */
void mark_queued(struct disk *disk, struct mark *mark);
/* The slot of a response that it is about: raised, if that is left to the tier. */
void mark_raise(struct disk *disk, const struct mark *mark, uint32_t slot);
