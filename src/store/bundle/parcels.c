/* store/bundle/parcels.c - an export read one stored response after the other. Threads and ownership:
 * store/parcels.h.
 */
#include "store/parcels.h"

#include "store/bundle.h"
#include "util/alloc.h"
#include "util/base64.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC     "SQLite format 3"
#define PIECE     ((size_t)64 * 1024)
#define LINE_MOST (base64_size(PARCEL_BODY_MOST) + PARCEL_HEAD_MOST)

struct parcels {
	struct bundle *bundle; /* NULL: lines */
	int64_t cursor;
	struct arena arena;  /* of the manifest */
	struct arena parcel; /* of one */
	struct manifest manifest;
	uint64_t place;
	uint64_t read; /* good or not */
	bool ended;
	struct parcel_end end;
	int fd;
	struct bytes text; /* what was read; the line begins at `at` */
	size_t at;
	size_t taken; /* of the present line, with its line feed */
	bool is_last; /* there is no more to read */
};

/* ---- lines ---- */

static enum rc fill(struct parcels *p)
{
	char piece[PIECE];
	ssize_t count = read(p->fd, piece, sizeof(piece));

	if (count < 0)
		return rc_of_errno();
	p->is_last = count == 0;
	return bytes_append(&p->text, piece, (size_t)count);
}

static void drop_line(struct parcels *p)
{
	p->at += p->taken;
	p->taken = 0;
	if (p->at < PIECE && p->at < p->text.size)
		return;
	memmove(p->text.data, p->text.data + p->at, p->text.size - p->at);
	p->text.size -= p->at;
	p->at = 0;
}

/* The next line, without its end. RC_ABSENT: there is none. RC_TOO_LARGE. */
static enum rc next_line(struct parcels *p, struct slice *ret)
{
	size_t looked = 0;
	ptrdiff_t end;

	if (p->text.size > 0)
		drop_line(p);
	for (;;) {
		struct slice rest = slice_skip(bytes_slice(&p->text), p->at);

		end = slice_find(slice_skip(rest, looked), '\n');
		if (end >= 0 || p->is_last) {
			size_t size = end >= 0 ? looked + (size_t)end : rest.size;

			p->taken = size + (end >= 0);
			*ret = (struct slice){ rest.data, size };
			p->place++;
			return p->taken > 0 ? RC_OK : RC_ABSENT;
		}
		looked = rest.size;
		TRY(fill(p));
	}
}

static enum rc open_lines(struct parcels *p)
{
	struct slice line;

	TRY(next_line(p, &line));
	return manifest_parse(line, &p->arena, &p->manifest);
}

/* Whether it is all there is told by the last line. */
static enum rc end_lines(struct parcels *p, const struct parcel_end *end)
{
	p->ended = true;
	p->end = *end;
	return end->entries == p->read ? RC_ABSENT : RC_TRUNCATED;
}

static enum rc next_of_lines(struct parcels *p, struct parcel *ret, const char **ret_why)
{
	struct parcel_end end;
	struct slice line;
	enum rc rc;

	if (p->ended)
		return RC_ABSENT;
	rc = next_line(p, &line);
	if (rc != RC_OK)
		return rc == RC_ABSENT ? RC_TRUNCATED : rc;
	if (parcel_end_parse(line, &end))
		return end_lines(p, &end);
	p->read++;
	return parcel_parse(line, NULL, &p->parcel, ret, ret_why);
}

/* ---- either ---- */

static bool is_bundle(int fd)
{
	char begin[sizeof(MAGIC)];

	return pread(fd, begin, sizeof(begin), 0) == (ssize_t)sizeof(begin) &&
	       memcmp(begin, MAGIC, sizeof(begin)) == 0;
}

static enum rc open_either(struct parcels *p, const char *path)
{
	p->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0)
		return rc_of_errno();
	if (!is_bundle(p->fd)) {
		enum rc rc = open_lines(p);

		return rc == RC_ABSENT || rc == RC_TOO_LARGE ? RC_INVALID : rc;
	}
	TRY(bundle_open(path, &p->bundle));
	p->manifest = *bundle_manifest(p->bundle);
	return RC_OK;
}

enum rc parcels_open(const char *path, struct parcels **ret)
{
	SCOPED(parcels) p = xalloc(sizeof(*p));

	p->fd = -1;
	arena_init(&p->arena);
	arena_init(&p->parcel);
	bytes_init(&p->text, LINE_MOST);
	TRY(open_either(p, path));
	*ret = GIVE(p);
	return RC_OK;
}

void parcels_close(struct parcels *p)
{
	if (p->bundle != NULL)
		bundle_close(p->bundle);
	if (p->fd >= 0)
		close(p->fd);
	bytes_done(&p->text);
	arena_done(&p->arena);
	arena_done(&p->parcel);
	free(p);
}

bool parcels_is_bundle(const struct parcels *p)
{
	return p->bundle != NULL;
}

const struct manifest *parcels_manifest(const struct parcels *p)
{
	return &p->manifest;
}

uint64_t parcels_total(const struct parcels *p)
{
	return p->bundle != NULL ? bundle_end(p->bundle).entries : 0;
}

static enum rc next_of_bundle(struct parcels *p, struct parcel *ret, const char **ret_why)
{
	enum rc rc = bundle_next(p->bundle, &p->cursor, &p->parcel, ret, ret_why);

	p->place = (uint64_t)p->cursor;
	if (rc == RC_ABSENT)
		return p->read == bundle_end(p->bundle).entries ? RC_ABSENT : RC_TRUNCATED;
	p->read++;
	return rc;
}

enum rc parcels_next(struct parcels *p, struct parcel *ret, const char **ret_why)
{
	arena_reset(&p->parcel);
	return p->bundle != NULL ? next_of_bundle(p, ret, ret_why) : next_of_lines(p, ret, ret_why);
}

struct parcel_end parcels_end(const struct parcels *p)
{
	return p->bundle != NULL ? bundle_end(p->bundle) : p->end;
}

uint64_t parcels_place(const struct parcels *p)
{
	return p->place;
}
