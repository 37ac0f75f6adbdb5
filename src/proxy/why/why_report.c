/* proxy/why/why_report.c - a report as JSON, and in lines.
 *
 * Each part says its facts twice, for scripts and for people. Threads and ownership: why_inside.h.
 */
#include "why_inside.h"

#include "deliver/fields_out.h"
#include "key/key_rules.h"
#include "keep/lifetime.h"
#include "route.h"

#include "policy/guard.h"
#include "proxy/adaptive.h"
#include "util/readable.h"

#include <inttypes.h>

void why_say(struct why *w, const char *label, struct slice words)
{
	/* a report that is too long lacks its last lines */
	(void)!bytes_format(&w->text, "%-17s" SLICE_FORMAT "\n", label, SLICE_ARGS(words));
}

/* ---- what was asked, and what it comes to ---- */

static void report_request(struct why *w)
{
	struct slice target = why_redacted(w, w->request.raw_target);

	jsonline_number(&w->json, "now_ms", w->x.now_ms);
	jsonline_open(&w->json, "request", '{');
	jsonline_text(&w->json, "method", w->request.method_text);
	jsonline_text(&w->json, "target", target);
	jsonline_close(&w->json, '}');
	SAY(w, "request", "GET " SLICE_FORMAT, SLICE_ARGS(target));
}

static void report_would(struct why *w)
{
	static const struct {
		struct slice word;
		const char *words;
	} outcomes[] = {
#define X(id, word, words) [OUTCOME_##id] = { { word, sizeof(word) - 1 }, words },
		OUTCOME_TABLE(X)
#undef X
	};
	struct slice status = fields_cache_status(&w->x);

	jsonline_open(&w->json, "would", '{');
	jsonline_text(&w->json, "outcome", outcomes[w->outcome].word);
	jsonline_text(&w->json, "cache_status", status);
	jsonline_text(&w->json, "because", w->because);
	if (w->status != 0)
		jsonline_number(&w->json, "status", w->status);
	jsonline_truth(&w->json, "may_wait", w->may_wait);
	jsonline_close(&w->json, '}');
	SAY(w, "would be", SLICE_FORMAT ": %s", SLICE_ARGS(outcomes[w->outcome].word),
		outcomes[w->outcome].words);
	why_say(w, "because", w->because);
	if (w->status != 0)
		SAY(w, "status", "%d", w->status);
	why_say(w, "Cache-Status", status);
	if (w->may_wait)
		why_say(w, "", SLICE("it may have to wait for its turn at the upstream"));
}

/* ---- where it goes ---- */

static void report_adaptive(struct why *w)
{
	struct adaptive_told told;
	char text[READABLE_TEXT];

	adaptive_tell(w->proxy, w->x.route, &told);
	jsonline_open(&w->json, "adaptive", '{');
	jsonline_truth(&w->json, "enabled", told.enabled);
	jsonline_number(&w->json, "start_ms", told.start_ms);
	jsonline_number(&w->json, "refreshes", (int64_t)told.refreshes);
	jsonline_number(&w->json, "changes", (int64_t)told.changes);
	jsonline_close(&w->json, '}');
	if (told.enabled)
		SAY(w, "adaptive",
			"%" PRIu64 " of %" PRIu64 " refreshes found a change; new responses begin "
			"with %s",
			told.changes, told.refreshes,
			told.start_ms > 0 ? readable_duration(told.start_ms, text)
					  : "what the other rules give");
}

/* What a 200 without a word about caching would get. */
static void report_given(struct why *w)
{
	struct ttl_rules rules = lifetime_rules_of(w->proxy, w->x.route);
	struct ttl given = { 0, LIFETIME_NONE };
	struct response_view silent;
	struct headers none;
	char least[READABLE_TEXT], most[READABLE_TEXT];
	bool drawn;

	headers_init(&none, &w->arena);
	response_view_init(&silent, 200, &none);
	rules.forced = lifetime_is_forced(why_route(w), &w->request.headers);
	if (!ttl_given(&silent, &rules, &given))
		given = (struct ttl){ 0, LIFETIME_NONE };
	jsonline_open(&w->json, "gives", '{');
	jsonline_number(&w->json, "lifetime_ms", given.lifetime_ms);
	jsonline_text(&w->json, "lifetime_source", slice_of(lifetime_text(given.source)));
	jsonline_close(&w->json, '}');
	if (given.source == LIFETIME_NONE)
		return;
	drawn = given.lifetime_ms < rules.route.most_ms;
	SAY(w, "new responses", "last %s%s%s%s, by " SLICE_FORMAT,
		rules.jitter_percent > 0 && !drawn ? "up to " : "",
		readable_duration(given.lifetime_ms, least), drawn ? " to " : "",
		drawn ? readable_duration(rules.route.most_ms, most) : "",
		SLICE_ARGS(why_rule(w, given.source)));
}

