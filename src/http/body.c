/* http/body.c - the bytes of a complete body.
 *
 * A body that was received into a doubling buffer can have much more memory than bytes; what is
 * stored for days should not, so body_new() gives the surplus back. Threads: any. Ownership: body.h.
 */
#include "http/body.h"

#include "util/alloc.h"

#include <assert.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

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

struct body *body_new_at(struct body_source *source, size_t size)
{
	struct body *body = xalloc(sizeof(*body));

	atomic_init(&body->references, 1);
	body->size = size;
	body->source = source;
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
	if (body->source != NULL)
		body->source->ops->free(body->source);
	free(body->data);
	free(body);
}

ssize_t body_read(struct body *body, uint64_t offset, char *buffer, size_t size)
{
	size_t left = offset < body->size ? body->size - (size_t)offset : 0;
	size_t count = size < left ? size : left;

	if (count == 0)
		return 0;
	if (body->source != NULL)
		return body->source->ops->read(body->source, offset, buffer, count);
	memcpy(buffer, body->data + offset, count);
	return (ssize_t)count;
}

int body_open(struct body *body, uint64_t offset, uint64_t size)
{
	return body->source != NULL ? body->source->ops->open(body->source, offset, size) : -1;
}

enum rc body_load(struct body *body, struct body **ret)
{
	char *data;
	size_t done = 0;

	if (body_in_memory(body)) {
		*ret = body_ref(body);
		return RC_OK;
	}
	data = xgrow(NULL, body->size > 0 ? body->size : 1, 1);
	while (done < body->size) {
		ssize_t count = body_read(body, done, data + done, body->size - done);

		if (count <= 0) {
			free(data);
			return RC_IO;
		}
		done += (size_t)count;
	}
	*ret = body_new(data, done);
	return RC_OK;
}
