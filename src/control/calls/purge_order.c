/* control/calls/purge_order.c - a purge as a JSON object asks for it. Threads and ownership: purge_order.h. */
#include "purge_order.h"

#include "util/moment.h"
#include "util/units.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_EVERY_MS 1000
#define MOST_EVERY_MS  (INT64_C(366) * 24 * 3600 * 1000)
#define MOST_TAGS      1000
#define EXPECTED       "scope, value, route, mode, dry_run, tenant, at or every"

struct reading {
	const struct order_terms *terms;
	struct purge_words words;
	struct order *order;
	struct order_fault *fault;
	struct slice at, every;
};

static bool refuse(struct reading *r, const char *name, const char *found, const char *expected)
{
	r->fault->status = 400;
	r->fault->detail = arena_format(
		r->terms->arena, "%s: found %.200s; expected %s", name, found, expected);
	return false;
}

/* What was found, as JSON, cut. */
static bool refuse_value(
	struct reading *r, const char *name, const json_t *value, const char *expected)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	bool kept = refuse(r, name, text != NULL ? text : "something", expected);

	free(text);
	return kept;
}

static struct slice text_of(const json_t *json)
{
	return (struct slice){ json_string_value(json), json_string_length(json) };
}

static bool read_tags(struct reading *r, const json_t *list)
{
	size_t count = json_array_size(list);
	struct slice *tags;

	if (count == 0 || count > MOST_TAGS)
		return refuse_value(r, "value", list, "from 1 to 1000 tags");
	tags = arena_alloc(r->terms->arena, count * sizeof(*tags));
	for (size_t i = 0; i < count; i++) {
		const json_t *tag = json_array_get(list, i);

		if (!json_is_string(tag))
			return refuse_value(r, "value", tag, "tags, which are strings");
		tags[i] = text_of(tag);
	}
	r->words.tags = tags;
	r->words.tag_count = count;
	return true;
}

static bool read_text(struct reading *r, const char *name, const json_t *value, struct slice *ret)
{
	if (!json_is_string(value))
		return refuse_value(r, name, value, "a string");
	*ret = text_of(value);
	return true;
}

static bool read_tenant(struct reading *r, const json_t *value)
{
	struct slice name, own = r->terms->tenant;

	if (!read_text(r, "tenant", value, &name))
		return false;
	if (own.size > 0 && !slice_equal(name, own)) {
		*r->fault = (struct order_fault){ 403, SLICE("the token is another tenant's") };
		return false;
	}
	r->words.tenant = name;
	return true;
}

static bool read_member(struct reading *r, const char *name, const json_t *value)
{
	const struct {
		const char *name;
		struct slice *to;
	} texts[] = {
		{ "scope", &r->words.scope },
		{ "value", &r->words.value },
		{ "route", &r->words.route },
		{ "mode", &r->words.mode },
		{ "at", &r->at },
		{ "every", &r->every },
	};

	if (strcmp(name, "value") == 0 && json_is_array(value))
		return read_tags(r, value);
	if (strcmp(name, "tenant") == 0)
		return read_tenant(r, value);
	if (strcmp(name, "dry_run") == 0) {
		r->order->purge.dry_run = json_is_true(value);
		return json_is_boolean(value) || refuse_value(r, name, value, "true or false");
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(name, texts[i].name) == 0)
			return read_text(r, name, value, texts[i].to);
	}
	return refuse(r, "a member", name, EXPECTED);
}

static bool read_members(struct reading *r, const json_t *json)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return refuse_value(r, "a purge", json, "an object with " EXPECTED);
	json_object_foreach((json_t *)(uintptr_t)json, name, value)
	{
		if (!read_member(r, name, value))
			return false;
	}
	return true;
}

static bool read_plan(struct reading *r)
{
	struct order *order = r->order;
	int64_t now_ms = r->terms->now_ms;

	order->is_planned = r->at.data != NULL || r->every.data != NULL;
	if (order->is_planned && order->purge.dry_run)
		return refuse(r, "dry_run", "true", "none with at or every: it is done now");
	if (r->every.data != NULL &&
		(units_parse_duration(r->every, &order->every_ms) != RC_OK ||
			order->every_ms < LEAST_EVERY_MS || order->every_ms > MOST_EVERY_MS))
		return refuse(r, "every", r->every.data, "a duration from 1s to 366d");
	order->at_ms = now_ms + order->every_ms;
	if (r->at.data != NULL &&
		(moment_parse(r->at, &order->at_ms) != RC_OK || order->at_ms < now_ms))
		return refuse(r, "at", r->at.data, "a moment to come, as 2027-01-31T12:00:00Z");
	return true;
}

struct order_fault order_failed(enum rc rc)
{
	switch ((int)rc) {
	case RC_INVALID:
		return (struct order_fault){ 400,
			SLICE("value: expected a target, pattern or key that there can be") };
	case RC_ABSENT:
		return (struct order_fault){ 404, SLICE("there is no such route or tenant") };
	case RC_DENIED:
		return (struct order_fault){ 403, SLICE("that is not the token's tenant's") };
	case RC_STOPPED:
		return (struct order_fault){ 503, SLICE("larder is stopping") };
	default:
		return (struct order_fault){ 503,
			SLICE("it can't be made durable: what could be reached is out of reach "
			      "now, "
			      "but may be back after a restart; try again") };
	}
}

bool order_read(const struct order_terms *terms, const json_t *json, struct order *ret,
	struct order_fault *ret_fault)
{
	struct reading r = {
		.terms = terms,
		.words = { .tenant = terms->tenant, .now_ms = terms->now_ms },
		.order = ret,
		.fault = ret_fault,
	};
	struct slice detail;
	bool dry_run;
	enum rc rc;

	*ret = (struct order){ 0 };
	if (!read_members(&r, json) || (!terms->is_due && !read_plan(&r)))
		return false;
	dry_run = ret->purge.dry_run;
	rc = purge_of_words(terms->proxy, &r.words, terms->arena, &ret->purge, &detail);
	ret->purge.dry_run = dry_run;
	if (rc != RC_OK)
		*ret_fault = (struct order_fault){ order_failed(rc).status, detail };
	return rc == RC_OK;
}

json_t *order_word(const char *word)
{
	char text[32] = "";

	for (size_t i = 0; word[i] != '\0' && i + 1 < sizeof(text); i++)
		text[i] = word[i] == '-' ? '_' : word[i];
	return json_string(text);
}
