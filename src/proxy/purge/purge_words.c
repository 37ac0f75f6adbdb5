/* proxy/purge/purge_words.c - what a purge is about, as people and programs write it: for the admin API, schedules, events
 * and PURGE.
 *
 * What makes no sense is told in words that say what was found and what is expected. Threads: any. Ownership: purge.h.
 */
#include "proxy/purge.h"

#include "route.h"
#include "state.h"

#include "http/date.h"
#include "http/uri.h"
#include "util/glob.h"
#include "util/moment.h"
#include "util/octets.h"
#include "util/units.h"

#include <stdarg.h>
#include <stdio.h>

#define SHOWN 120 /* bytes of what was found, in a fault */

static const struct slice scope_words[] = {
#define X(id, text) [PURGE_##id] = { text, sizeof(text) - 1 },
	PURGE_SCOPE_TABLE(X)
#undef X
};

static bool same_word(struct slice word, struct slice scope)
{
	if (word.size != scope.size)
		return false;
	for (size_t i = 0; i < word.size; i++) {
		char c = word.data[i] == '_' ? '-' : word.data[i];

		if (!slice_equal_nocase(
			    (struct slice){ &c, 1 }, (struct slice){ &scope.data[i], 1 }))
			return false;
	}
	return true;
}

bool purge_scope_named(struct slice word, enum purge_scope *ret)
{
	for (size_t i = 0; i < sizeof(scope_words) / sizeof(scope_words[0]); i++) {
		if (same_word(word, scope_words[i])) {
			*ret = (enum purge_scope)i;
			return true;
		}
	}
	return false;
}

const char *purge_scope_word(enum purge_scope scope)
{
	return scope_words[scope].data;
}

enum rc purge_read_moment(struct slice text, int64_t now_ms, int64_t *ret_ms)
{
	const int64_t most_ms = (int64_t)INT32_MAX * 1000;
	uint64_t seconds;
	int64_t ago_ms;

	if (slice_to_u64(text, &seconds)) {
		if (seconds > INT32_MAX)
			return RC_INVALID;
		*ret_ms = now_ms - (int64_t)seconds * 1000;
		return RC_OK;
	}
	if (units_parse_duration(text, &ago_ms) == RC_OK) {
		if (ago_ms > most_ms)
			return RC_INVALID;
		*ret_ms = now_ms - ago_ms;
		return RC_OK;
	}
	if (moment_parse(text, ret_ms) == RC_OK)
		return RC_OK;
	return date_parse(text, now_ms, ret_ms);
}

enum rc purge_read_key(struct slice hex, struct arena *arena, struct slice *ret)
{
	char *bytes = arena_alloc(arena, hex.size + 1);

	for (size_t i = 0; i < hex.size; i++) {
		char c = hex.data[i];

		bytes[i] = c >= 'A' && c <= 'F' ? (char)(c | 0x20) : c;
	}
	if (hex.size == 0 || !octets_from_hex((struct slice){ bytes, hex.size }, bytes))
		return RC_INVALID;
	*ret = (struct slice){ bytes, hex.size / 2 };
	return RC_OK;
}

/* One reading of words. */
struct reading {
	const struct config *config;
	const struct purge_words *words;
	struct arena *arena;
	struct purge *purge;
	struct slice *fault;
};

/* "scope: found "x"; expected y"; what was found is cut. */
static enum rc refuse(const struct reading *r, enum rc rc, struct slice found, const char *expected)
{
	bool cut = found.size > SHOWN;

	if (cut)
		found.size = SHOWN;
	*r->fault = arena_format(r->arena, "found \"" SLICE_FORMAT "\"%s; expected %s",
		SLICE_ARGS(found), cut ? "..." : "", expected);
	return rc;
}

/* Where the value lies below a route, one path. */
static struct slice whole_path(const struct reading *r)
{
	struct slice route = r->words->route, value = r->words->value;

	if (route.size > 0 && route.data[route.size - 1] == '/')
		route.size--;
	if (route.size == 0)
		return value;
	return arena_format(
		r->arena, SLICE_FORMAT SLICE_FORMAT, SLICE_ARGS(route), SLICE_ARGS(value));
}

static enum rc find_named_route(const struct reading *r, struct slice path, uint16_t *ret)
{
	for (size_t i = 0; i < r->config->route_count; i++) {
		if (slice_equal(slice_of(r->config->routes[i].path), path)) {
			*ret = (uint16_t)i;
			return RC_OK;
		}
	}
	return refuse(r, RC_ABSENT, path, "the path of a route, as it is configured");
}

/* Of OLDER_THAN and STALE: only those of a route, where one is named. */
static enum rc read_restriction(const struct reading *r)
{
	r->purge->route = PURGE_ANY_ROUTE;
	if (r->words->route.size == 0)
		return RC_OK;
	return find_named_route(r, r->words->route, &r->purge->route);
}

static enum rc read_path(const struct reading *r)
{
	struct slice value = r->words->value, path;
	struct target target;
	uint16_t named;

	if (r->words->route.size > 0)
		TRY(find_named_route(r, r->words->route, &named));
	if (value.size == 0 && r->words->route.size == 0)
		return refuse(r, RC_INVALID, value, "a value: a path, which begins with /");
	if (value.size > 0 && value.data[0] != '/' &&
		!(value.data[0] == '?' && r->words->route.size > 0))
		return refuse(r, RC_INVALID, value, "a path, which begins with /");
	path = whole_path(r);
	if (target_split(path, &target) != RC_OK)
		return refuse(r, RC_INVALID, path,
			"a path and maybe a query as clients send them: percent-encoded, without "
			"dot segments");
	r->purge->target = path;
	if (r->purge->scope == PURGE_GLOB && path.size > GLOB_MOST)
		return refuse(r, RC_INVALID, path, "a pattern of at most 500 bytes");
	if (r->purge->scope == PURGE_URL && !route_find(r->config, target.path, &r->purge->route))
		return refuse(r, RC_ABSENT, path, "a path that a route has");
	return RC_OK;
}

