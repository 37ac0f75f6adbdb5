/* store/disk/inside.h - the inside of struct disk, for the files of this directory.
 *
 *	disk.c		open, close, state, the tier's operations
 *	place.c		the directory
 *	lookup.c	a read
 *	writer.c	the thread: what comes next, retries
 *	batch.c		many jobs in one transaction
 *	opening.c	the database: opened, moved aside, begun anew
 *	stow.c		one response on its way to the disk: compressed, as a file, as a record
 *	damage.c	a second look at a row before it is removed
 *	collect.c	what leaves: expired, idle, unreferenced
 *	accounts.c	what each tenant has, and whose leave first
 *	mark.c		purges: what they are about is marked, durably, and acknowledged
 *	mark_rows.c	what of it is stored
 *	mark_queued.c	or waits in the queue
 *	erase.c		its rows are removed behind that
 *	keeper.c	what is done behind the start: filter, orphans, integrity
 *
 * Threads: the writer thread alone has the connection that writes and everything marked "writer"; the
 * keeper ends by itself; the marker reads as others do. What others see is atomic or under a lock of its own.
 */
#pragma once

#include "accounts.h"
#include "artifacts.h"
#include "codec.h"
#include "database.h"
#include "filter.h"
#include "mark.h"
#include "queue.h"
#include "records.h"
#include "uses.h"

#include "observe/domains.h"
#include "store/disk.h"

#include <pthread.h>
#include <stdatomic.h>

/* Connections that read, shared by all threads: one is taken for a read and given back. */
struct connections {
	pthread_mutex_t lock;
	struct connection *idle;
};

enum disk_side { DISK_READS, DISK_WRITES, DISK_SIDES };

struct disk {
	struct tier base;
	struct disk_options options; /* path is a copy */
	char *database_path;
	atomic_int lock;
	struct groups *groups;
	atomic_bool groups_kept;               /* in their file */
	_Atomic(struct artifacts *) artifacts; /* NULL: the directory can't be used yet */
	struct queue *queue;
	struct marks *marks;
	struct uses *uses;
	struct accounts *accounts;
	struct connections connections;

	_Atomic(struct filter *) filter;
	atomic_bool filter_taught; /* by the keeper; from the writer's next turn on */
	atomic_bool filter_knows;  /* it has all ids: what it doesn't find isn't there */
	struct filter
		*retired; /* of a database that was moved aside; readers may still look at it */

	/* Whoever opens the database anew moves this on: connections with another number are stale. */
	atomic_uint generation; /* 0: never opened */
	atomic_uint corrupt;    /* the generation that was found to be; 0: none */

	/* The writer's from a commit until its jobs have left the queue, the marker's while it looks at the queue and until it
	 * has a snapshot of the rows: to it a put is in one of them, and not in both. */
	pthread_mutex_t turnover;

	pthread_mutex_t state_lock; /* one report after the other */
	atomic_int state;           /* enum disk_state */
	atomic_bool fails[DISK_SIDES];
	atomic_bool refused;               /* made by a newer larder: left alone */
	atomic_int fault;                  /* enum rc */
	atomic_int_fast64_t read_again_ms; /* monotonic: reads failed; none before */

	/* Raised softly when voids were lost: what is older may have been replaced without a trace. */
	uint32_t suspect_slot;

	atomic_uint_fast64_t entries, bytes, artifact_count, evicted, expired, moved_aside;
	atomic_uint_fast64_t limit_bytes; /* size_bytes, or less where the device has no room */

	atomic_int_fast64_t turned_ms; /* monotonic: of the writer's last turn */
	pthread_t writer, marker;
	pthread_t keeper; /* the keeper is started by the writer */
	bool keeper_runs; /* and is to be joined */
	atomic_bool keeper_ended;
	atomic_bool keep_again; /* it has not been through with this database */
	atomic_bool stopping;

	/* writer */
	struct database *database;
	struct list erasures; /* purges whose records are still to be removed */
	int64_t open_again_ms;
	int64_t keep_at_ms;
	int64_t collect_at_ms;
	bool shrinks;         /* from high water to low water */
	uint64_t spared;      /* records of one owner that were in use above, since he was chosen */
	int64_t chosen;       /* the owner whose entries leave (accounts.h); -1: all as one */
	int64_t idle_from_ms; /* nobody's entries that were used before are gone, or were spared */
	bool no_room;         /* above the free floor: nothing is written */
	bool was_full;        /* a batch had no room: the next is of one job */
};

