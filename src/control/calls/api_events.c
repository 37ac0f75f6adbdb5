/* control/calls/api_events.c - signed events: what they say becomes purges, as their source is configured.
 *
 *	signature, time -> was it taken? -> JSON -> values at the pointer -> purges -> durable -> 200
 *
 * Who can't sign learns nothing, not even which sources there are. An event is taken once; what came to nothing
 * (503, or no sense in it) may be sent again, and while it is being taken nobody is told that it was. A value that makes no sense keeps no other from being purged.
 */
#include "call.h"

#include "event_values.h"
#include "purge_order.h"
#include "access/replays.h"
#include "access/signature.h"

#include "proxy/purge.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/hmac.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_TOLD 20

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
			"Larder-Signature: t=<unix seconds[.fraction]>,v1=<hex HMAC-SHA-256 of "
			"t.body>");
	if (ret->made_ms < call->now_ms - source->window_ms ||
		ret->made_ms > call->now_ms + source->window_ms)
		return refuse(
			call, "the event's time is too far from larder's: see events.*.window");
	return source;
}

/* ---- as purges ---- */

/* One event on its way to its purges. */
struct event {
	struct call *call;
	const struct config_source *source;
	struct arena *arena;
	struct event_values values;
	struct purge *purges;
	size_t count;
	json_t *faults; /* of values that make no sense: the first of them */
	size_t fault_count;
};

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
	for (size_t i = 0; i < event->values.count; i++) {
		if (event->values.items[i].size == 0)
			add_fault(event, event->values.items[i], SLICE("an empty value"));
		else
			event->values.items[count++] = event->values.items[i];
	}
	words.tags = event->values.items;
	words.tag_count = count;
	if (count > 0)
		add_purge(event, &words);
}

static void add_each(struct event *event)
{
	struct purge_words words = words_of(event);

	for (size_t i = 0; i < event->values.count; i++) {
		words.value = event->values.items[i];
		add_purge(event, &words);
	}
}

static void tell_others(struct event *event)
{
	if (event->values.others == 0)
		return;
	event->fault_count++;
	json_array_append_new(event->faults,
		json_of_slice(arena_format(event->arena,
			"%zu at %s that are neither string nor number", event->values.others,
			event->source->pointer[0] != '\0' ? event->source->pointer : "the top")));
}

static bool refuse_body(struct call *call, enum rc rc)
{
	if (rc == RC_FULL)
		call_refuse(call, 422, "more values than %d", EVENT_VALUES_MOST);
	else if (rc == RC_TOO_LARGE)
		call_refuse(call, 422,
			"a string in it is too long for larder; up to 256 KiB are expected");
	else
		call_refuse(call, 400, "JSON is expected");
	return false;
}

/* false: refused; then nothing was purged. */
static bool read_event(struct event *event)
{
	enum rc rc = event_values_read(
		event->source, event->call->request->body, event->arena, &event->values);

	if (rc != RC_OK)
		return refuse_body(event->call, rc);
	event->faults = json_array();
	tell_others(event);
	event->purges = xalloc((event->values.count + 1) * sizeof(*event->purges));
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
	call_tell(event->call, "values", json_integer((json_int_t)event->values.count));
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

/* ---- once ---- */

/* What is said to one source is nothing that was said to another. */
static void identify(const struct config_source *source, const struct signature *signature,
	unsigned char ret[static DIGEST_SIZE])
{
	const struct slice key = { (const char *)signature->digest, DIGEST_SIZE };

	hmac_sha256(key, (const struct slice[]){ slice_of(source->name) }, 1, ret);
}

static void refuse_now(struct call *call, const char *detail)
{
	call_field(call, "Retry-After", SLICE("1"));
	call_refuse(call, 503, "%s", detail);
}

void event_post(struct call *call)
{
	struct replays *replays = call->control->replays;
	unsigned char identity[DIGEST_SIZE];
	const struct config_source *source;
	struct signature signature;

	source = check_sender(call, &signature);
	if (source == NULL)
		return;
	identify(source, &signature, identity);
	switch (replays_begin(
		replays, identity, signature.made_ms + source->window_ms, call->now_ms)) {
	case REPLAY_TAKEN:
		call_refuse(call, 409,
			"an event of this time t with this body was taken; who has news since then "
			"signs it again with another t, which may have fractions of a second");
		break;
	case REPLAY_UNDER_WAY:
		refuse_now(call, "this event is being taken: what becomes of it is not known yet");
		break;
	case REPLAY_NO_ROOM:
		call_refuse(
			call, 503, "%d events came within their windows: try again", REPLAYS_MOST);
		break;
	case REPLAY_NEW:
		replays_end(replays, identity, take(call, source));
		break;
	}
}
