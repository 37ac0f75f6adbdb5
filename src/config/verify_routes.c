/* config/verify_routes.c - what must hold between the settings of one route. */
#include "verification.h"

#include "util/alloc.h"
#include "util/units.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One route, and where it stands; node NULL: in no file. */
struct placed {
	const struct verification *v;
	const struct config_route *route;
	const struct node *node;
};

static bool is_well(const struct placed *p, const char *path)
{
	return verification_is_well(p->v, p->node, path);
}

static void need_class(const struct placed *p)
{
	verify_name(
		p->v, node_member(p->node, "class"), &p->v->config->cache.classes, "cache.classes");
}

static void need_lifetime_to_force(const struct placed *p)
{
	const struct config_route *r = p->route;

	if (r->force && r->ttl.most_ms == 0 && r->class[0] == '\0' && is_well(p, "ttl") &&
		is_well(p, "class"))
		fault_add(p->v->faults, verification_place(p->node, "force", "path"),
			"force without ttl or class; expected a lifetime to be forced");
}

/* The first field of the list that says who asks; NULL: none. */
static const char *find_credential(const struct text_list *fields)
{
	static const char *const names[] = { "Authorization", "Cookie" };

	for (size_t i = 0; i < fields->count; i++) {
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			if (strcasecmp(fields->items[i], names[k]) == 0)
				return names[k];
		}
	}
	return NULL;
}

/* What was made for one client would be stored for all of them. */
static void need_no_credentials_with_force(const struct placed *p)
{
	const struct config_route *r = p->route;
	const struct text_list *const lists[] = { &r->forward, &r->forward_unkeyed };
	static const char *const names[] = { "forward", "forward_unkeyed" };

	for (size_t i = 0; i < 2 && r->force; i++) {
		const char *found = find_credential(lists[i]);

		if (found != NULL)
			fault_add(p->v->faults, verification_place(p->node, names[i], "force"),
				"%s in %s with force; expected routes that force lifetimes to "
				"forward no credentials",
				found, names[i]);
	}
}

static void need_adaptive_in_order(const struct placed *p)
{
	int64_t min = p->route->adaptive.min_ms, max = p->route->adaptive.max_ms;
	char texts[2][UNITS_TEXT];

	if (min > max && is_well(p, "adaptive.min") && is_well(p, "adaptive.max"))
		fault_add(p->v->faults, verification_place(p->node, "adaptive.min", "adaptive.max"),
			"adaptive.min of %s; expected at most adaptive.max, which is %s",
			units_write_duration(min, texts[0]), units_write_duration(max, texts[1]));
}

static void need_lengths_in_order(const struct placed *p)
{
	int64_t min = p->route->guard.min_length, max = p->route->guard.max_length;
	char texts[2][UNITS_TEXT];

	if (max > 0 && min > max && is_well(p, "guard.min_length") &&
		is_well(p, "guard.max_length"))
		fault_add(p->v->faults,
			verification_place(p->node, "guard.min_length", "guard.max_length"),
			"guard.min_length of %s; expected at most guard.max_length, which is %s",
			units_write_size(min, texts[0]), units_write_size(max, texts[1]));
}

/* The rules of a key that name parameters, and which of them can't be said of the same one: what
 * is dropped can have no default, and what passes has no key. */
enum rule { DROP, CREDENTIALS, PASS, DEFAULTS, SETS, RULES };

static const char *const rule_names[RULES] = {
	[DROP] = "drop",
	[CREDENTIALS] = "credentials",
	[PASS] = "pass",
	[DEFAULTS] = "defaults",
	[SETS] = "sets",
};

static bool can_stand_together(enum rule one, enum rule other)
{
	return (one == DROP && other == CREDENTIALS) || (one == DEFAULTS && other == SETS);
}

static struct text_list names_of(const struct config_key *key, enum rule rule)
{
	const struct text_list lists[RULES] = {
		[DROP] = key->drop,
		[CREDENTIALS] = key->credentials,
		[PASS] = key->pass,
		[DEFAULTS] = { key->defaults.names, key->defaults.count },
		[SETS] = key->sets,
	};

