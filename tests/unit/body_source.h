/* body_source.h - bodies that do not lie in memory, for tests: their bytes are those of body_pattern.h, or
 * given; reading fails at the n-th read, and a descriptor is given or not.
 *
 * Threads: one. Ownership: the source is the test's and static; the body's last reference is seen in
 * `freed`.
 */
#pragma once

#include "http/body.h"

#include "body_pattern.h"

#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fake_source {
	struct body_source base;
	struct slice bytes; /* of size 0: the pattern */
	uint64_t size;
	unsigned fails_at; /* the n-th read, from 1 on; 0: none */
	bool opens;
	unsigned reads, opened, freed;
};

static inline ssize_t fake_read(
	struct body_source *base, uint64_t offset, char *buffer, size_t size)
{
	struct fake_source *source = (struct fake_source *)base;

	source->reads++;
	if (source->reads == source->fails_at)
		return -1;
	if (source->bytes.size > 0)
		memcpy(buffer, source->bytes.data + offset, size);
	else
		fill_pattern(buffer, size, offset);
	return (ssize_t)size;
}

/* A file with the bytes. */
static inline int fake_open(struct body_source *base, uint64_t offset, uint64_t size)
{
	struct fake_source *source = (struct fake_source *)base;
	char piece[4096];
	int fd;

	if (!source->opens)
		return -1;
	ck_assert_uint_le(offset + size, source->size);
	source->opened++;
	fd = memfd_create("body", MFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	for (uint64_t at = 0; at < source->size;) {
		size_t count = source->size - at < sizeof(piece) ? (size_t)(source->size - at)
								 : sizeof(piece);

		fill_pattern(piece, count, at);
		if (source->bytes.size > 0)
			memcpy(piece, source->bytes.data + at, count);
		ck_assert_int_eq(write(fd, piece, count), (ssize_t)count);
		at += count;
	}
	return fd;
}

static inline void fake_free(struct body_source *base)
{
	((struct fake_source *)base)->freed++;
}

static const struct body_source_ops fake_ops = {
	.read = fake_read,
	.open = fake_open,
	.free = fake_free,
};

static inline struct body *fake_body(struct fake_source *source)
{
	source->base.ops = &fake_ops;
	return body_new_at(&source->base, (size_t)source->size);
}
