/* proxy/flight/stream.c - a body that grows at one end and is read at many places. */
#include "stream.h"

#include "util/alloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_SEGMENT ((size_t)8 * 1024)
#define LAST_SEGMENT  ((size_t)256 * 1024)

struct segment {
	struct list link;
	uint64_t start;
	size_t used;
	size_t capacity;
	char *data; /* from malloc: may become a body's */
};

void stream_init(struct stream *s, const struct stream_options *options)
{
	*s = (struct stream){ .options = *options, .spool = -1 };
	list_init(&s->segments);
	list_init(&s->pending);
}

static struct segment *segment_at(struct list *link)
{
	return LIST_ITEM(link, struct segment, link);
}

static void segment_free(struct stream *s, struct segment *segment)
{
	list_remove(&segment->link);
	if (s->owner == NULL)
		free(segment->data);
	free(segment);
}

void stream_done(struct stream *s)
{
	LIST_EACH_SAFE(at, &s->segments)
		segment_free(s, segment_at(at));
	LIST_EACH_SAFE(at, &s->pending)
		segment_free(s, segment_at(at));
	if (s->owner != NULL)
		body_unref(s->owner);
	s->owner = NULL;
	if (s->spool >= 0)
		close(s->spool);
	s->spool = -1;
}

/* With a known length all of a body that will be stored goes into one segment of that size, which
 * becomes the stored body as it is. */
static size_t next_capacity(const struct stream *s)
{
	size_t left = s->options.memory_limit - (size_t)s->written;
	size_t expected = s->options.expected > 0 ? (size_t)s->options.expected : 0;
	size_t capacity = FIRST_SEGMENT;

	if (s->tail != NULL)
		capacity = s->tail->capacity < LAST_SEGMENT ? s->tail->capacity * 2 : LAST_SEGMENT;
	else if (expected > 0 && (s->options.keep || expected < LAST_SEGMENT))
		capacity = expected;
	else if (expected > 0)
		capacity = LAST_SEGMENT;
	return capacity < left ? capacity : left;
}

static struct segment *segment_for_write(struct stream *s)
{
	struct segment *segment = s->tail;

	if (segment != NULL && segment->used < segment->capacity)
		return segment;
	segment = xalloc(sizeof(*segment));
	segment->start = s->written;
	segment->capacity = next_capacity(s);
	segment->data = xgrow(NULL, segment->capacity, 1);
	list_append(&s->pending, &segment->link);
	s->tail = segment;
	return segment;
}

