/* proxy/purge/purging.c - PURGE on a public listener.
 *
 * Who comes from elsewhere learns nothing but that it is forbidden. A token is compared by its digest, in a
 * time that tells nothing. Threads and ownership: purging.h.
 */
#include "purging.h"

#include "route.h"
#include "state.h"

#include "http/tags.h"
#include "proxy/purge.h"
#include "util/alloc.h"
#include "util/digest.h"

#include <stdlib.h>

struct purging {
	pthread_mutex_t lock;
	unsigned holders; /* the exchange, and the purge */
	const struct reader_client *client;
	void *arg; /* NULL: nobody waits */
	bool asleep;
	bool done;
	struct purge_result result;
	struct purge purge; /* for the answer */
};

bool purging_is_asked(const struct exchange *x)
{
	return x->proxy->config->server.purge.from.count > 0 &&
	       slice_equal(x->request->method_text, SLICE("PURGE"));
}

static void let_go(struct purging *purging)
{
	bool last;

	pthread_mutex_lock(&purging->lock);
	last = --purging->holders == 0;
	pthread_mutex_unlock(&purging->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&purging->lock);
	free(purging);
}

static void on_done(void *arg, const struct purge_result *result)
{
	struct purging *purging = arg;

	pthread_mutex_lock(&purging->lock);
	purging->result = *result;
	purging->done = true;
	if (purging->asleep && purging->arg != NULL)
		purging->client->resume(purging->arg);
	purging->asleep = false;
	pthread_mutex_unlock(&purging->lock);
	let_go(purging);
}

void purging_leave(struct exchange *x)
{
	struct purging *purging = x->purging;

	if (purging == NULL)
		return;
	x->purging = NULL;
	pthread_mutex_lock(&purging->lock);
	purging->arg = NULL;
	pthread_mutex_unlock(&purging->lock);
	let_go(purging);
}

/* true: it may purge. */
static bool is_allowed(const struct exchange *x, enum problem *ret_problem)
{
	const struct config_server *server = &x->proxy->config->server;
	struct slice token = field_bearer(headers_get(&x->request->headers, FIELD_AUTHORIZATION));
	unsigned char digest[DIGEST_SIZE];

	if (!x->request->may_purge) {
		*ret_problem = PROBLEM_FORBIDDEN;
		return false;
	}
	if (token.size == 0) {
		*ret_problem = PROBLEM_NO_TOKEN;
		return false;
	}
	digest_sha256(token, digest);
	*ret_problem = PROBLEM_BAD_TOKEN;
	return digest_equals_hex(digest, slice_of(server->purge.token_sha256));
}

static struct slice named(const struct exchange *x, struct slice name)
{
	return headers_combined(&x->request->headers, name, x->arena);
}

static bool is_on(struct slice value)
{
	return slice_equal(value, SLICE("1")) || slice_equal_nocase(value, SLICE("true")) ||
	       slice_equal(value, SLICE("?1"));
}

static enum groups_mode mode_of(const struct exchange *x)
{
	return is_on(named(x, SLICE("soft-purge"))) || is_on(named(x, SLICE("fastly-soft-purge")))
		       ? GROUPS_SOFT
		       : GROUPS_HARD;
}

static bool ends_in_star(struct slice target)
{
	return target.size > 1 && target.data[target.size - 1] == '*';
}

/* What the fields mean when Purge-Scope doesn't say. */
static enum purge_scope scope_by_fields(const struct exchange *x, const struct purge *purge)
{
	if (purge->tag_count > 0)
		return PURGE_TAG;
	if (named(x, SLICE("purge-older-than")).data != NULL)
		return PURGE_OLDER_THAN;
	return ends_in_star(x->request->raw_target) ? PURGE_PREFIX : PURGE_URL;
}

