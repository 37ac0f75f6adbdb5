/* proxy/key/identity.c - what makes two requests the same here. */
#include "identity.h"

#include "purge/grouping.h"
#include "state.h"

#include "http/no_vary_search.h"
#include "http/uri.h"
#include "proxy/tenancy.h"
#include "util/digest.h"
#include "util/hash.h"

#define DIGEST_SIZE 32

static const struct config_route *route_of(const struct exchange *x)
{
	return &x->proxy->config->routes[x->route];
}

static bool asks_by_body(const struct exchange *x)
{
	return x->request->method == METHOD_QUERY ||
	       (x->request->method == METHOD_POST && route_of(x)->cache_post);
}

bool identity_wants_body(const struct exchange *x)
{
	const struct request *request = x->request;

	return request->has_body && asks_by_body(x) &&
	       request->content_length <= x->proxy->config->cache.key_body;
}

static bool is_cacheable(const struct exchange *x)
{
	const struct request *request = x->request;

	if (x->view.keyed_by_body)
		return true;
	return (request->method == METHOD_GET || request->method == METHOD_HEAD) &&
	       !request->has_body;
}

bool identity_is_cached(const struct exchange *x)
{
	return is_cacheable(x) && !x->asked.passes;
}

bool identity_bypasses(const struct exchange *x)
{
	return is_cacheable(x) && x->asked.passes;
}

bool identity_describes_body(const struct field *field)
{
	struct slice begin = { field->name.data, field->name.size < 8 ? field->name.size : 8 };

	return field->id != FIELD_CONTENT_LENGTH && slice_equal_nocase(begin, SLICE("content-"));
}

static enum rc describe_body(const struct headers *request, struct bytes *ret)
{
	HEADERS_EACH(at, request) {
		if (identity_describes_body(at))
			TRY(bytes_format(ret, "%zu:" SLICE_FORMAT "%zu:" SLICE_FORMAT,
				at->name.size, SLICE_ARGS(at->name), at->value.size,
				SLICE_ARGS(at->value)));
	}
	return RC_OK;
}

/* Digest of what describes the body, and of the body, as the route's key rule reads it. */
static enum rc digest_body(struct exchange *x, struct slice *ret)
{
	struct bytes about;
	char *digests = arena_alloc(x->arena, 2 * (size_t)DIGEST_SIZE);
	enum rc rc;

	bytes_init(&about, x->key_buffer.limit);
	rc = describe_body(&x->request->headers, &about);
	digest_sha256(bytes_slice(&about), (unsigned char *)digests);
	digest_sha256(x->asked.mark.size > 0 ? x->asked.body : bytes_slice(&x->gathered.body),
		(unsigned char *)digests + DIGEST_SIZE);
	bytes_done(&about);
	*ret = (struct slice){ digests, 2 * (size_t)DIGEST_SIZE };
	return rc;
}

/* Of the path in the form in which spellings are equal (RFC 3986 6.2.2). It tells the route, too. */
static uint64_t path_hash(const struct proxy *proxy, struct slice raw_target)
{
	struct slice path = slice_cut(&raw_target, '?');
	struct bytes canonical;
	uint64_t hash;

	bytes_init(&canonical, path.size + 1);
	/* it never gets longer; what is no target has no key either */
	(void)!target_canonical(path, &canonical);
	hash = hash_bytes(canonical.data, canonical.size, proxy->seed + 1);
	bytes_done(&canonical);
	return hash;
}

static uint32_t slot_of(const struct proxy *proxy, enum slot_scope scope, uint64_t hash)
{
	return grouping_slot(proxy, scope, (struct slice){ (const char *)&hash, sizeof(hash) });
}

uint32_t identity_path_slot(const struct proxy *proxy, struct slice raw_target)
{
	return slot_of(proxy, SLOT_PATH, path_hash(proxy, raw_target));
}

uint32_t identity_path_slot_in(
	const struct proxy *proxy, struct slice tenant, struct slice raw_target)
{
	uint64_t hash = path_hash(proxy, raw_target);

	return grouping_slot_in(
		proxy, tenant, SLOT_PATH, (struct slice){ (const char *)&hash, sizeof(hash) });
}

