/* http/body.h - the bytes of a complete body: immutable, refcounted, in one piece.
 *
 * Threads: any. Ownership: body_new() gives the first reference.
 */
#pragma once

#include "util/scope.h"

#include <stdatomic.h>
#include <stddef.h>

struct body {
	atomic_uint references;
	size_t size;
	char *data; /* malloc'ed */
};

/* takes data (from malloc, size bytes). */
struct body *body_new(char *data, size_t size);
struct body *body_ref(struct body *body);
void body_unref(struct body *body);

SCOPE_DEFINE(body, body_unref)
