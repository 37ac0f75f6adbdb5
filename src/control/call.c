/* control/call.c - how calls are answered: JSON, problems, fields. */
#include "call.h"

#include "observe/json.h"
#include "util/alloc.h"
#include "util/moment.h"
#include "util/octets.h"
#include "util/units.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Of the statuses that the API has (RFC 9110 15). */
static const char *title_of(int status)
{
	static const struct {
		int status;
		const char *title;
	} rows[] = {
		{ 400, "Malformed request" },
		{ 401, "Token required" },
		{ 403, "Forbidden" },
		{ 404, "Not found" },
		{ 405, "Method not allowed" },
		{ 409, "Conflict" },
		{ 413, "Request body too large" },
		{ 415, "Unsupported media type" },
		{ 422, "Not acceptable as it is" },
		{ 429, "Too many requests" },
		{ 503, "Not now" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].status == status)
			return rows[i].title;
	}
	return "Internal error";
}

static void set_type(struct call *call, const char *type)
{
	call_field(call, "Content-Type", slice_of(type));
	call_field(call, "Cache-Control", SLICE("no-store"));
	call_field(call, "X-Content-Type-Options", SLICE("nosniff"));
}

static void write_json(struct call *call, int status, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);

	call->answer->status = status;
	if (text == NULL || bytes_append_slice(&call->answer->body, slice_of(text)) != RC_OK ||
		bytes_append_char(&call->answer->body, '\n') != RC_OK)
		call->answer->status = 500;
	free(text);
	json_decref(json);
}

void call_give(struct call *call, int status, json_t *json)
{
	set_type(call, "application/json");
	write_json(call, status, json);
}

json_t *json_of_problem(int status, struct slice detail)
{
	return json_pack("{s:s, s:i, s:s, s:o}", "type", "about:blank", "status", status, "title",
		title_of(status), "detail", json_of_slice(detail));
}

void call_refuse(struct call *call, int status, const char *detail, ...)
{
	char text[1024];
	json_t *json;
	va_list values;

	va_start(values, detail);
	vsnprintf(text, sizeof(text), detail, values);
	va_end(values);
	json = json_of_problem(status, slice_of(text));
	json_decref(call->problem);
	call->problem = json_incref(json_object_get(json, "detail"));
	if (call->told != NULL)
		json_object_update_missing(json, call->told);
	set_type(call, "application/problem+json");
	write_json(call, status, json);
}

void call_reset(struct call *call)
{
	struct admin_answer *answer = call->answer;

	if (answer->stream.read != NULL)
		answer->stream.free(answer->stream.arg);
	answer->stream.read = NULL;
	headers_init(&answer->fields, call->request->arena);
	bytes_clear(&answer->body);
}

void call_tell(struct call *call, const char *name, json_t *value)
{
	if (call->told == NULL)
		call->told = json_object();
	json_object_set_new(call->told, name, value);
}

void call_field(struct call *call, const char *name, struct slice value)
{
	headers_add_copy(&call->answer->fields, slice_of(name), value);
}

struct slice call_query(const struct call *call, const char *name)
{
	struct slice rest = call->request->head.target.query;

	while (rest.size > 0) {
		struct slice pair = slice_cut(&rest, '&');

		if (slice_equal(slice_cut(&pair, '='), slice_of(name)) && pair.data != NULL)
			return octets_decoded(pair, call->request->arena);
	}
	return (struct slice){ NULL, 0 };
}

bool call_query_number(
	struct call *call, const char *name, int64_t least, int64_t most, int64_t *ret)
{
	struct slice text = call_query(call, name);
	int64_t value;

	if (text.data == NULL)
		return true;
	if (units_parse_count(text, &value) != RC_OK || value < least || value > most) {
		call_refuse(call, 400,
			"\"" SLICE_FORMAT "\" for %s; expected a whole number from %" PRId64
			" to %" PRId64,
			SLICE_ARGS(text), name, least, most);
		return false;
	}
	*ret = value;
	return true;
}

json_t *json_of_moment(int64_t wall_ms)
{
	char text[MOMENT_TEXT];

	return json_string(moment_write(wall_ms, text));
}

json_t *json_of_slice(struct slice s)
{
	json_t *json = s.size > 0 ? json_stringn(s.data, s.size) : json_string("");
	struct bytes clean;

	if (json != NULL)
		return json;
	bytes_init(&clean, 8 * s.size + 64);
	if (json_append_string(&clean, s) == RC_OK)
		json = json_loadb(clean.data, clean.size, JSON_DECODE_ANY, NULL);
	bytes_done(&clean);
	return json != NULL ? json : json_string("");
}