	return lists[rule];
}

static const char *find_name(
	const struct text_list *list, const char *wanted, const struct config_key *key)
{
	for (size_t i = 0; i < list->count; i++) {
		if ((key->fold_names ? strcasecmp : strcmp)(list->items[i], wanted) == 0)
			return list->items[i];
	}
	return NULL;
}

static void need_rules_apart(const struct placed *p, enum rule one, enum rule other)
{
	const struct config_key *key = &p->route->key;
	struct text_list names = names_of(key, one), others = names_of(key, other);
	char paths[2][32];

	snprintf(paths[0], sizeof(paths[0]), "key.%s", rule_names[one]);
	snprintf(paths[1], sizeof(paths[1]), "key.%s", rule_names[other]);
	for (size_t i = 0; i < others.count; i++) {
		if (find_name(&names, others.items[i], key) != NULL)
			fault_add(p->v->faults, verification_place(p->node, paths[1], paths[0]),
				"%s in %s and %s; expected it in one of them",
				fault_quote(p->v->faults, others.items[i]), paths[0], paths[1]);
	}
}

static void need_consistent_key(const struct placed *p)
{
	for (enum rule one = DROP; one < RULES; one++) {
		for (enum rule other = one + 1; other < RULES; other++) {
			if (!can_stand_together(one, other))
				need_rules_apart(p, one, other);
		}
	}
}

/* The classes of Accept count by that parameter, which the key must have then. */
static void need_format_in_key(const struct placed *p)
{
	const struct config_key *key = &p->route->key;
	static const enum rule rules[] = { DROP, CREDENTIALS };
	char path[32];

	for (size_t i = 0; i < 2 && key->accept.count > 0 && key->format[0] != '\0'; i++) {
		struct text_list names = names_of(key, rules[i]);

		snprintf(path, sizeof(path), "key.%s", rule_names[rules[i]]);
		if (find_name(&names, key->format, key) != NULL)
			fault_add(p->v->faults, verification_place(p->node, path, "key"),
				"%s in %s, which is key.format; expected it to be part of the key",
				fault_quote(p->v->faults, key->format), path);
	}
}

void verify_routes(const struct verification *v)
{
	static void (*const rules[])(const struct placed *) = {
		need_class,
		need_lifetime_to_force,
		need_no_credentials_with_force,
		need_adaptive_in_order,
		need_lengths_in_order,
		need_consistent_key,
		need_format_in_key,
	};
	const struct node *node = verification_first(v, "routes");

	for (size_t i = 0; i < v->config->route_count; i++) {
		struct placed p = { v, &v->config->routes[i], node };

		for (size_t k = 0; k < sizeof(rules) / sizeof(rules[0]); k++)
			rules[k](&p);
		node = node != NULL ? node->next : NULL;
	}
}

static bool is_in_key(const struct config_key *key, const char *name)
{
	for (enum rule rule = 0; rule < RULES; rule++) {
		const struct text_list names = names_of(key, rule);

		if (find_name(&names, name, key) != NULL)
			return true;
	}
	return false;
}

static void add_credential(struct config_key *key, const char *name)
{
	struct text_list *list = &key->credentials;
	char **items = xalloc((list->count + 1) * sizeof(*items));

	for (size_t i = 0; i < list->count; i++)
		items[i] = list->items[i];
	items[list->count] = xcopy(name, strlen(name));
	free(list->items);
	list->items = items;
	list->count++;
}

void verify_share_credentials(const struct verification *v)
{
	struct config *config = v->config;

	for (size_t i = 0; v->faults->count == 0 && i < config->route_count; i++) {
		struct config_route *route = &config->routes[i];
		const struct text_list *names =
			&config->upstreams[route->upstream_index].credentials;

		for (size_t k = 0; k < names->count; k++) {
			if (!is_in_key(&route->key, names->items[k]))
				add_credential(&route->key, names->items[k]);
		}
	}
}
