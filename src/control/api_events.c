/* control/api_events.c - signed events: what they say becomes purges, as their source is configured.
 *
 *	signature, time -> was it taken? -> JSON -> values at the pointer -> purges -> durable -> 200
 *
 * Who can't sign learns nothing, not even which sources there are. An event is taken once; what came to nothing
 * (503, or no sense in it) may be sent again. A value that makes no sense keeps no other from being purged.
 */
#include "api.h"

#include "purge_order.h"
#include "replays.h"
#include "signature.h"

#include "http/json_values.h"
#include "proxy/purge.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MOST 10000
#define FAULTS_TOLD 20
#define PLACE       "{}" /* of a value in its template */
#define PIECE       ((size_t)16 * 1024)

static const char *const scope_words[] = {
	[CONFIG_EVENT_URL] = "url",
	[CONFIG_EVENT_KEY] = "key",
	[CONFIG_EVENT_PREFIX] = "prefix",
	[CONFIG_EVENT_GLOB] = "glob",
	[CONFIG_EVENT_TAG] = "tag",
	[CONFIG_EVENT_ROUTE] = "route",
	[CONFIG_EVENT_ALL] = "all",
};

/* ---- who sent it ---- */

static const struct config_source *find_source(const struct call *call)
{
	for (size_t i = 0; i < call->config->source_count; i++) {
		const struct config_source *source = &call->config->sources[i];

		if (slice_equal(slice_of(source->name), call->parameter))
			return source;
	}
	return NULL;
}

static const struct config_source *refuse(struct call *call, const char *detail)
{
	/* RFC 9110 11.6.1 */
	call_field(call, "WWW-Authenticate", SLICE("Larder-Signature realm=\"events\""));
	call_refuse(call, 401, "%s", detail);
	return NULL;
}

/* The source whose secret it was signed with, in the window; NULL: refused. Where there is no such source, the same
 * is done with a secret that nobody has. */
static const struct config_source *check_sender(struct call *call, struct signature *ret)
{
	const struct config_source *source = find_source(call);
	const struct slice name = SLICE("Larder-Signature");
	struct slice field =
		headers_combined(&call->request->head.headers, name, call->request->arena);
	struct slice secret = slice_of(source != NULL ? source->secret : "");
	enum rc rc = signature_check(field, secret, call->request->body, ret);

	if (rc != RC_OK || source == NULL)
		return refuse(call,
			"no event of a source that is known here, with its signature; expected "
			"Larder-Signature: t=<unix seconds>,v1=<hex HMAC-SHA-256 of t.body>");
	if (ret->made_ms < call->now_ms - source->window_ms ||
		ret->made_ms > call->now_ms + source->window_ms)
		return refuse(
			call, "the event's time is too far from larder's: see events.*.window");
	return source;
}

/* ---- what it says ---- */

/* One event on its way to its purges. */
struct event {
	struct call *call;
	const struct config_source *source;
	struct arena *arena;
	struct slice *values; /* as the template has them */
	size_t value_count;
	size_t others; /* at the pointer, that can't be values */
	struct purge *purges;
	size_t count;
	json_t *faults; /* of values that make no sense: the first of them */
	size_t fault_count;
};

/* What may stand in a path as it is (RFC 3986 3.3), slashes too. */
static bool is_of_path(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~!$&'()+,;=:@/", c) != NULL);
}

/* A value that becomes a piece of a path is no wildcard, and begins no query. */
static struct slice as_path(struct slice value, struct arena *arena)
{
	static const char digits[] = "0123456789ABCDEF";
	char *at = arena_alloc(arena, 3 * value.size + 1), *begin = at;

	for (size_t i = 0; i < value.size; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if (is_of_path(c)) {
			*at++ = (char)c;
			continue;
		}
		*at++ = '%';
		*at++ = digits[c >> 4];
		*at++ = digits[c & 15];
	}
	return (struct slice){ begin, (size_t)(at - begin) };
}

static bool names_paths(const struct config_source *source)
{
	return source->scope == CONFIG_EVENT_URL || source->scope == CONFIG_EVENT_PREFIX ||
	       source->scope == CONFIG_EVENT_GLOB;
}

static size_t find_place(struct slice template)
{
	for (size_t i = 0; i + 1 < template.size; i++) {
		if (template.data[i] == PLACE[0] && template.data[i + 1] == PLACE[1])
			return i;
	}
	return template.size;
}