static void report_route(struct why *w)
{
	const struct config_route *route = why_route(w);
	struct slice sent = why_redacted(w, route_target(route, w->request.raw_target, &w->arena));

	jsonline_open(&w->json, "route", '{');
	jsonline_text(&w->json, "path", slice_of(route->path));
	jsonline_text(&w->json, "upstream", slice_of(route->upstream));
	jsonline_text(&w->json, "origin", slice_of(why_upstream(w)->url));
	jsonline_text(&w->json, "target", sent);
	jsonline_text(&w->json, "class", slice_of(route->class));
	jsonline_text(&w->json, "profile", slice_of(route->profile));
	jsonline_truth(&w->json, "force", route->force);
	jsonline_truth(&w->json, "guard", guard_is_on(&route->guard));
	SAY(w, "route", "%s%s%s to upstream %s", route->path,
		route->profile[0] != '\0' ? ", by profile " : "", route->profile, route->upstream);
	SAY(w, "", "%s" SLICE_FORMAT, why_upstream(w)->url, SLICE_ARGS(sent));
	report_given(w);
	if (guard_is_on(&route->guard))
		why_say(w, "", SLICE("if the route's guard takes their bodies for good"));
	report_adaptive(w);
	jsonline_close(&w->json, '}');
}

/* ---- its key ---- */

static struct slice rule_words(const struct why *w)
{
	if (key_rules_of(w->proxy->key_rules, w->x.route) == NULL)
		return SLICE("none");
	if (key_rules_suspended(w->proxy->key_rules, w->x.route))
		return SLICE("suspended: it was found wrong");
	return w->x.asked.passes ? SLICE("passes") : SLICE("applied");
}

static void report_key(struct why *w)
{
	struct key_parts parts;
	struct slice target;

	if (key_split(w->x.key, &parts) != RC_OK)
		return;
	target = why_redacted(w, parts.target);
	jsonline_open(&w->json, "key", '{');
	jsonline_text(&w->json, "route", parts.route);
	jsonline_number(&w->json, "namespace_version", (int64_t)parts.namespace_version);
	jsonline_text(&w->json, "target", target);
	jsonline_text(&w->json, "rule", rule_words(w));
	jsonline_text(&w->json, "mark", parts.mark);
	jsonline_text(&w->json, "no_vary_search", parts.rule);
	jsonline_close(&w->json, '}');
	why_say(w, "key", target);
	SAY(w, "", "route " SLICE_FORMAT ", namespace version %" PRIu64, SLICE_ARGS(parts.route),
		parts.namespace_version);
	if (parts.mark.size > 0)
		SAY(w, "", "the route's key rule: " SLICE_FORMAT, SLICE_ARGS(rule_words(w)));
	if (parts.rule.size > 0)
		SAY(w, "", "No-Vary-Search: " SLICE_FORMAT, SLICE_ARGS(parts.rule));
}

/* What is remembered of earlier responses to the key. */
static void report_remembered(struct why *w)
{
	struct memo *memo = w->proxy->memo;
	int64_t now_ms = w->x.started_us / 1000;
	char vary[MEMO_VARY_MAX + 1] = "";
	bool alone = memo_holds(memo, w->x.key.hash, MEMO_UNSHAREABLE, now_ms);
	bool held = memo_holds(memo, w->x.key.hash, MEMO_HELD, now_ms);

	(void)memo_vary(memo, w->x.key.hash, vary);
	jsonline_open(&w->json, "remembered", '{');
	jsonline_truth(&w->json, "unshareable", alone);
	jsonline_truth(&w->json, "refresh_failed", held);
	jsonline_text(&w->json, "vary", slice_of(vary));
	jsonline_close(&w->json, '}');
	if (alone)
		why_say(w, "remembered",
			SLICE("the last response was for its client alone (private, no-store, "
			      "Set-Cookie, Vary: * ...): not stored"));
	if (held)
		why_say(w, "remembered", SLICE("a refresh has just failed"));
	if (vary[0] != '\0')
		SAY(w, "remembered", "Vary: %s", vary);
}