/* Each returns NULL or what is wrong, in static words. */
static const char *read_scope(struct exchange *x, struct purge *purge)
{
	struct slice word = named(x, SLICE("purge-scope"));
	enum purge_scope meant = scope_by_fields(x, purge);

	purge->scope = meant;
	if (word.data == NULL)
		return NULL;
	if (!purge_scope_named(word, &purge->scope))
		return "Purge-Scope is none of url, key, prefix, glob, tag, route, tenant, "
		       "older-than, negative, stale and all";
	if (meant == PURGE_OLDER_THAN && purge->scope == PURGE_ALL) {
		purge->scope = PURGE_OLDER_THAN;
		purge->route = PURGE_ANY_ROUTE;
	} else if (meant == PURGE_OLDER_THAN && purge->scope == PURGE_ROUTE) {
		purge->scope = PURGE_OLDER_THAN;
	} else if (purge->scope == PURGE_STALE) {
		purge->route = PURGE_ANY_ROUTE;
	} else if ((meant == PURGE_TAG || meant == PURGE_OLDER_THAN) && purge->scope != meant) {
		return "Purge-Scope says another thing than the other fields";
	}
	return NULL;
}

static const char *read_tags(struct exchange *x, struct purge *purge)
{
	struct slice *tags = NULL;
	bool too_many;

	purge->tag_count = tags_of(&x->request->headers, x->arena, &tags, &too_many);
	purge->tags = tags;
	if (too_many)
		return "there are more tags than a response may have";
	return tags_unread(&x->request->headers, x->arena)
		       ? "a field of tags has none that can be read"
		       : NULL;
}

/* What a field says that isn't asked for is meant in another way than it would be taken. */
static const char *check_left_over(const struct exchange *x, const struct purge *purge)
{
	static const struct {
		struct slice name;
		enum purge_scope scope;
		const char *fault;
	} fields[] = {
		{ { "purge-key", 9 }, PURGE_KEY, "Purge-Key needs Purge-Scope: key" },
		{ { "purge-tenant", 12 }, PURGE_TENANT, "Purge-Tenant needs Purge-Scope: tenant" },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (purge->scope != fields[i].scope && named(x, fields[i].name).data != NULL)
			return fields[i].fault;
	}
	return NULL;
}

static const char *read_key(struct exchange *x, struct purge *purge)
{
	struct slice hex = named(x, SLICE("purge-key"));

	if (purge_read_key(hex, x->arena, &purge->key) != RC_OK)
		return "Purge-Key is no key in hexadecimal";
	return NULL;
}

static const char *read_matter(struct exchange *x, struct purge *purge)
{
	purge->target = purge->about = x->request->raw_target;
	if (purge->tag_count > 0)
		purge->about = purge->tags[0];
	switch (purge->scope) {
	case PURGE_PREFIX:
		if (!ends_in_star(purge->target))
			return "a prefix ends in *";
		purge->target.size--;
		break;
	case PURGE_TAG:
		if (purge->tag_count == 0)
			return "there is no tag";
		break;
	case PURGE_OLDER_THAN:
		if (purge_read_moment(named(x, SLICE("purge-older-than")), x->now_ms,
			    &purge->before_ms) != RC_OK)
			return "Purge-Older-Than is neither a date nor a number of seconds";
		break;
	case PURGE_KEY:
		return read_key(x, purge);
	case PURGE_TENANT:
		purge->tenant = named(x, SLICE("purge-tenant"));
		return purge->tenant.size == 0 ? "Purge-Tenant names the tenant" : NULL;
	case PURGE_STALE:
		purge->before_ms = x->now_ms;
		return purge->mode == GROUPS_SOFT ? "what is stale can't be made stale" : NULL;
	case PURGE_URL:
	case PURGE_GLOB:
	case PURGE_ROUTE:
	case PURGE_ALL:
	case PURGE_NEGATIVE:
		break;
	}
	return NULL;
}

static bool needs_route(const struct purge *purge)
{
	return purge->scope == PURGE_URL || purge->scope == PURGE_ROUTE ||
	       (purge->scope == PURGE_OLDER_THAN && purge->route != PURGE_ANY_ROUTE);
}

static bool read_purge(
	struct exchange *x, struct purge *ret, enum problem *ret_problem, const char **ret_detail)
{
	const struct config *config = x->proxy->config;