uint32_t identity_target_slot(const struct proxy *proxy, struct key key)
{
	return slot_of(proxy, SLOT_TARGET, key.hash);
}

/* Under the key that stands for all classes of Accept. */
static uint64_t target_hash(
	const struct proxy *proxy, const struct key_parts *parts, struct key key)
{
	struct key_parts question = *parts;
	struct bytes buffer;

	question.mark = key_rule_group(parts->mark);
	if (question.mark.size == parts->mark.size && parts->tenant.size == key_tenant(key).size)
		return key.hash;
	bytes_init(&buffer, key.bytes.size);
	/* it is shorter than the one that was made */
	(void)!key_make(&question, proxy->seed, &buffer, &key);
	bytes_done(&buffer);
	return key.hash;
}

uint32_t identity_slot(const struct proxy *proxy, const struct key_parts *parts, struct key key,
	struct slice raw_target)
{
	if (parts->method.size > 0 || parts->rule.size > 0)
		return identity_path_slot_in(proxy, parts->tenant, raw_target);
	key.hash = target_hash(proxy, parts, key);
	return identity_target_slot(proxy, key);
}

/* Of what a tenant's keys have, and nobody's; RFC 9111 2 leaves it to us what else a key is made of. */
uint64_t identity_version(const struct config *config, uint16_t tenant)
{
	uint64_t version = (uint64_t)config->cache.namespace_version;

	/* another number of either, and all that was stored is out of reach; at the preset it is the cache's */
	if (tenant > 0)
		version += ((uint64_t)config->tenants[tenant - 1].namespace_version - 1) << 32;
	return version;
}

uint32_t identity_wide_slot(const struct proxy *proxy, const struct key_parts *parts,
	struct key key, struct slice raw_target)
{
	struct key_parts anybody = *parts;

	anybody.tenant = (struct slice){ 0 };
	anybody.namespace_version = identity_version(proxy->config, 0);
	return identity_slot(proxy, &anybody, key, raw_target);
}

/* Where the rule of a path is remembered: for each tenant apart, since what one is told by the origin is not
 * to change what another is answered. */
static uint64_t rule_hash(const struct proxy *proxy, struct slice tenant, struct slice raw_target)
{
	uint64_t hash = path_hash(proxy, raw_target);

	return tenant.size > 0 ? hash_bytes(tenant.data, tenant.size, hash) : hash;
}

static bool known_rule(const struct exchange *x, char *ret)
{
	const struct proxy *proxy = x->proxy;

	return atomic_load_explicit(&proxy->house->has_rules, memory_order_relaxed) &&
	       memo_vary(proxy->rules, rule_hash(proxy, x->parts.tenant, x->request->raw_target),
		       ret);
}

/* parts->target and ->rule as the rule has them; as they are when it says nothing. */
static enum rc apply_rule(struct key_parts *parts, struct slice rule, struct arena *arena)
{
	struct no_vary_search parsed;
	struct bytes target;
	enum rc rc;

	if (no_vary_search_parse(rule, arena, &parsed) != RC_OK)
		return RC_OK;
	bytes_init(&target, 4 * parts->target.size + 1);
	rc = no_vary_search_target(&parsed, parts->target, arena, &target);
	if (rc == RC_OK) {
		parts->target = arena_copy(arena, bytes_slice(&target));
		parts->rule = rule;
	}
	bytes_done(&target);
	return rc;
}

/* What the route's key rule makes of the request, where it has one. */
static void ask_key_rule(struct exchange *x)
{
	const struct proxy *proxy = x->proxy;
	const struct key_rule *rule = key_rules_of(proxy->key_rules, x->route);

	x->asked = (struct key_reading){ 0 };
	if (rule == NULL)
		return;
	key_rule_read(rule,
		&(struct key_request){
			.target = x->request->raw_target,
			.headers = &x->request->headers,
			.has_body = x->view.keyed_by_body,
			.body = bytes_slice(&x->gathered.body),
			.suspended = key_rules_suspended(proxy->key_rules, x->route),
		},
		x->arena, &x->asked);
}

