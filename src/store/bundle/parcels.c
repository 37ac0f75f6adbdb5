/* store/bundle/parcels.c - an export read one stored response after the other. Threads and ownership:
 * store/parcels.h.
 */
#include "warc_read.h"

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
	struct bundle *bundle; /* and warc NULL: lines */
	struct warc_reading *warc;
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
	enum rc rc = next_line(p, &line);

	if (rc == RC_ABSENT || rc == RC_TOO_LARGE)
		return RC_INVALID;
	TRY(rc);
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

/* ---- any of them ---- */

static bool is_bundle(struct slice begin)
{
	return slice_starts(begin, (struct slice){ MAGIC, sizeof(MAGIC) });
}

static bool is_warc(struct slice begin)
{
	return slice_starts(begin, SLICE("WARC/")) || slice_starts(begin, SLICE("\x1f\x8b"));
}

static enum rc open_bundle(struct parcels *p, const char *path)
{
	TRY(bundle_open(path, &p->bundle));
	p->manifest = *bundle_manifest(p->bundle);
	return RC_OK;
}

static enum rc open_warc(struct parcels *p)
{
	TRY(warc_read_open(p->fd, bytes_slice(&p->text), &p->warc));
	p->manifest = *warc_read_manifest(p->warc);
	return RC_OK;
}

static enum rc open_any(struct parcels *p, const char *path)
{
	p->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0)
		return rc_of_errno();
	while (p->text.size < sizeof(MAGIC) && !p->is_last)
		TRY(fill(p));
	if (is_bundle(bytes_slice(&p->text)))
		return open_bundle(p, path);
	return is_warc(bytes_slice(&p->text)) ? open_warc(p) : open_lines(p);
}

enum rc parcels_open(const char *path, struct parcels **ret)
{
	SCOPED(parcels) p = xalloc(sizeof(*p));

	p->fd = -1;
	arena_init(&p->arena);
	arena_init(&p->parcel);
	bytes_init(&p->text, LINE_MOST);
	TRY(open_any(p, path));
	*ret = GIVE(p);
	return RC_OK;
}

void parcels_close(struct parcels *p)
{
	if (p->bundle != NULL)
		bundle_close(p->bundle);
	if (p->warc != NULL)
		warc_read_close(p->warc);
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

static enum rc next_of_warc(struct parcels *p, struct parcel *ret, const char **ret_why)
{
	enum rc rc = warc_read_next(p->warc, &p->parcel, ret, ret_why);

	p->place = warc_read_place(p->warc);
	p->end = warc_read_end(p->warc);
	return rc;
}

enum rc parcels_next(struct parcels *p, struct parcel *ret, const char **ret_why)
{
	arena_reset(&p->parcel);
	if (p->bundle != NULL)
		return next_of_bundle(p, ret, ret_why);
	return p->warc != NULL ? next_of_warc(p, ret, ret_why) : next_of_lines(p, ret, ret_why);
}

struct parcel_end parcels_end(const struct parcels *p)
{
	return p->bundle != NULL ? bundle_end(p->bundle) : p->end;
}

uint64_t parcels_place(const struct parcels *p)
{
	return p->place;
}

const char *parcels_passed_text(enum parcels_passed why)
{
	static const char *const texts[] = {
#define X(id, text) [PARCELS_PASSED_##id] = text,
		PARCELS_PASSED_TABLE(X)
#undef X
	};

	return texts[why];
}

uint64_t parcels_passed(const struct parcels *p, enum parcels_passed why)
{
	return p->warc != NULL ? warc_read_passed(p->warc, why) : 0;
}