	*ret = (struct purge){
		.mode = mode_of(x), .source = LABEL_SOURCE_PURGE, .who = SLICE("PURGE")
	};
	*ret_problem = PROBLEM_MALFORMED;
	*ret_detail = read_tags(x, ret);
	if (*ret_detail == NULL)
		*ret_detail = read_scope(x, ret);
	if (*ret_detail == NULL)
		*ret_detail = check_left_over(x, ret);
	if (*ret_detail == NULL)
		*ret_detail = read_matter(x, ret);
	if (*ret_detail != NULL || !needs_route(ret))
		return *ret_detail == NULL;
	*ret_problem = PROBLEM_NO_ROUTE;
	*ret_detail = "no route has a prefix of this path";
	if (!route_find(config, x->request->target.path, &ret->route))
		return false;
	x->route = ret->route;
	return true;
}

static enum purging_state refused(enum rc rc, enum problem *ret_problem, const char **ret_detail)
{
	*ret_problem = rc == RC_INVALID || rc == RC_ABSENT ? PROBLEM_MALFORMED
		       : rc == RC_STOPPED                  ? PROBLEM_STOPPING
							   : PROBLEM_NOT_DURABLE;
	*ret_detail = rc == RC_INVALID ? "what is to be purged is no target, pattern or key"
				       : rc_text(rc);
	return PURGING_REFUSED;
}

static enum purging_state begin(
	struct exchange *x, enum problem *ret_problem, const char **ret_detail)
{
	struct purge purge;
	enum rc rc;

	*ret_detail = "";
	if (!is_allowed(x, ret_problem) || !read_purge(x, &purge, ret_problem, ret_detail))
		return PURGING_REFUSED;
	x->purging = xalloc(sizeof(*x->purging));
	pthread_mutex_init(&x->purging->lock, NULL);
	x->purging->holders = 2;
	x->purging->client = x->reader.client;
	x->purging->arg = x->reader.arg;
	x->purging->purge = purge;
	rc = purge_run(x->proxy, &purge, on_done, x->purging);
	if (rc == RC_OK)
		return PURGING_WAITS;
	let_go(x->purging); /* there is no purge to hold it */
	purging_leave(x);
	return refused(rc, ret_problem, ret_detail);
}

static void answer(struct exchange *x)
{
	const struct purging *purging = x->purging;
	struct slice text = arena_format(x->arena,
		"{\"scope\":\"%s\",\"mode\":\"%s\","
		"\"entries\":{\"memory\":%llu,\"disk\":%llu}}\n",
		purge_scope_word(purging->purge.scope),
		purging->purge.mode == GROUPS_HARD ? "hard" : "soft",
		(unsigned long long)purging->result.memory,
		(unsigned long long)purging->result.disk);

	x->answer = (struct answer){
		.kind = ANSWER_BYTES, .status = 200, .body = text, .length = (int64_t)text.size
	};
	x->local_fields = arena_alloc(x->arena, sizeof(*x->local_fields));
	headers_init(x->local_fields, x->arena);
	headers_add(x->local_fields, SLICE("Content-Type"), SLICE("application/json"));
	headers_add(x->local_fields, SLICE("Cache-Control"), SLICE("no-store"));
}

/* Done, or asleep until it is. */
static bool is_done(struct purging *purging)
{
	bool done;

	pthread_mutex_lock(&purging->lock);
	done = purging->done;
	purging->asleep = !done;
	if (!done)
		purging->client->suspend(purging->arg);
	pthread_mutex_unlock(&purging->lock);
	return done;
}

enum purging_state purging_run(
	struct exchange *x, enum problem *ret_problem, const char **ret_detail)
{
	if (x->purging == NULL && begin(x, ret_problem, ret_detail) == PURGING_REFUSED)
		return PURGING_REFUSED;
	if (!is_done(x->purging))
		return PURGING_WAITS;
	if (x->purging->result.rc != RC_OK)
		return refused(x->purging->result.rc, ret_problem, ret_detail);
	answer(x);
	return PURGING_DONE;
}