struct slice identity_ruled_target(const struct exchange *x)
{
	return x->asked.mark.size > 0 ? x->asked.target : x->request->raw_target;
}

enum rc identity_of_target(const struct proxy *proxy, const struct identity_target *target,
	struct bytes *buffer, struct key *ret)
{
	const struct key_rule *rule = key_rules_of(proxy->key_rules, target->route);
	struct key_parts parts = {
		.route = slice_of(proxy->config->routes[target->route].path),
		.namespace_version = identity_version(proxy->config, target->tenant),
		.target = target->raw_target,
		.tenant = tenancy_name(proxy->config, target->tenant),
	};
	struct key_reading reading;
	struct arena arena;
	enum rc rc;

	arena_init(&arena);
	if (rule != NULL) {
		key_rule_read(rule,
			&(struct key_request){ .target = target->raw_target,
				.suspended = key_rules_suspended(proxy->key_rules, target->route) },
			&arena, &reading);
		parts.target = reading.target;
		parts.mark = reading.mark;
	}
	rc = key_make(&parts, proxy->seed, buffer, ret);
	arena_done(&arena);
	return rc;
}

enum rc identity_make(struct exchange *x)
{
	const struct config *config = x->proxy->config;
	const struct request *request = x->request;
	char rule[MEMO_VARY_MAX + 1];

	x->view.keyed_by_body = x->gathered.whole || (!request->has_body && asks_by_body(x));
	ask_key_rule(x);
	x->parts = (struct key_parts){
		.route = slice_of(config->routes[x->route].path),
		.namespace_version = identity_version(config, x->tenant),
		.target = identity_ruled_target(x),
		.mark = x->asked.mark,
		.tenant = tenancy_name(config, x->tenant),
	};
	x->range = (struct slice){ "", 0 };
	if (x->view.keyed_by_body) {
		x->parts.method = request->method_text;
		TRY(digest_body(x, &x->parts.digest));
	} else if (request->method == METHOD_GET) {
		x->range = headers_get(&request->headers, FIELD_RANGE);
	}
	if (!x->view.keyed_by_body && known_rule(x, rule))
		TRY(apply_rule(&x->parts, arena_copy(x->arena, slice_of(rule)), x->arena));
	return key_make(&x->parts, x->proxy->seed, &x->key_buffer, &x->key);
}

enum rc identity_of_response(
	struct flight *flight, const struct headers *fields, struct bytes *buffer, struct key *ret)
{
	struct proxy *proxy = flight->proxy;
	struct key_parts parts = flight->parts;
	struct slice rule = headers_combined(fields, SLICE("no-vary-search"), &flight->arena);
	bool is_new = rule.size > 0 && rule.size <= MEMO_VARY_MAX;

	if (parts.method.size > 0 || (!is_new && parts.rule.size == 0)) {
		*ret = flight->key;
		return RC_OK;
	}
	parts.target = flight->ruled_target;
	parts.rule = (struct slice){ "", 0 };
	if (is_new)
		TRY(apply_rule(&parts, rule, &flight->arena));
	memo_note_vary(
		proxy->rules, rule_hash(proxy, parts.tenant, flight->raw_target), parts.rule);
	if (parts.rule.size > 0)
		atomic_store_explicit(&proxy->house->has_rules, true, memory_order_relaxed);
	return key_make(&parts, proxy->seed, buffer, ret);
}

void identity_know_rule(struct proxy *proxy, const struct key_parts *parts)
{
	if (parts->rule.size == 0 || parts->rule.size > MEMO_VARY_MAX)
		return;
	memo_note_vary(proxy->rules, rule_hash(proxy, parts->tenant, parts->target), parts->rule);
	atomic_store_explicit(&proxy->house->has_rules, true, memory_order_relaxed);
}

bool identity_rule_ended(struct flight *flight)
{
	struct slice rule =
		headers_combined(&flight->received, SLICE("no-vary-search"), &flight->arena);

	return flight->parts.rule.size > 0 && !slice_equal(flight->parts.rule, rule);
}
