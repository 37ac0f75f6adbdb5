/* proxy/deliver/byteranges.c - several ranges in one body.
 *
 * Bounded: parts are not longer together than the representation (http/range.h), which is in memory already
 * or small.
 */
#include "byteranges.h"

#include "flight/flight.h"

#include "util/alloc.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

#define PART_HEAD "\r\n--" SLICE_FORMAT "\r\n"

struct slice byteranges_content_range(const struct exchange *x, const struct range *range)
{
	return arena_format(x->arena, "bytes %llu-%llu/%llu", (unsigned long long)range->first,
		(unsigned long long)range->last, (unsigned long long)x->cut.total);
}

static const struct headers *fields_of(const struct exchange *x)
{
	return x->object != NULL ? &x->object->headers : &x->reader.flight->verdict.fields;
}

static struct slice head_of(const struct exchange *x, const struct range *range)
{
	struct slice type = headers_get(fields_of(x), FIELD_CONTENT_TYPE);
	struct slice part = byteranges_content_range(x, range);

	if (type.size == 0)
		return arena_format(x->arena, PART_HEAD "Content-Range: " SLICE_FORMAT "\r\n\r\n",
			SLICE_ARGS(x->cut.boundary), SLICE_ARGS(part));
	return arena_format(x->arena,
		PART_HEAD "Content-Type: " SLICE_FORMAT "\r\nContent-Range: " SLICE_FORMAT
			  "\r\n\r\n",
		SLICE_ARGS(x->cut.boundary), SLICE_ARGS(type), SLICE_ARGS(part));
}

static size_t put(char *to, size_t at, struct slice s)
{
	memcpy(to + at, s.data, s.size);
	return at + s.size;
}

/* Where the ranges are cut from: bytes that are there, or a body that is read. */
struct cut_from {
	struct slice bytes;
	struct body *body; /* or NULL */
};

static bool copy(const struct cut_from *from, const struct range *range, char *to)
{
	uint64_t size = range->last - range->first + 1, done = 0;

	if (from->body == NULL) {
		memcpy(to, from->bytes.data + range->first, (size_t)size);
		return true;
	}
	while (done < size) {
		ssize_t count = body_read(
			from->body, range->first + done, to + done, (size_t)(size - done));

		if (count <= 0)
			return false;
		done += (uint64_t)count;
	}
	return true;
}

uint64_t byteranges_size(const struct exchange *x)
{
	uint64_t size = 0;

	for (size_t i = 0; i < x->cut.ranges.count; i++)
		size += x->cut.ranges.items[i].last - x->cut.ranges.items[i].first + 1;
	return size;
}

/* NULL: the body can't be read. */
static struct body *make(struct exchange *x, const struct cut_from *from)
{
	struct slice heads[RANGES_MOST], end;
	const struct ranges *ranges = &x->cut.ranges;
	size_t size, at = 0;
	char *data;

	/* nobody can foretell it, so nothing that is stored can hold it */
	x->cut.boundary = arena_format(x->arena, "%016llx%016llx", (unsigned long long)random_u64(),
		(unsigned long long)random_u64());
	end = arena_format(x->arena, "\r\n--" SLICE_FORMAT "--\r\n", SLICE_ARGS(x->cut.boundary));
	size = end.size + (size_t)byteranges_size(x);
	for (size_t i = 0; i < ranges->count; i++) {
		heads[i] = head_of(x, &ranges->items[i]);
		size += heads[i].size;
	}
	data = xgrow(NULL, size, 1);
	for (size_t i = 0; i < ranges->count; i++) {
		const struct range *range = &ranges->items[i];

		at = put(data, at, heads[i]);
		if (!copy(from, range, data + at)) {
			free(data);
			return NULL;
		}
		at += (size_t)(range->last - range->first + 1);
	}
	put(data, at, end);
	return body_new(data, size);
}

struct body *byteranges_make(struct exchange *x, struct slice bytes)
{
	return make(x, &(struct cut_from){ .bytes = bytes });
}

struct body *byteranges_read(struct exchange *x, struct body *body)
{
	return make(x, &(struct cut_from){ .body = body });
}