/* The template with the value in the place of each {}. Alone it stands for itself, be it a path with a query. */
static struct slice filled(const struct event *event, struct slice value)
{
	struct slice rest = slice_of(event->source->value);
	struct slice text = { NULL, 0 };
	char *at;

	if (names_paths(event->source) && !slice_equal(rest, SLICE(PLACE)))
		value = as_path(value, event->arena);
	text.data = at = arena_alloc(event->arena, (rest.size / 2 + 1) * (value.size + 2));
	while (rest.size > 0) {
		size_t place = find_place(rest);

		memcpy(at, rest.data, place);
		at += place;
		if (place < rest.size) {
			memcpy(at, value.data, value.size);
			at += value.size;
		}
		rest = slice_skip(rest, place + sizeof(PLACE) - 1);
	}
	text.size = (size_t)(at - text.data);
	return text;
}

static enum rc read_values(const struct event *event, struct json_values *values)
{
	struct slice rest = event->call->request->body;

	while (rest.size > 0) {
		size_t size = rest.size < PIECE ? rest.size : PIECE;

		TRY(json_values_feed(values, (struct slice){ rest.data, size }));
		rest = slice_skip(rest, size);
	}
	return json_values_end(values);
}

static bool refuse_body(struct call *call, enum rc rc)
{
	if (rc == RC_TOO_LARGE)
		call_refuse(call, 422, "more values than %d", VALUES_MOST);
	else
		call_refuse(call, 400, "JSON is expected");
	return false;
}

/* false: refused. */
static bool find_values(struct event *event)
{
	const struct json_values_limits limits = { VALUES_MOST, event->call->request->body.size };
	struct json_places *places = json_places_new();
	struct json_values *values;
	const struct json_value *found;
	enum rc rc = json_places_add(places, slice_of(event->source->pointer), JSON_PLACE_ELEMENTS);

	values = json_values_new(places, limits);
	if (rc == RC_OK)
		rc = read_values(event, values);
	if (rc == RC_OK) {
		event->others = json_values_others(values, 0);
		found = json_values_at(values, 0, &event->value_count);
		event->values = arena_alloc(
			event->arena, (event->value_count + 1) * sizeof(*event->values));
		for (size_t i = 0; i < event->value_count; i++)
			event->values[i] =
				found[i].text.size > 0 ? filled(event, found[i].text) : SLICE("");
	}
	json_values_free(values);
	json_places_free(places);
	return rc == RC_OK || refuse_body(event->call, rc);
}

/* Everything, or the source's route. */
static bool is_valueless(const struct config_source *source)
{
	return source->scope == CONFIG_EVENT_ALL ||
	       (source->scope == CONFIG_EVENT_ROUTE && source->route[0] != '\0');
}

/* What is purged whatever the event says. */
static bool is_constant(const struct config_source *source)
{
	return is_valueless(source) || find_place(slice_of(source->value)) == strlen(source->value);
}

static void take_constant(struct event *event)
{
	const struct config_source *source = event->source;

	event->value_count = 1;
	event->values = arena_alloc(event->arena, sizeof(*event->values));
	*event->values = slice_of(is_valueless(source) ? "" : source->value);
}

/* ---- as purges ---- */

static void add_fault(struct event *event, struct slice value, struct slice fault)
{
	if (event->fault_count++ < FAULTS_TOLD)
		json_array_append_new(event->faults,
			json_of_slice(
				arena_format(event->arena, "\"" SLICE_FORMAT "\": " SLICE_FORMAT,
					(int)(value.size < 120 ? value.size : 120), value.data,
					SLICE_ARGS(fault))));
}

static struct purge_words words_of(const struct event *event)
{
	const struct config_source *source = event->source;

	return (struct purge_words){
		.scope = slice_of(scope_words[source->scope]),
		.route = slice_of(source->scope == CONFIG_EVENT_ALL ? "" : source->route),
		.mode = source->soft ? SLICE("soft") : SLICE("hard"),
		.now_ms = event->call->now_ms,
	};
}

static void add_purge(struct event *event, const struct purge_words *words)
{
	struct purge *purge = &event->purges[event->count];
	struct slice fault;

	if (purge_of_words(event->call->proxy, words, event->arena, purge, &fault) != RC_OK) {
		add_fault(event, words->value, fault);
		return;
	}
	purge->source = LABEL_SOURCE_EVENT;
	purge->who = slice_of(event->source->name);
	event->count++;
}

