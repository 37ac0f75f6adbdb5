/* http/body.h - the bytes of a complete body: immutable, refcounted; in memory in one piece, or elsewhere.
 *
 *	in memory	data is set, source is NULL
 *	elsewhere	data is NULL, source reads it (a file of the disk tier, a spool file)
 *
 * Who needs the bytes asks body_in_memory() first; what is elsewhere is read a piece at a time or sent
 * from its descriptor, never mapped: a file that is cut short under a mapping would end the process.
 *
 * Threads: any. Ownership: body_new() and body_new_at() give the first reference.
 */
#pragma once

#include "util/rc.h"
#include "util/scope.h"
#include "util/slice.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where bytes lie that are not in memory. All operations from any thread. */
struct body_source {
	const struct body_source_ops *ops;
};

struct body_source_ops {
	bool pins; /* it holds a descriptor as long as it lives: not for the many that memory has room for */
	/* Copies bytes from offset on, one at least and size at most. The count, or -1: they can't be
	 * read, or are not those that were stored. offset < the body's size. */
	ssize_t (*read)(struct body_source *source, uint64_t offset, char *buffer, size_t size);
	/* A descriptor in which the bytes [offset, offset + size) of the body stand at offset and have
	 * been found to be those that were stored; the caller closes it. -1: read() must be used. */
	int (*open)(struct body_source *source, uint64_t offset, uint64_t size);
	void (*free)(struct body_source *source);
};

struct body {
	atomic_uint references;
	size_t size;
	char *data; /* malloc'ed; NULL: elsewhere, or size is 0 */
	struct body_source *source;
};

/* takes data (from malloc, size bytes). */
struct body *body_new(char *data, size_t size);

/* takes source, whose free() is called with the last reference. */
struct body *body_new_at(struct body_source *source, size_t size);

struct body *body_ref(struct body *body);
void body_unref(struct body *body);

/* Whether data has it all. */
static inline bool body_in_memory(const struct body *body)
{
	return body->source == NULL;
}

/* Copies from either kind: the count, 0 at the end, or -1 as body_source_ops.read. */
ssize_t body_read(struct body *body, uint64_t offset, char *buffer, size_t size);

/* As body_source_ops.open; -1 for a body in memory. */
int body_open(struct body *body, uint64_t offset, uint64_t size);

/* A body in memory with the same bytes: the same one with one more reference, or a copy. RC_IO: it
 * can't be read, or is not what was stored. */
NODISCARD enum rc body_load(struct body *body, struct body **ret);

SCOPE_DEFINE(body, body_unref)