static void report_fetches(struct why *w)
{
	char age[READABLE_TEXT];

	jsonline_open(&w->json, "fetches", '{');
	jsonline_number(&w->json, "under_way", w->fetches.count);
	jsonline_number(&w->json, "readers", w->fetches.readers);
	jsonline_number(&w->json, "oldest_ms", w->fetches.oldest_ms);
	jsonline_close(&w->json, '}');
	if (w->fetches.count > 0)
		SAY(w, "under way", "%u for this key, with %u readers, since %s%s",
			w->fetches.count, w->fetches.readers,
			readable_duration(w->fetches.oldest_ms, age),
			w->fetches.takes ? "" : "; not for this request");
}

/* ---- the upstream ---- */

static void upstream_numbers(struct why *w)
{
	const struct upstream_state *u = &w->upstream;
	struct jsonline *json = &w->json;

	jsonline_number(json, "breaker_left_ms", u->breaker_left_ms);
	jsonline_number(json, "well", u->well);
	jsonline_number(json, "failed", u->failed);
	jsonline_number(json, "origins", (int64_t)u->origins);
	jsonline_number(json, "origins_up", (int64_t)u->origins_up);
	jsonline_number(json, "origins_down", (int64_t)u->origins_down);
	jsonline_open(json, "waiting", '{');
	jsonline_number(json, "miss", (int64_t)u->waiting[ASK_MISS]);
	jsonline_number(json, "revalidation", (int64_t)u->waiting[ASK_REVALIDATION]);
	jsonline_number(json, "prefetch", (int64_t)u->waiting[ASK_PREFETCH]);
	jsonline_close(json, '}');
	jsonline_number(json, "under_way", u->under_way);
	jsonline_number(json, "concurrency", u->concurrency);
	jsonline_number(json, "rate_count", u->rate_count);
	jsonline_number(json, "rate_period_ms", u->rate_period_ms);
	jsonline_number(json, "tokens", u->tokens);
	jsonline_number(json, "shut_ms", u->shut_ms);
}

static void say_upstream(struct why *w, const char *breaker)
{
	const struct upstream_state *u = &w->upstream;
	char text[READABLE_TEXT];

	SAY(w, "", "breaker %s; %" PRId64 " of %" PRId64 " in its window failed", breaker,
		u->failed, u->failed + u->well);
	if (u->breaker_left_ms > 0)
		SAY(w, "", "not asked for %s", readable_duration(u->breaker_left_ms, text));
	SAY(w, "", "%zu of %zu origins up; %" PRId64 " requests under way, %zu waiting",
		u->origins_up, u->origins, u->under_way,
		u->waiting[ASK_MISS] + u->waiting[ASK_REVALIDATION] + u->waiting[ASK_PREFETCH]);
	if (u->concurrency > 0)
		SAY(w, "", "%" PRId64 " at once at the most", u->concurrency);
	if (u->rate_count > 0)
		SAY(w, "", "%" PRId64 " in %s at the most; %" PRId64 " could go at once",
			u->rate_count, readable_duration(u->rate_period_ms, text), u->tokens);
	if (u->shut_ms > 0)
		SAY(w, "", "it said to wait: %s more", readable_duration(u->shut_ms, text));
}

static void report_upstream(struct why *w)
{
	static const char *const breakers[] = {
		[BREAKER_CLOSED] = "closed",
		[BREAKER_OPEN] = "open",
		[BREAKER_HALF_OPEN] = "half-open",
	};
	const struct config_upstream *config = why_upstream(w);

	jsonline_open(&w->json, "upstream", '{');
	jsonline_text(&w->json, "name", slice_of(config->name));
	jsonline_truth(&w->json, "runs", w->runs);
	jsonline_truth(&w->json, "offline", config->offline);
	if (w->runs) {
		jsonline_text(&w->json, "breaker", slice_of(breakers[w->upstream.breaker]));
		upstream_numbers(w);
	}
	jsonline_close(&w->json, '}');
	SAY(w, "upstream", "%s%s", config->name,
		config->offline ? ": offline by configuration, never asked" : "");
	if (w->runs)
		say_upstream(w, breakers[w->upstream.breaker]);
	else
		why_say(w, "", SLICE("its state is not known: no larder was asked"));
}

/* ---- the whole ---- */

static void report_text(struct why *w)
{
	struct slice rest = bytes_slice(&w->text);

	jsonline_open(&w->json, "text", '[');
	while (rest.size > 0)
		jsonline_text(&w->json, NULL, slice_cut(&rest, '\n'));
	jsonline_close(&w->json, ']');
}

enum rc why_report(struct why *w, struct bytes *ret)
{
	jsonline_begin(&w->json);
	report_request(w);
	report_would(w);
	if (w->has_route) {
		report_route(w);
		report_key(w);
		why_report_copies(w);
		report_remembered(w);
		report_fetches(w);
		report_upstream(w);
	}
	report_text(w);
	return jsonline_end(&w->json, ret);
}