/* The first id of its key's range. */
static inline int64_t record_first(int64_t id)
{
	return id & ~(int64_t)(RECORD_VARIANTS - 1);
}

/* place.c: the directory, its lock, the table of groups and the files, as far as they are not had yet. */
enum rc place_prepare(struct disk *disk, struct bytes *fault);
/* Whether the directory that it has is still the one by that name. */
bool place_is_there(const struct disk *disk);
/* DIRECTORY/NAME; the caller frees it. */
char *place_in(const char *directory, const char *name);

/* A fault: counted, and the state told where it changes. op: what was done. rc is given back. */
enum rc disk_fault(struct disk *disk, enum label_disk_op op, enum rc rc, const char *detail);
/* A row of this id left: the filter may forget it. Before it knows all ids nothing is forgotten, or it would
 * forget what it has not learnt yet. */
void disk_forget_id(struct disk *disk, int64_t id);
/* This side works, again. */
void disk_works(struct disk *disk, enum disk_side side);

/* lookup.c */
enum rc lookup_get(struct disk *disk, const struct key *key, const struct chooser *chooser,
	struct object **ret);
/* A connection that reads; NULL: there is none to be had. Given back with lookup_release(). */
struct connection *lookup_connect(struct disk *disk);
struct database *lookup_database(struct connection *connection);
/* A read failed: told, and reads left alone for a second; a corrupt database is to be renewed. */
void lookup_failed(
	struct disk *disk, struct connection *connection, enum rc rc, const char *detail);
void lookup_release(struct disk *disk, struct connection *connection);
void lookup_close_all(struct disk *disk);
/* Where reads failed: whether they work again, without a client's doing. */
void lookup_try(struct disk *disk);

/* opening.c */
/* Opens the database; moves a corrupt one aside and begins a new one. */
enum rc opening_open(struct disk *disk, struct bytes *fault);
/* The error of a write: told, and the database closed, to be tried again. */
void opening_failed(struct disk *disk, enum label_disk_op op, enum rc rc);
/* Where the database that is open is one that was found to be corrupt: moved aside, and a new one begun. */
void opening_renew(struct disk *disk);
/* A connection of this generation found the database to be corrupt: it is to be renewed. */
void opening_suspect(struct disk *disk, unsigned generation);
/* Totals from the database into what others see. */
void opening_count(struct disk *disk);

/* writer.c */
void *writer_run(void *disk);

/* stow.c: what a put becomes. */
struct stowed {
	struct job *job;
	struct bytes record;
	struct body *body; /* as it is stored; a reference */
	bool in_file;
	struct artifact artifact; /* of a file */
	struct codec_body described;
};
/* Outside of a transaction: compresses, digests, writes the file. RC_TOO_LARGE: it is not to be stored.
 * RC_ABSENT: its body is gone.
 * stow_done() in any case. */
NODISCARD enum rc stow_prepare(struct disk *disk, struct job *job, struct stowed *ret);
/* Inside: the rows. */
NODISCARD enum rc stow_write(struct disk *disk, struct stowed *stowed, bool *ret_replaces);
void stow_done(struct stowed *stowed);
/* The id of the row that has the variant of a job's object, or a free one of its key's range; RC_ABSENT:
 * there is none with that variant (and *ret is free), or none free (and *ret is the oldest). */
NODISCARD enum rc stow_find(struct disk *disk, const struct job *job, int64_t *ret);
/* All rows of the job's key. */
NODISCARD enum rc stow_find_all(struct disk *disk, const struct job *job,
	int64_t ids[static RECORD_VARIANTS], size_t *ret_count);

/* damage.c: whether the row with this id can't be used as it is now. */
NODISCARD enum rc damage_look(struct disk *disk, int64_t id, bool *ret);

/* collect.c */
/* A piece of what is due; true: there is more to do at once. */
bool collect_some(struct disk *disk);
/* Whether the tier is above its high water. */
bool collect_is_due(const struct disk *disk);
/* Files to which no row refers any more. */
NODISCARD enum rc collect_unreferenced(struct disk *disk);
/* A file that may have no row: removed where it has none. */
void collect_orphan(struct disk *disk, const unsigned char digest[static DIGEST_SIZE]);

/* erase.c: from any thread; then the jobs of it. */
void erase_later(struct disk *disk, const struct disk_selection *selection, uint64_t epoch);
void erase_begin(struct disk *disk, struct list *jobs);
bool erase_some(struct disk *disk); /* as collect_some() */
void erase_forget(struct disk *disk);

/* keeper.c */
void *keeper_run(void *disk);