/* -1: none can be made there. */
static int open_unlinked(const char *directory)
{
	char path[4096];
	int size, fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* file systems without O_TMPFILE */
	size = snprintf(path, sizeof(path), "%s/larder-spool-XXXXXX", directory);
	if (size < 0 || (size_t)size >= sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static enum rc write_at(int fd, uint64_t position, struct slice data)
{
	while (data.size > 0) {
		ssize_t done = pwrite(fd, data.data, data.size, (off_t)position);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? rc_of_errno() : RC_IO;
		data = slice_skip(data, (size_t)done);
		position += (uint64_t)done;
	}
	return RC_OK;
}

static enum rc spool_append(struct stream *s, struct slice data)
{
	if (s->spool < 0)
		s->spool = open_unlinked(s->options.spool_path);
	return s->spool >= 0 ? write_at(s->spool, s->written, data) : RC_IO;
}

/* To the same places; what was discarded stays a hole. */
static enum rc copy_spooled(int from, int to, uint64_t at, uint64_t end)
{
	char piece[16 * 1024];

	while (at < end) {
		uint64_t left = end - at;
		ssize_t count =
			pread(from, piece, left < sizeof(piece) ? left : sizeof(piece), (off_t)at);
		off_t next;

		if (count <= 0)
			return RC_IO;
		TRY(write_at(to, at, (struct slice){ piece, (size_t)count }));
		next = lseek(from, (off_t)(at + (uint64_t)count), SEEK_DATA);
		at = next >= 0 ? (uint64_t)next : end;
	}
	return RC_OK;
}

/* To the other directory, under the same number: whoever is about to read from a view finds the same bytes at
 * the same place. */
static enum rc move_spool(struct stream *s)
{
	const char *spare = s->options.spare_path;
	int fd = -1;

	s->options.spare_path = NULL; /* once */
	if (spare != NULL && strcmp(spare, s->options.spool_path) != 0)
		fd = open_unlinked(spare);
	if (fd < 0)
		return RC_IO;
	if (s->spool < 0) {
		s->spool = fd;
		return RC_OK;
	}
	if (copy_spooled(s->spool, fd, s->options.memory_limit, s->written) != RC_OK ||
		dup3(fd, s->spool, O_CLOEXEC) < 0) {
		close(fd);
		return RC_IO;
	}
	close(fd);
	return RC_OK;
}

static enum rc spool_write(struct stream *s, struct slice data)
{
	if (spool_append(s, data) != RC_OK &&
		(move_spool(s) != RC_OK || spool_append(s, data) != RC_OK))
		return RC_IO;
	s->written += data.size;
	return RC_OK;
}

enum rc stream_write(struct stream *s, const char *data, size_t size)
{
	while (size > 0 && s->written < s->options.memory_limit) {
		struct segment *segment = segment_for_write(s);
		size_t room = segment->capacity - segment->used;
		size_t count = size < room ? size : room;

		memcpy(segment->data + segment->used, data, count);
		segment->used += count;
		s->written += count;
		data += count;
		size -= count;
	}
	return size > 0 ? spool_write(s, (struct slice){ data, size }) : RC_OK;
}

void stream_publish(struct stream *s)
{
	LIST_EACH_SAFE(at, &s->pending) {
		list_remove(at);
		list_append(&s->segments, at);
	}
	s->total = s->written;
}

struct stream_view stream_view_at(const struct stream *s, uint64_t position)
{
	struct stream_view view = { .spool = -1 };

	assert(position >= s->base);
	if (position >= s->total)
		return view;
	LIST_EACH(at, &s->segments) {
		struct segment *segment = segment_at(at);
		uint64_t end = segment->start + segment->capacity;

		if (position >= end)
			continue;
		view.data = segment->data + (position - segment->start);
		view.size = (size_t)((s->total < end ? s->total : end) - position);
		return view;
	}
	view.spool = s->spool;
	view.offset = position;
	view.size = (size_t)(s->total - position);
	return view;
}

ssize_t stream_copy(const struct stream_view *view, char *buffer, size_t size)
{
	size_t count = size < view->size ? size : view->size;
	ssize_t done;

	if (view->data != NULL) {
		memcpy(buffer, view->data, count);
		return (ssize_t)count;
	}
	do
		done = pread(view->spool, buffer, count, (off_t)view->offset);
	while (done < 0 && errno == EINTR);
	return done > 0 ? done : -1;
}

void stream_discard(struct stream *s, uint64_t position)
{
	LIST_EACH_SAFE(at, &s->segments) {
		struct segment *segment = segment_at(at);

		/* the last may be the one that is being written to */
		if (at->next == &s->segments || segment->start + segment->capacity > position)
			break;
		segment_free(s, segment);
	}
	if (position > s->options.memory_limit && position > s->base) {
		uint64_t from =
			s->base > s->options.memory_limit ? s->base : s->options.memory_limit;

		/* where the file system can't, the room stays taken until the fetch ends */
		if (fallocate(s->spool, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
			    (off_t)(position - from)) != 0)
			errno = 0;
	}
	if (position > s->base)
		s->base = position;
}

static size_t copy_segments(const struct list *segments, char *to)
{
	size_t size = 0;

	LIST_EACH(at, segments) {
		memcpy(to + size, segment_at(at)->data, segment_at(at)->used);
		size += segment_at(at)->used;
	}
	return size;
}

static struct body *joined(const struct stream *s)
{
	char *data = xgrow(NULL, (size_t)s->written + 1, 1);
	size_t published = copy_segments(&s->segments, data);

	copy_segments(&s->pending, data + published);
	return body_new(data, (size_t)s->written);
}

/* The only segment, when all of the body lies in it and fills it. */
static const struct segment *whole_segment(const struct stream *s)
{
	const struct segment *segment = s->tail;

	if (segment != NULL && segment->start == 0 && segment->used == s->written &&
		segment->used == segment->capacity)
		return segment;
	return NULL;
}

enum rc stream_body(struct stream *s, struct body **ret)
{
	const struct segment *whole = whole_segment(s);

	if (s->base > 0 || s->written > s->options.memory_limit)
		return RC_TOO_LARGE;
	if (whole == NULL) {
		*ret = joined(s);
		return RC_OK;
	}
	if (s->owner == NULL)
		s->owner = body_new(whole->data, whole->used);
	assert(s->owner->data == whole->data); /* readers may be copying from it */
	*ret = body_ref(s->owner);
	return RC_OK;
}

/* Into the hole that the spool file has for it. */
static enum rc write_segments(const struct stream *s, const struct list *segments)
{
	LIST_EACH(at, segments) {
		const struct segment *segment = segment_at(at);

		TRY(write_at(
			s->spool, segment->start, (struct slice){ segment->data, segment->used }));
	}
	return RC_OK;
}

enum rc stream_file(struct stream *s, int *ret_fd)
{
	int fd;

	if (s->spool < 0 || s->base > 0)
		return RC_ABSENT;
	TRY(write_segments(s, &s->segments));
	TRY(write_segments(s, &s->pending));
	fd = fcntl(s->spool, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return rc_of_errno();
	*ret_fd = fd;
	return RC_OK;
}