static enum rc read_key(const struct reading *r)
{
	if (purge_read_key(r->words->value, r->arena, &r->purge->key) != RC_OK)
		return refuse(r, RC_INVALID, r->words->value,
			"a key in hexadecimal, as /entries shows it");
	return RC_OK;
}

static enum rc read_tags(const struct reading *r)
{
	const struct purge_words *words = r->words;
	struct slice *one = arena_alloc(r->arena, sizeof(*one));

	*one = words->value;
	r->purge->tags = words->tag_count > 0 ? words->tags : one;
	r->purge->tag_count = words->tag_count > 0 ? words->tag_count : 1;
	for (size_t i = 0; i < r->purge->tag_count; i++) {
		if (r->purge->tags[i].size == 0)
			return refuse(r, RC_INVALID, SLICE(""), "tags that aren't empty");
	}
	return RC_OK;
}

static enum rc read_route(const struct reading *r)
{
	struct slice name = r->words->value.size > 0 ? r->words->value : r->words->route;

	if (r->words->value.size > 0 && r->words->route.size > 0)
		return refuse(
			r, RC_INVALID, r->words->route, "the route's path once, as the value");
	return find_named_route(r, name, &r->purge->route);
}

static bool has_tenant(const struct config *config, struct slice name)
{
	for (size_t i = 0; i < config->tenant_count; i++) {
		if (slice_equal(slice_of(config->tenants[i].name), name))
			return true;
	}
	return false;
}

static enum rc read_tenant(const struct reading *r)
{
	struct slice name = r->words->value, own = r->words->tenant;

	if (own.size > 0 && name.size > 0 && !slice_equal(name, own))
		return refuse(r, RC_DENIED, name, "the tenant whose token it is");
	if (own.size > 0)
		name = own;
	if (!has_tenant(r->config, name))
		return refuse(r, RC_ABSENT, name, "the name of a tenant");
	r->purge->tenant = name;
	return RC_OK;
}

static enum rc read_age(const struct reading *r)
{
	if (purge_read_moment(r->words->value, r->words->now_ms, &r->purge->before_ms) != RC_OK)
		return refuse(r, RC_INVALID, r->words->value,
			"so long ago (90s, 1h, 7d, or seconds) or a moment "
			"(2027-01-31T12:00:00Z)");
	return read_restriction(r);
}

static enum rc read_stale(const struct reading *r)
{
	if (r->purge->mode == GROUPS_SOFT)
		return refuse(r, RC_INVALID, r->words->mode,
			"hard: what is stale already can't be made so");
	r->purge->before_ms = r->words->now_ms;
	return read_restriction(r);
}

/* What has nothing but its scope. */
static enum rc read_nothing(const struct reading *r)
{
	if (r->words->value.size > 0)
		return refuse(r, RC_INVALID, r->words->value, "no value with this scope");
	if (r->words->route.size > 0 && r->purge->scope != PURGE_STALE)
		return refuse(r, RC_INVALID, r->words->route,
			"no route with this scope; for all of a route: scope route");
	return RC_OK;
}

static enum rc read_matter(const struct reading *r)
{
	switch (r->purge->scope) {
	case PURGE_URL:
	case PURGE_PREFIX:
	case PURGE_GLOB:
		return read_path(r);
	case PURGE_KEY:
		return read_key(r);
	case PURGE_TAG:
		return read_tags(r);
	case PURGE_ROUTE:
		return read_route(r);
	case PURGE_TENANT:
		return read_tenant(r);
	case PURGE_OLDER_THAN:
		return read_age(r);
	case PURGE_STALE:
		TRY(read_nothing(r));
		return read_stale(r);
	case PURGE_NEGATIVE:
	case PURGE_ALL:
		break;
	}
	return read_nothing(r);
}

static enum rc read_mode(const struct reading *r)
{
	struct slice mode = r->words->mode;

	r->purge->mode = slice_equal(mode, SLICE("soft")) ? GROUPS_SOFT : GROUPS_HARD;
	if (mode.size > 0 && !slice_equal(mode, SLICE("soft")) && !slice_equal(mode, SLICE("hard")))
		return refuse(r, RC_INVALID, mode, "mode hard or soft");
	return RC_OK;
}

enum rc purge_of_words(const struct proxy *proxy, const struct purge_words *words,
	struct arena *arena, struct purge *ret, struct slice *ret_fault)
{
	const struct reading r = { proxy->config, words, arena, ret, ret_fault };

	*ret = (struct purge){ .route = PURGE_ANY_ROUTE,
		.tenant = words->tenant,
		.about = words->value.size > 0 ? words->value : words->route };
	if (words->tag_count > 0)
		ret->about = words->tags[0];
	if (!purge_scope_named(words->scope, &ret->scope))
		return refuse(&r, RC_INVALID, words->scope,
			"a scope: url, key, prefix, glob, tag, route, tenant, older_than, "
			"negative, stale or all");
	if (words->tag_count > 0 && ret->scope != PURGE_TAG)
		return refuse(
			&r, RC_INVALID, words->tags[0], "a list of values with scope tag only");
	if (words->tenant.size > 0 && !has_tenant(proxy->config, words->tenant))
		return refuse(&r, RC_ABSENT, words->tenant, "the name of a tenant");
	TRY(read_mode(&r));
	TRY(read_matter(&r));
	if (words->value.size > 0 && words->route.size > 0 && ret->target.size > 0)
		ret->about = ret->target;
	return RC_OK;
}
