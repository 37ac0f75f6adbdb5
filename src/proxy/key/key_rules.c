/* proxy/key/key_rules.c - the key rules of all routes. */
#include "key_rules.h"

#include "proxy/secrets.h"
#include "util/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Of the generations whose configurations have the rule in this form: a check may end in one that is old. */
struct standing {
	atomic_uint holders;
	atomic_bool suspended;
};

struct key_rules {
	struct redact_names secrets;
	size_t count;
	struct {
		struct key_rule *rule;
		struct standing *standing;
	} routes[];
};

static void add(struct redact_names *ret, const struct text_list *names)
{
	const char **items = (const char **)(uintptr_t)ret->items;

	for (size_t i = 0; i < names->count; i++)
		items[ret->count++] = names->items[i];
}

struct redact_names secrets_new(const struct config *config)
{
	size_t most = config->log.redact.count;
	struct redact_names ret = { 0 };

	for (size_t i = 0; i < config->route_count; i++)
		most += config->routes[i].key.credentials.count;
	for (size_t i = 0; i < config->upstream_count; i++)
		most += config->upstreams[i].credentials.count;
	ret.items = xalloc((most + 1) * sizeof(*ret.items));
	add(&ret, &config->log.redact);
	for (size_t i = 0; i < config->route_count; i++)
		add(&ret, &config->routes[i].key.credentials);
	for (size_t i = 0; i < config->upstream_count; i++)
		add(&ret, &config->upstreams[i].credentials);
	return ret;
}

void secrets_free(struct redact_names names)
{
	free((void *)(uintptr_t)names.items);
}

struct key_rules *key_rules_new(const struct config *config)
{
	struct key_rules *rules =
		xalloc(sizeof(*rules) + config->route_count * sizeof(rules->routes[0]));

	rules->secrets = secrets_new(config);
	rules->count = config->route_count;
	for (size_t i = 0; i < rules->count; i++) {
		rules->routes[i].rule = key_rule_new(&config->routes[i].key);
		rules->routes[i].standing = xalloc(sizeof(*rules->routes[i].standing));
		atomic_init(&rules->routes[i].standing->holders, 1);
	}
	return rules;
}

static void let_go(struct standing *standing)
{
	if (atomic_fetch_sub(&standing->holders, 1) == 1)
		free(standing);
}

void key_rules_share(
	struct key_rules *rules, size_t route, const struct key_rules *from, size_t from_route)
{
	let_go(rules->routes[route].standing);
	rules->routes[route].standing = from->routes[from_route].standing;
	atomic_fetch_add(&rules->routes[route].standing->holders, 1);
}

void key_rules_free(struct key_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		key_rule_free(rules->routes[i].rule);
		let_go(rules->routes[i].standing);
	}
	secrets_free(rules->secrets);
	free(rules);
}

const struct key_rule *key_rules_of(const struct key_rules *rules, uint16_t route)
{
	return rules->routes[route].rule;
}

bool key_rules_suspended(const struct key_rules *rules, uint16_t route)
{
	return atomic_load_explicit(
		&rules->routes[route].standing->suspended, memory_order_relaxed);
}

bool key_rules_suspend(struct key_rules *rules, uint16_t route)
{
	return !atomic_exchange(&rules->routes[route].standing->suspended, true);
}

struct redact_names key_rules_secrets(const struct key_rules *rules)
{
	return rules->secrets;
}
