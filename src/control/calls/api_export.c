/* control/calls/api_export.c - what is stored, out as JSON lines and in again (store/parcel.h).
 *
 * Out: one response at a time is in memory, however many there are. In: the call's lines are.
 */
#include "call.h"

#include "proxy/exporting.h"
#include "proxy/importing.h"
#include "util/alloc.h"
#include "util/moment.h"
#include "util/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_LINE   ((size_t)16 << 20) /* of a manifest */
#define MOST_FAULT  4096
#define FAULTS_MOST 100

/* ---- out ---- */

struct streaming {
	struct exporting *exporting;
	struct bytes text; /* the manifest's line, or the last one */
	size_t told;
	struct parcel parcel;
	struct parcel_line line;
	bool has_line;
	bool ended;
};

static ssize_t tell_text(struct streaming *s, char *buffer, size_t size)
{
	size_t count = s->text.size - s->told;

	if (count > size)
		count = size;
	memcpy(buffer, s->text.data + s->told, count);
	s->told += count;
	return (ssize_t)count;
}

static void end_line(struct streaming *s)
{
	if (!s->has_line)
		return;
	parcel_line_end(&s->line);
	parcel_done(&s->parcel);
	s->has_line = false;
}

/* The next line, or the last one's text. */
static enum rc next_line(struct streaming *s)
{
	struct parcel_end end;
	enum rc rc = exporting_next(s->exporting, &s->parcel);

	if (rc == RC_ABSENT) {
		s->ended = true;
		s->told = 0;
		bytes_clear(&s->text);
		end = exporting_end(s->exporting);
		return parcel_end_write(&end, &s->text);
	}
	TRY(rc);
	rc = parcel_line_begin(&s->parcel, &s->line);
	if (rc != RC_OK)
		parcel_done(&s->parcel);
	s->has_line = rc == RC_OK;
	return rc;
}

static ssize_t read_stream(void *arg, char *buffer, size_t size)
{
	struct streaming *s = arg;

	for (;;) {
		ssize_t count;

		if (s->told < s->text.size)
			return tell_text(s, buffer, size);
		if (s->ended)
			return 0;
		if (!s->has_line && next_line(s) != RC_OK)
			return -1;
		if (!s->has_line)
			continue;
		count = parcel_line_read(&s->line, buffer, size);
		if (count != 0)
			return count;
		end_line(s);
	}
}

static void free_stream(void *arg)
{
	struct streaming *s = arg;

	end_line(s);
	exporting_free(s->exporting);
	bytes_done(&s->text);
	free(s);
}

static bool take_moment(struct call *call, const char *name, int64_t *ret_ms)
{
	struct slice text = call_query(call, name);
	int64_t ago_ms;

	if (text.data == NULL || moment_parse(text, ret_ms) == RC_OK)
		return true;
	if (units_parse_duration(text, &ago_ms) != RC_OK) {
		call_refuse(call, 400,
			"\"" SLICE_FORMAT "\" for %s; expected a moment (2027-01-31T12:00:00Z) or "
			"how long ago (12h)",
			SLICE_ARGS(text), name);
		return false;
	}
	*ret_ms = call->now_ms - ago_ms;
	return true;
}

/* A tenant's token gets what is its own. */
static bool take_tenant(struct call *call, struct parcel_filter *ret)
{
	struct slice own = slice_of(call->caller.tenant), asked = call_query(call, "tenant");

	ret->tenant = asked.data != NULL ? asked : own;
	if (own.size == 0 || slice_equal(own, ret->tenant))
		return true;
	call_refuse(call, 403, "the token %s is of tenant %s alone", call->caller.name,
		call->caller.tenant);
	return false;
}

static bool take_filter(struct call *call, struct parcel_filter *ret)
{
	*ret = (struct parcel_filter){
		.route = call_query(call, "route"),
		.prefix = call_query(call, "prefix"),
		.tag = call_query(call, "tag"),
		.since_ms = INT64_MIN,
		.until_ms = INT64_MAX,
	};
	return take_tenant(call, ret) && take_moment(call, "since", &ret->since_ms) &&
	       take_moment(call, "until", &ret->until_ms);
}

static enum rc begin_stream(struct call *call, struct exporting *exporting)
{
	struct streaming *s = xalloc(sizeof(*s));
	struct manifest manifest;
	enum rc rc;

	s->exporting = exporting;
	bytes_init(&s->text, MOST_LINE);
	exporting_manifest(exporting, &manifest);
	rc = manifest_write(&manifest, &s->text);
	if (rc != RC_OK) {
		free_stream(s);
		return rc;
	}
	call_field(call, "Content-Type", SLICE("application/jsonl"));
	call_field(call, "Cache-Control", SLICE("no-store"));
	call_field(call, "X-Content-Type-Options", SLICE("nosniff"));
	call->answer->status = 200;
	call->answer->stream.read = read_stream;
	call->answer->stream.free = free_stream;
	call->answer->stream.arg = s;
	return RC_OK;
}

