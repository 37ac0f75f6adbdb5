/* http/body.c - the bytes of a complete body.
 *
 * A body that was received into a doubling buffer can have much more memory than bytes; what is
 * stored for days should not, so body_new() gives the surplus back. Threads: any. Ownership: body.h.
 */
#include "http/body.h"

#include "util/alloc.h"

#include <assert.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>

/* Below an eighth the allocator's size classes would keep it anyway. */
static bool wasteful(size_t usable, size_t size)
{
	return usable - size > usable / 8;
}

static char *fit(char *data, size_t size)
{
	if (data == NULL || !wasteful(malloc_usable_size(data), size))
		return data;
	return xgrow(data, size > 0 ? size : 1, 1);
}

struct body *body_new(char *data, size_t size)
{
	struct body *body = xalloc(sizeof(*body));

	assert(data != NULL || size == 0);
	atomic_init(&body->references, 1);
	body->size = size;
	body->data = fit(data, size);
	return body;
}

struct body *body_ref(struct body *body)
{
	atomic_fetch_add_explicit(&body->references, 1, memory_order_relaxed);
	return body;
}

void body_unref(struct body *body)
{
	if (atomic_fetch_sub_explicit(&body->references, 1, memory_order_acq_rel) != 1)
		return;
	free(body->data);
	free(body);
}
