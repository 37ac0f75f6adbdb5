/* store/bundle/warc_read.c - a WARC file as an export.
 *
 * A response is held until it is known what it is: larder's metadata record stands right behind its response, a
 * request before or behind it, and the next response or the end says that there is neither. Threads and ownership:
 * warc_read.h.
 */
#include "warc_read.h"

#include "reading.h"
#include "warc_bare.h"
#include "warc_record.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define MOST_BLOCK    (PARCEL_BODY_MOST + PARCEL_HEAD_MOST)
#define MOST_MANIFEST ((size_t)16 << 20)

struct warc_reading {
	struct warc_record record;
	bool opened; /* the record's fields are read, and its block is not */
	struct arena arena;
	struct manifest manifest;
	bool is_ours; /* it has a manifest */
	bool ended;
	struct parcel_end end;
	uint64_t read; /* of ours, good or not */
	uint64_t place;
	uint64_t passed[PARCELS_PASSED_COUNT];
	struct warc_request request;
	struct warc_response held;
	struct arena refused;    /* of the next */
	struct slice refused_id; /* a response that was refused: its metadata says nothing more */
	struct gzip_again again;
	enum rc fault; /* what ended the file; told when what is held was given */
};

static bool is_type(const struct warc_reading *w, const char *type)
{
	return slice_equal_nocase(warc_record_field(&w->record, "WARC-Type"), slice_of(type));
}

static bool is_json(const struct warc_reading *w)
{
	return slice_starts(
		warc_record_field(&w->record, "Content-Type"), SLICE("application/json"));
}

static enum rc block(struct warc_reading *w, struct bytes *ret)
{
	w->opened = false;
	return warc_record_block(&w->record, ret);
}

/* Nothing of it is kept, and damage of what nobody wants is none. RC_ABSENT: on to the next one. */
static enum rc pass_over(struct warc_reading *w)
{
	enum rc rc = block(w, NULL);

	return rc == RC_OK || rc == RC_INVALID ? RC_ABSENT : rc;
}

/* ---- the begin ---- */

static enum rc open_record(struct warc_reading *w)
{
	enum rc rc = warc_record_open(&w->record);

	w->opened = rc == RC_OK;
	return rc;
}

static enum rc take_manifest(struct warc_reading *w)
{
	struct bytes text;
	enum rc rc;

	bytes_init(&text, MOST_MANIFEST);
	rc = block(w, &text);
	if (rc == RC_OK)
		rc = manifest_parse(bytes_slice(&text), &w->arena, &w->manifest);
	bytes_done(&text);
	w->is_ours = rc == RC_OK;
	return rc == RC_TOO_LARGE ? RC_INVALID : rc;
}

/* A file of others begins with whatever it has. */
static enum rc take_begin(struct warc_reading *w)
{
	enum rc rc;

	TRY(open_record(w));
	if (!is_type(w, "warcinfo"))
		return RC_OK;
	rc = pass_over(w);
	TRY(rc == RC_ABSENT ? open_record(w) : rc);
	if (!is_type(w, "metadata") || !is_json(w))
		return RC_OK;
	return take_manifest(w);
}

enum rc warc_read_open(int fd, struct slice begin, struct warc_reading **ret)
{
	SCOPED(warc_reading) w = xalloc(sizeof(*w));
	enum rc rc;

	arena_init(&w->arena);
	arena_init(&w->refused);
	warc_request_init(&w->request);
	warc_response_init(&w->held);
	warc_record_init(&w->record, warc_source_new(fd, begin));
	rc = take_begin(w);
	if (rc == RC_CORRUPT)
		rc = RC_INVALID;
	if (rc == RC_ABSENT) /* warcinfo alone */
		rc = w->record.number > 0 ? RC_OK : RC_INVALID;
	TRY(rc);
	*ret = GIVE(w);
	return RC_OK;
}

void warc_read_close(struct warc_reading *w)
{
	warc_record_done(&w->record);
	warc_request_done(&w->request);
	warc_response_done(&w->held);
	arena_done(&w->refused);
	arena_done(&w->arena);
	free(w);
}