void export_post(struct call *call)
{
	struct exporting *exporting = NULL;
	struct parcel_filter filter;
	struct bytes fault;
	enum rc rc;

	if (!take_filter(call, &filter))
		return;
	bytes_init(&fault, MOST_FAULT);
	rc = exporting_of_running(call->proxy, &filter, &exporting, &fault);
	if (rc == RC_OK)
		rc = begin_stream(call, exporting);
	if (rc != RC_OK)
		call_refuse(call, 503, "the disk tier can't be read: %s",
			fault.size > 0 ? fault.data : rc_text(rc));
	bytes_done(&fault);
}

/* ---- in ---- */

struct taking {
	struct call *call;
	struct importing *importing; /* NULL: before the first line */
	int64_t number;              /* of the line */
	int64_t stored, kept, refused, passed;
	json_t *faults;
};

static void note_fault(struct taking *t, struct slice target, const char *why)
{
	char place[64];
	struct bytes text;

	t->refused++;
	if (json_array_size(t->faults) >= FAULTS_MOST)
		return;
	bytes_init(&text, MOST_FAULT);
	snprintf(place, sizeof(place), "line %lld: ", (long long)t->number);
	(void)!bytes_append_slice(&text, slice_of(place));
	if (target.size > 0 && bytes_append_slice(&text, target) == RC_OK)
		(void)!bytes_append_slice(&text, SLICE(": "));
	(void)!bytes_append_slice(&text, slice_of(why));
	json_array_append_new(t->faults, json_of_slice(bytes_slice(&text)));
	bytes_done(&text);
}

static enum rc take_parcel(struct taking *t, const struct parcel *parcel)
{
	const char *why = "";
	enum rc rc = importing_take(t->importing, parcel, &why);

	if (rc == RC_OK)
		t->stored++;
	else if (rc == RC_BUSY)
		t->kept++;
	else if (rc == RC_INVALID)
		note_fault(t, parcel->parts.target, why);
	else if (rc == RC_ABSENT)
		t->passed++;
	else
		return rc;
	return RC_OK;
}

/* The manifest tells whose epochs they are; without one they are nobody's. RC_ABSENT: it is none. RC_UNSUPPORTED: of a
 * newer format, whose entries may mean something else. RC_INVALID: it should be one. */
static enum rc take_manifest(struct taking *t, struct slice line, struct arena *arena)
{
	struct manifest manifest = { .groups = 0 };
	enum rc rc;

	if (t->importing != NULL)
		return RC_ABSENT;
	rc = manifest_parse(line, arena, &manifest);
	if (rc == RC_INVALID && !slice_starts(line, SLICE("{\"larder_export\":")))
		rc = RC_ABSENT;
	if (rc == RC_OK || rc == RC_ABSENT)
		t->importing = importing_new(t->call->proxy, manifest.groups);
	return rc;
}

static enum rc take_line(struct taking *t, struct slice line, struct arena *arena)
{
	struct parcel_end end;
	struct parcel parcel;
	const char *why = "";
	enum rc rc;

	if (line.size == 0)
		return RC_OK;
	rc = take_manifest(t, line, arena);
	if (rc != RC_ABSENT || parcel_end_parse(line, &end))
		return rc == RC_ABSENT ? RC_OK : rc;
	if (parcel_parse(line, NULL, arena, &parcel, &why) != RC_OK) {
		note_fault(t, SLICE(""), why);
		return RC_OK;
	}
	rc = take_parcel(t, &parcel);
	parcel_done(&parcel);
	return rc;
}

static enum rc take_lines(struct taking *t)
{
	struct slice rest = t->call->request->body;
	struct arena arena;
	enum rc rc = RC_OK;

	arena_init(&arena);
	while (rc == RC_OK && rest.size > 0) {
		t->number++;
		rc = take_line(t, slice_cut(&rest, '\n'), &arena);
		arena_reset(&arena);
	}
	arena_done(&arena);
	if (rc == RC_OK && t->importing != NULL)
		rc = importing_finish(t->importing);
	return rc;
}

/* Before its first entry, or behind one that can't be stored. */
static void refuse_import(const struct taking *t, enum rc rc)
{
	if (t->importing == NULL)
		call_refuse(t->call, 422, "line %lld: %s", (long long)t->number,
			rc == RC_UNSUPPORTED ? "an export of a newer format than this larder knows"
					     : "a manifest is expected");
	else
		call_refuse(t->call, 503,
			"the disk tier fails (%s): what was stored before may be lost",
			rc_text(rc));
}

void import_post(struct call *call)
{
	struct taking taking = { .call = call, .faults = json_array() };
	enum rc rc = take_lines(&taking);

	call_tell(call, "stored", json_integer(taking.stored));
	call_tell(call, "kept", json_integer(taking.kept));
	call_tell(call, "refused", json_integer(taking.refused));
	call_tell(call, "passed", json_integer(taking.passed));
	if (rc == RC_OK)
		call_give(call, 200,
			json_pack("{s:I, s:I, s:I, s:I, s:O}", "stored", (json_int_t)taking.stored,
				"kept", (json_int_t)taking.kept, "refused",
				(json_int_t)taking.refused, "passed", (json_int_t)taking.passed,
				"faults", taking.faults));
	else
		refuse_import(&taking, rc);
	if (taking.importing != NULL)
		importing_free(taking.importing);
	json_decref(taking.faults);
}
