/* proxy/why/why_stored.c - what a report says of stored copies. Threads and ownership: why_inside.h. */
#include "why_inside.h"

#include "purge/grouping.h"

#include "http/date.h"
#include "http/tags.h"
#include "util/readable.h"

#include <inttypes.h>

static const struct {
	struct slice word;
	const char *words;
} fits[] = {
#define X(id, word, words) [FIT_##id] = { { word, sizeof(word) - 1 }, words },
	FIT_TABLE(X)
#undef X
};

/* What an invalidation has made of it. */
static const char *groups_of(const struct why *w, const struct why_copy *copy)
{
	if (copy->fit == FIT_INVALIDATED)
		return "outdated";
	return grouping_is_soft(w->proxy, w->x.route, copy->object) ? "softened" : "valid";
}

static void report_freshness(struct why *w, const struct why_copy *copy)
{
	const struct freshness *f = &copy->object->freshness;
	struct freshness now = grouping_freshness(w->proxy, w->x.route, copy->object, w->x.now_ms);
	struct jsonline *json = &w->json;

	jsonline_number(json, "stored_ms", f->responded_ms);
	jsonline_number(json, "age_ms", freshness_age_ms(f, w->x.now_ms));
	jsonline_number(json, "lifetime_ms", f->lifetime_ms);
	jsonline_text(
		json, "lifetime_source", slice_of(lifetime_text((enum lifetime_source)f->source)));
	jsonline_text(json, "lifetime_by", why_lifetime(w, copy->object));
	jsonline_text(json, "stored_because", slice_of(why_stored(copy->object)));
	jsonline_number(json, "ttl_ms", freshness_left_ms(&now, w->x.now_ms));
	jsonline_truth(
		json, "fresh", !f->revalidate_always && freshness_left_ms(&now, w->x.now_ms) > 0);
	jsonline_truth(json, "negative", f->negative);
	jsonline_truth(json, "revalidate_always", f->revalidate_always);
	jsonline_truth(json, "revalidate_stale", f->revalidate_stale);
	jsonline_number(json, "stale_while_revalidate_ms", f->stale_while_revalidate_ms);
	jsonline_number(json, "stale_if_error_ms", f->stale_if_error_ms);
}

static void report_variant(struct why *w, const struct object *object)
{
	jsonline_open(&w->json, "variant", '{');
	HEADERS_EACH(at, &object->variant)
		jsonline_text(&w->json, at->name.data, why_value(w, at));
	jsonline_close(&w->json, '}');
}

static unsigned held_by(const struct why *w, const struct object *o)
{
	return object_held(o, w->x.parts.tenant.size > 0);
}

static size_t tags_by(struct why *w, const struct object *o, struct slice **ret)
{
	bool too_many;

	return tags_of_stored(&o->headers, o->own_tags, &w->arena, ret, &too_many);
}

static void report_tags(struct why *w, const struct object *o)
{
	struct slice *tags;
	size_t count = tags_by(w, o, &tags);

	jsonline_open(&w->json, "tags", '[');
	for (size_t i = 0; i < count; i++)
		jsonline_text(&w->json, NULL, tags[i]);
	jsonline_close(&w->json, ']');
	if (o->holds_any)
		jsonline_text(&w->json, "held", SLICE("any"));
	else
		jsonline_number(&w->json, "held", held_by(w, o));
}

static void report_copy(struct why *w, const struct why_copy *copy)
{
	const struct object *o = copy->object;

	jsonline_open(&w->json, NULL, '{');
	jsonline_text(&w->json, "tier", slice_of(copy->tier));
	jsonline_text(&w->json, "fit", fits[copy->fit].word);
	jsonline_number(&w->json, "status", o->status);
	jsonline_number(&w->json, "size", (int64_t)object_size(o));
	jsonline_text(&w->json, "type", headers_get(&o->headers, FIELD_CONTENT_TYPE));
	jsonline_text(&w->json, "etag", headers_get(&o->headers, FIELD_ETAG));
	jsonline_truth(&w->json, "etag_made_here", o->tagged);
	jsonline_truth(&w->json, "part", o->part.is_part);
	jsonline_text(&w->json, "groups", slice_of(groups_of(w, copy)));
	jsonline_text(&w->json, "source_version", o->source_version);
	report_tags(w, o);
	report_freshness(w, copy);
	report_variant(w, o);
	jsonline_close(&w->json, '}');
}