const struct manifest *warc_read_manifest(const struct warc_reading *w)
{
	return &w->manifest;
}

uint64_t warc_read_place(const struct warc_reading *w)
{
	return w->place;
}

struct parcel_end warc_read_end(const struct warc_reading *w)
{
	return w->end;
}

uint64_t warc_read_passed(const struct warc_reading *w, enum parcels_passed why)
{
	return w->passed[why];
}

/* ---- what others archived ---- */

/* What is held is of others. RC_ABSENT: it isn't wanted. */
static enum rc give_held(struct warc_reading *w, struct arena *arena, struct parcel *ret)
{
	enum parcels_passed why = warc_bare_judge(&w->held, &w->request);
	enum rc rc = RC_ABSENT;

	/* of larder's its metadata was to follow: the file is not whole, and its end tells */
	if (!w->is_ours && why == PARCELS_PASSED_COUNT) {
		w->place = w->held.number;
		warc_bare_make(&w->held, &w->request, arena, ret);
		rc = RC_OK;
	} else if (!w->is_ours) {
		w->passed[why]++;
	}
	warc_response_forget(&w->held);
	return rc;
}

/* ---- record by record: RC_ABSENT: on to the next one ---- */

static enum rc refuse(struct warc_reading *w, uint64_t number, const char **ret_why)
{
	w->place = number;
	*ret_why = w->record.why;
	return RC_INVALID;
}

/* What can't be taken is not even begun. */
static enum rc response_block(struct warc_reading *w, struct bytes *ret)
{
	if (w->record.length <= MOST_BLOCK)
		return block(w, ret);
	TRY(block(w, NULL));
	warc_record_fault(&w->record, "it is larger than allowed");
	return RC_TOO_LARGE;
}

static enum rc take_response(struct warc_reading *w, const char **ret_why)
{
	struct bytes text;
	enum rc rc;

	if (!slice_starts(
		    warc_record_field(&w->record, "Content-Type"), SLICE("application/http"))) {
		w->passed[PARCELS_PASSED_KIND]++;
		return pass_over(w);
	}
	bytes_init(&text, MOST_BLOCK);
	rc = response_block(w, &text);
	if (rc == RC_OK)
		rc = warc_response_read(&w->held, &w->record, &text);
	bytes_done(&text);
	if (rc == RC_OK)
		return RC_ABSENT;
	if (rc != RC_INVALID && rc != RC_TOO_LARGE)
		return rc;
	arena_reset(&w->refused);
	w->refused_id = arena_copy(&w->refused, warc_record_field(&w->record, "WARC-Record-ID"));
	w->read += w->is_ours;
	return refuse(w, w->record.number, ret_why);
}

/* One that is damaged may have been anything, and so may what answers it. */
static enum rc take_request(struct warc_reading *w, const char **ret_why)
{
	struct bytes text;
	enum rc rc;

	warc_request_forget(&w->request);
	bytes_init(&text, PARCEL_HEAD_MOST);
	rc = block(w, &text);
	if (rc == RC_OK || rc == RC_TOO_LARGE) {
		warc_request_read(&w->request, &w->record, bytes_slice(&text));
		rc = RC_ABSENT;
	} else {
		warc_response_forget(&w->held);
	}
	bytes_done(&text);
	return rc == RC_INVALID ? refuse(w, w->record.number, ret_why) : rc;
}

/* The head of what is held. */
static enum rc take_head(struct warc_reading *w, struct slice text, struct arena *arena,
	struct parcel *ret, const char **ret_why)
{
	enum rc rc;

	w->place = w->held.number;
	w->read++;
	w->again.is_checked = w->held.is_checked;
	rc = parcel_parse_inflated(
		&(struct inflated_parcel){ text, w->held.body, &w->again }, arena, ret, ret_why);
	warc_response_forget(&w->held);
	return rc;
}