/* All tags are one purge. */
static void add_tags(struct event *event)
{
	struct purge_words words = words_of(event);
	size_t count = 0;

	words.route = SLICE("");
	for (size_t i = 0; i < event->value_count; i++) {
		if (event->values[i].size == 0)
			add_fault(event, event->values[i], SLICE("an empty value"));
		else
			event->values[count++] = event->values[i];
	}
	words.tags = event->values;
	words.tag_count = count;
	if (count > 0)
		add_purge(event, &words);
}

static void add_each(struct event *event)
{
	struct purge_words words = words_of(event);

	for (size_t i = 0; i < event->value_count; i++) {
		words.value = event->values[i];
		add_purge(event, &words);
	}
}

static void tell_others(struct event *event)
{
	if (event->others == 0)
		return;
	event->fault_count++;
	json_array_append_new(event->faults,
		json_of_slice(arena_format(event->arena,
			"%zu at %s that are neither string nor number", event->others,
			event->source->pointer[0] != '\0' ? event->source->pointer : "the top")));
}

/* false: refused; then nothing was purged. */
static bool read_event(struct event *event)
{
	if (!find_values(event))
		return false;
	event->faults = json_array();
	if (is_constant(event->source))
		take_constant(event);
	else
		tell_others(event);
	event->purges = xalloc((event->value_count + 1) * sizeof(*event->purges));
	if (event->source->scope == CONFIG_EVENT_TAG)
		add_tags(event);
	else
		add_each(event);
	if (event->count > 0 || event->fault_count == 0)
		return true;
	call_tell(event->call, "faults", json_incref(event->faults));
	call_refuse(event->call, 422, "no value of the event can be purged");
	return false;
}

/* As those of POST /purges. */
static json_t *json_of(const struct purge *purge, const struct purge_result *result, int64_t ms)
{
	char id[32];

	snprintf(id, sizeof(id), "%" PRIu64, result->id);
	return json_pack("{s:s, s:o, s:s, s:b, s:{s:I, s:I}, s:b, s:I}", "id", id, "scope",
		order_word(purge_scope_word(purge->scope)), "mode",
		purge->mode == GROUPS_HARD ? "hard" : "soft", "dry_run", 0, "entries", "memory",
		(json_int_t)result->memory, "disk", (json_int_t)result->disk, "durable",
		result->rc == RC_OK, "took_ms", (json_int_t)ms);
}

/* true: all of them, for good. */
static bool run(struct event *event)
{
	struct purge_result *results = xalloc((event->count + 1) * sizeof(*results));
	int64_t began_ms = clock_monotonic_ms(), took_ms;
	json_t *purged = json_array();
	enum rc rc = RC_OK;

	purge_wait_all(event->call->proxy, event->purges, event->count, results);
	took_ms = clock_monotonic_ms() - began_ms;
	for (size_t i = 0; i < event->count; i++) {
		rc = rc == RC_OK ? results[i].rc : rc;
		json_array_append_new(purged, json_of(&event->purges[i], &results[i], took_ms));
	}
	free(results);
	call_tell(event->call, "source", json_string(event->source->name));
	call_tell(event->call, "values", json_integer((json_int_t)event->value_count));
	call_tell(event->call, "purges", json_integer((json_int_t)event->count));
	if (rc != RC_OK) {
		json_decref(purged);
		call_refuse(event->call, 503,
			"it can't be made durable (%s): what was purged is out of reach now, but "
			"may "
			"be back after a restart; send it again",
			rc_text(rc));
		return false;
	}
	call_give(event->call, event->fault_count > 0 ? 207 : 200,
		event->fault_count > 0
			? json_pack("{s:o, s:O}", "purged", purged, "faults", event->faults)
			: json_pack("{s:o}", "purged", purged));
	return true;
}

static bool take(struct call *call, const struct config_source *source)
{
	struct event event = { .call = call, .source = source, .arena = call->request->arena };
	bool done = read_event(&event) && run(&event);

	json_decref(event.faults);
	free(event.purges);
	return done;
}

void event_post(struct call *call)
{
	struct replays *replays = call->control->replays;
	const struct config_source *source;
	struct signature signature;

	source = check_sender(call, &signature);
	if (source == NULL)
		return;
	switch (replays_take(
		replays, signature.digest, signature.made_ms + source->window_ms, call->now_ms)) {
	case REPLAY_TAKEN:
		call_refuse(call, 409, "this event was taken");
		break;
	case REPLAY_NO_ROOM:
		call_refuse(
			call, 503, "%d events came within their windows: try again", REPLAYS_MOST);
		break;
	case REPLAY_NEW:
		if (!take(call, source))
			replays_forget(replays, signature.digest);
		break;
	}
}