/* ---- for people ---- */

static void say_age(struct why *w, const struct object *o)
{
	const struct freshness *f = &o->freshness;
	int64_t left_ms = freshness_left_ms(f, w->x.now_ms);
	char date[DATE_SIZE], age[READABLE_TEXT], lifetime[READABLE_TEXT], left[READABLE_TEXT];

	date_format(f->responded_ms, date);
	SAY(w, "  stored", "%s: %s", date, why_stored(o));
	SAY(w, "  age", "%s of %s: %s for %s",
		readable_duration(freshness_age_ms(f, w->x.now_ms), age),
		readable_duration(f->lifetime_ms, lifetime), left_ms > 0 ? "fresh" : "stale",
		readable_duration(left_ms > 0 ? left_ms : -left_ms, left));
	SAY(w, "  lifetime by", SLICE_FORMAT, SLICE_ARGS(why_lifetime(w, o)));
}

static void say_stale(struct why *w, const struct freshness *f)
{
	char swr[READABLE_TEXT], sie[READABLE_TEXT];

	if (f->negative)
		why_say(w, "  negative", SLICE("an error: never used stale"));
	else if (f->revalidate_always)
		why_say(w, "  may be stale", SLICE("never: no-cache (RFC 9111 5.2.2.4)"));
	else if (f->revalidate_stale)
		why_say(w, "  may be stale",
			SLICE("never: must-revalidate, proxy-revalidate or s-maxage (RFC 9111 "
			      "4.2.4)"));
	else
		SAY(w, "  may be stale", "%s while it is revalidated, %s where the origin fails",
			readable_duration(f->stale_while_revalidate_ms, swr),
			readable_duration(f->stale_if_error_ms, sie));
}

static void say_variant(struct why *w, const struct object *o)
{
	HEADERS_EACH(at, &o->variant) {
		struct slice asked = headers_combined(&w->request.headers, at->name, &w->arena);
		struct field field = { at->name, asked.data != NULL ? asked : SLICE("-"), at->id };

		SAY(w, "  variant", SLICE_FORMAT ": " SLICE_FORMAT "; this request: " SLICE_FORMAT,
			SLICE_ARGS(at->name), SLICE_ARGS(why_value(w, at)),
			SLICE_ARGS(why_value(w, &field)));
	}
}

static void say_tags(struct why *w, const struct object *o)
{
	struct slice *tags;
	size_t count = tags_by(w, o, &tags);

	for (size_t i = 0; i < count; i++)
		SAY(w, i == 0 ? "  tags" : "", SLICE_FORMAT, SLICE_ARGS(tags[i]));
	if (o->holds_any)
		why_say(w, "  holds", SLICE("anything: what its body holds can't be told"));
	else if (held_by(w, o) > 0)
		SAY(w, "  holds", "%u tagged: stale when one of them is invalidated",
			held_by(w, o));
}

static void say_copy(struct why *w, const struct why_copy *copy)
{
	const struct object *o = copy->object;
	char size[READABLE_TEXT];

	SAY(w, "stored", "in %s: %d, %s; %s", copy->tier, o->status,
		readable_size(object_size(o), size), fits[copy->fit].words);
	say_age(w, o);
	say_stale(w, &o->freshness);
	if (copy->fit != FIT_INVALIDATED && grouping_is_soft(w->proxy, w->x.route, o))
		why_say(w, "  invalidated", SLICE("softly: stale whatever its age"));
	if (o->part.is_part)
		SAY(w, "  part", "from byte %" PRIu64 " of %" PRIu64, o->part.first, o->part.total);
	say_tags(w, o);
	say_variant(w, o);
}

void why_report_copies(struct why *w)
{
	jsonline_open(&w->json, "copies", '[');
	for (size_t i = 0; i < w->copy_count; i++) {
		report_copy(w, &w->copies[i]);
		say_copy(w, &w->copies[i]);
	}
	jsonline_close(&w->json, ']');
	if (w->copy_count == 0)
		why_say(w, "stored", SLICE("nothing under this key"));
}
