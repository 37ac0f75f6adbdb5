/* proxy/flight/stream.h - a body that grows at one end and is read at many places.
 *
 *	position 0         memory_limit                     total
 *	|  memory segments  |  spool file (unlinked)         |   (appended)
 *	^base: what lies before it was discarded
 *
 * One thread appends: stream_write() copies without anybody's lock, stream_publish() makes it
 * visible. Everything else happens under the lock of the flight that owns the stream. What was
 * published never moves, so a view may be copied from after the lock was dropped, as long as the
 * reader's position keeps it from being discarded.
 */
#pragma once

#include "http/body.h"
#include "http/request.h"
#include "util/list.h"
#include "util/rc.h"

#include <stdbool.h>
#include <sys/types.h>

struct stream_options {
	size_t memory_limit;    /* bytes kept in memory; the rest goes to the spool */
	bool keep;              /* it is to become a stored body: one segment if it can be */
	const char *spool_path; /* directory for the spool file */
	const char *spare_path; /* where it goes when that one fails; NULL: nowhere */
	int64_t expected;       /* Content-Length or LENGTH_UNKNOWN: sizes the first segment */
};

struct segment;

struct stream {
	struct stream_options options;
	struct list segments; /* published */
	struct list pending;  /* begun by the appending thread, not yet published */
	struct segment *tail; /* the appending thread's last segment */
	struct body *owner;   /* of a single segment's memory, once stream_body() was called */
	uint64_t base;
	uint64_t total;   /* published */
	uint64_t written; /* by the appending thread */
	int spool;        /* -1: none yet */
};

/* A published piece: in memory (data not NULL) or in the spool at offset. */
struct stream_view {
	const char *data;
	int spool;
	uint64_t offset;
	size_t size;
};

void stream_init(struct stream *s, const struct stream_options *options);
void stream_done(struct stream *s);

/* Appends, not yet visible; by the appending thread, without a lock. RC_IO: neither spool can be
 * written. */
NODISCARD enum rc stream_write(struct stream *s, const char *data, size_t size);

/* Makes all that was written visible. */
void stream_publish(struct stream *s);

/* What can be read at position, of size 0 at the end of what is there. position >= base. */
struct stream_view stream_view_at(const struct stream *s, uint64_t position);

/* Copies out of a view; no lock needed. Returns the count, or -1: the spool can't be read. */
ssize_t stream_copy(const struct stream_view *view, char *buffer, size_t size);

/* Gives back what lies before position: nobody reads it again. */
void stream_discard(struct stream *s, uint64_t position);

/* All that was written, published or not, in one piece, when all of it is in memory; by the
 * appending thread, while nothing is discarded. Copies only when it lies in several segments.
 * RC_TOO_LARGE: part of it is in the spool or discarded. Returns a reference. */
NODISCARD enum rc stream_body(struct stream *s, struct body **ret);

/* The same as a file, when part of it is in the spool and nothing was discarded: its bytes
 * [0, written) are the body. By the appending thread; a descriptor that the caller closes. RC_ABSENT:
 * nothing is in the spool, or not all is kept; RC_FULL, RC_IO and so on: it can't be written. */
NODISCARD enum rc stream_file(struct stream *s, int *ret_fd);
