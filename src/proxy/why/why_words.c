/* proxy/why/why_words.c - reasons, with the rule or the clause that they come from. */
#include "why_inside.h"

#include "final.h"
#include "purge/grouping.h"
#include "key/key_rules.h"

#include "util/readable.h"

const struct config_route *why_route(const struct why *w)
{
	return &w->proxy->config->routes[w->x.route];
}

const struct config_upstream *why_upstream(const struct why *w)
{
	return &w->proxy->config->upstreams[why_route(w)->upstream_index];
}

/* ---- secrets ---- */

static void put_piece(void *arg, struct slice piece)
{
	/* bounded by the caller: what is written instead of a value may be longer */
	(void)!bytes_append_slice(arg, piece);
}

struct slice why_redacted(struct why *w, struct slice target)
{
	struct bytes shown;
	struct slice copy;

	bytes_init(&shown, 4 * target.size + 4);
	redact_target(key_rules_secrets(w->proxy->key_rules), target, put_piece, &shown);
	copy = arena_copy(&w->arena, bytes_slice(&shown));
	bytes_done(&shown);
	return copy;
}

struct slice why_value(const struct why *w, const struct field *field)
{
	struct redact_names secrets = key_rules_secrets(w->proxy->key_rules);
	bool secret = final_is_secret(field->name);

	for (size_t i = 0; i < secrets.count && !secret; i++)
		secret = slice_equal_nocase(slice_of(secrets.items[i]), field->name);
	return secret ? SLICE("***") : field->value;
}

/* ---- lifetimes ---- */

static struct slice explicit_lifetime(struct why *w, const struct object *object)
{
	struct response_view view;
	const char *targeted;

	response_view_init(&view, object->status, &object->headers);
	targeted = view.targeted ? ", in a field for caches like this one (RFC 9213)" : "";
	if (view.cc.s_maxage != CC_NONE)
		return arena_format(&w->arena, "s-maxage=%lld (RFC 9111 5.2.2.10)%s",
			(long long)view.cc.s_maxage, targeted);
	if (view.cc.max_age != CC_NONE)
		return arena_format(&w->arena, "max-age=%lld (RFC 9111 5.2.2.1)%s",
			(long long)view.cc.max_age, targeted);
	return SLICE("Expires (RFC 9111 5.3)");
}

struct slice why_rule(struct why *w, enum lifetime_source source)
{
	struct arena *arena = &w->arena;

	switch (source) {
	case LIFETIME_NONE:
		return SLICE("none: nobody gives one, so each use is validated (RFC 9111 4.2.1)");
	case LIFETIME_EXPLICIT:
		return SLICE("the origin's own (RFC 9111 4.2.1)");
	case LIFETIME_HEURISTIC:
		return SLICE("guessed from Last-Modified (RFC 9111 4.2.2; cache.heuristic)");
	case LIFETIME_FORCED:
		return SLICE("the route's force, whatever the origin says");
	case LIFETIME_ROUTE:
		return SLICE("the route's ttl, where the origin gives none");
	case LIFETIME_CLASS:
		return arena_format(arena, "cache.classes.%s, where the origin gives none",
			why_route(w)->class);
	case LIFETIME_POLICY:
		return arena_format(arena, "cache.ttl_policies.%s, where the origin gives none",
			why_upstream(w)->ttl_policy);
	case LIFETIME_ADAPTIVE:
		return SLICE("the route's adaptive: learnt from what refreshes found");
	case LIFETIME_ERRORS:
		return SLICE("the table of errors (the route's, or cache.errors)");
	case LIFETIME_RETRY_AFTER:
		return SLICE("Retry-After of the error (RFC 9110 10.2.3)");
	case LIFETIME_GUARD:
		return SLICE("the route's guard.negative: an error under a good status");
	case LIFETIME_COUNT:
		break;
	}
	return SLICE("");
}

struct slice why_lifetime(struct why *w, const struct object *object)
{
	enum lifetime_source source = (enum lifetime_source)object->freshness.source;

	return source == LIFETIME_EXPLICIT ? explicit_lifetime(w, object) : why_rule(w, source);
}

const char *why_stored(const struct object *object)
{
	const struct freshness *f = &object->freshness;

	if (f->source == LIFETIME_NONE)
		return "it has a validator, with which it can be asked about (RFC 9111 3, 4.3.1)";
	if (f->source == LIFETIME_EXPLICIT)
		return "the origin gives it a lifetime (RFC 9111 3)";
	if (f->source == LIFETIME_HEURISTIC)
		return "its lifetime can be guessed (RFC 9111 3, 4.2.2)";
	if (f->source == LIFETIME_FORCED)
		return "the route forces it";
	return "a rule of this larder gives it a lifetime, and the origin doesn't forbid it";
}

/* ---- what may be done with what is stored ---- */

static struct slice duration(struct why *w, int64_t ms)
{
	char text[READABLE_TEXT];

	return arena_copy(&w->arena, slice_of(readable_duration(ms, text)));
}

/* In the order in which policy/freshness asks. */
static struct slice why_stale(struct why *w)
{
	const struct freshness *f = &w->x.freshness;
	int64_t stale_ms = -freshness_left_ms(f, w->x.now_ms);

	if (f->revalidate_always)
		return SLICE("no-cache: each use is validated (RFC 9111 5.2.2.4)");
	if (grouping_is_soft(w->proxy, w->x.route, w->x.object))
		return SLICE("it was invalidated softly: stale whatever its age");
	if (f->source == LIFETIME_NONE)
		return SLICE("it has no lifetime: each use is validated (RFC 9111 4.2.1)");
	if (f->negative)
		return SLICE("its lifetime is over, and an error is never used stale");
	if (f->revalidate_stale)
		return SLICE("its lifetime is over, and must-revalidate, proxy-revalidate or "
			     "s-maxage forbid to use it stale (RFC 9111 4.2.4)");
	return arena_format(&w->arena,
		"stale for " SLICE_FORMAT
		", and nothing lets it be used so for this request (RFC 9111 4.2.4)",
		SLICE_ARGS(duration(w, stale_ms)));
}

struct slice why_judged(struct why *w)
{
	const struct freshness *f = &w->x.freshness;
	int64_t left_ms = freshness_left_ms(f, w->x.now_ms);

	switch (w->judgement) {
	case JUDGED_FRESH:
		return arena_format(&w->arena, "fresh for " SLICE_FORMAT " more (RFC 9111 4.2)",
			SLICE_ARGS(duration(w, left_ms)));
	case JUDGED_STALE:
		return why_stale(w);
	case JUDGED_REQUESTED:
		return SLICE("it is fresh, but the request's Cache-Control or Pragma wants it "
			     "validated (RFC 9111 5.2.1)");
	case JUDGED_STALE_ALLOWED:
		return arena_format(&w->arena,
			"stale for " SLICE_FORMAT ", which the request's max-stale takes "
			"(RFC 9111 5.2.1.2)",
			SLICE_ARGS(duration(w, -left_ms)));
	case JUDGED_STALE_WHILE_REVALIDATE:
		return arena_format(&w->arena,
			"stale for " SLICE_FORMAT ", within stale-while-revalidate (RFC 5861 3)",
			SLICE_ARGS(duration(w, -left_ms)));
	}
	return SLICE("");
}