/* The end, or what others say of anything. */
static enum rc take_statement(struct warc_reading *w, struct slice text)
{
	if (slice_starts(text, SLICE("{\"larder_export\":"))) {
		warc_record_fault(
			&w->record, "another export begins here: each is a file of its own");
		return RC_CORRUPT;
	}
	w->ended = w->ended || parcel_end_parse(text, &w->end);
	return RC_ABSENT;
}

/* Of what is held there is nothing to be known. */
static enum rc lose_held(struct warc_reading *w, const char **ret_why)
{
	warc_response_forget(&w->held);
	w->read++;
	return refuse(w, w->record.number, ret_why);
}

static enum rc take_metadata(
	struct warc_reading *w, struct arena *arena, struct parcel *ret, const char **ret_why)
{
	struct slice refers = warc_record_field(&w->record, "WARC-Refers-To");
	bool of_held = w->held.is_there && slice_equal(refers, w->held.id);
	struct bytes text;
	enum rc rc;

	if (!is_json(w) || (w->refused_id.size > 0 && slice_equal(refers, w->refused_id)))
		return pass_over(w);
	bytes_init(&text, MOST_MANIFEST);
	rc = block(w, &text);
	if (rc == RC_INVALID || rc == RC_TOO_LARGE)
		rc = of_held ? lose_held(w, ret_why) : RC_ABSENT;
	else if (rc == RC_OK && of_held && slice_starts(bytes_slice(&text), SLICE("{\"url\":")))
		rc = take_head(w, bytes_slice(&text), arena, ret, ret_why);
	else if (rc == RC_OK)
		rc = take_statement(w, bytes_slice(&text));
	bytes_done(&text);
	return rc;
}

static bool is_content(const struct warc_reading *w)
{
	return is_type(w, "resource") || is_type(w, "revisit") || is_type(w, "conversion") ||
	       is_type(w, "continuation");
}

/* Whether what is held has to go first. */
static bool ends_held(const struct warc_reading *w)
{
	struct slice concurrent;

	if (!w->held.is_there || is_type(w, "metadata"))
		return false;
	if (!is_type(w, "request"))
		return true;
	concurrent = warc_record_field(&w->record, "WARC-Concurrent-To");
	return concurrent.size == 0 || !slice_equal(concurrent, w->held.id);
}

static enum rc take_record(
	struct warc_reading *w, struct arena *arena, struct parcel *ret, const char **ret_why)
{
	if (is_type(w, "response"))
		return take_response(w, ret_why);
	if (is_type(w, "request"))
		return take_request(w, ret_why);
	if (is_type(w, "metadata"))
		return take_metadata(w, arena, ret, ret_why);
	w->passed[PARCELS_PASSED_KIND] += is_content(w);
	return pass_over(w);
}

/* ---- all of them ---- */

/* Of larder's the last record tells whether it is all there. */
static enum rc end_of(struct warc_reading *w, const char **ret_why)
{
	if (w->fault == RC_ABSENT && w->is_ours && (!w->ended || w->end.entries != w->read)) {
		w->record.offset = warc_source_at(w->record.source);
		w->record.number++;
		warc_record_fault(&w->record, w->ended ? "there were more entries before the end"
						       : "the file ends before its last record");
		w->fault = RC_TRUNCATED;
	}
	*ret_why = w->fault == RC_TRUNCATED || w->fault == RC_CORRUPT ? w->record.why : "";
	return w->fault;
}

enum rc warc_read_next(
	struct warc_reading *w, struct arena *arena, struct parcel *ret, const char **ret_why)
{
	while (w->fault == RC_OK) {
		enum rc rc = w->opened ? RC_OK : open_record(w);

		if (rc != RC_OK)
			w->fault = rc;
		if (w->held.is_there && (rc != RC_OK || ends_held(w)))
			rc = give_held(w, arena, ret);
		else if (rc == RC_OK)
			rc = take_record(w, arena, ret, ret_why);
		if (rc == RC_OK || rc == RC_INVALID)
			return rc;
		if (rc != RC_ABSENT)
			w->fault = rc;
	}
	if (w->held.is_there && give_held(w, arena, ret) == RC_OK)
		return RC_OK;
	return end_of(w, ret_why);
}
