/* config/verify_control.c - what must hold between the settings of those who operate larder. */
#include "verification.h"

#include "checks.h"
#include "nearest.h"

#include <string.h>
#include <strings.h>

/* Whoever reaches a listener without tokens may do everything. */
static void need_tokens(const struct verification *v)
{
	const struct node *list = node_at(v->root, "admin.listen");
	const struct config_admin *admin = &v->config->admin;

	for (size_t i = 0; i < admin->listen.count && admin->token_count == 0; i++) {
		const char *listener = admin->listen.items[i];

		if (check_is_local_listener(listener) ||
			!verification_is_well(v, v->root, "admin.listen"))
			continue;
		fault_add(v->faults, list != NULL ? list : v->root,
			"admin.listen at %s without admin.tokens; expected a token, or loopback or "
			"a Unix socket",
			fault_quote(v->faults, listener));
	}
}

bool verification_is_page(const struct verification *v, const char *page, const char *path)
{
	size_t size = strlen(page);

	if (size == 0 || strncmp(path, page, size) != 0)
		return false;
	return path[size] == '\0' ||
	       (page == v->config->server.health &&
		       (strcmp(path + size, "/live") == 0 || strcmp(path + size, "/ready") == 0));
}

static bool in_listen(const struct config *config, const char *listener)
{
	for (size_t i = 0; i < config->server.listen.count; i++) {
		if (check_same_listener(config->server.listen.items[i], listener))
			return true;
	}
	return false;
}

static void need_free_admin_listeners(const struct verification *v)
{
	const struct text_list *own = &v->config->admin.listen;

	if (!verification_is_well(v, v->root, "admin.listen") ||
		!verification_is_well(v, v->root, "server.listen"))
		return;
	for (size_t i = 0; i < own->count; i++) {
		if (in_listen(v->config, own->items[i]))
			fault_add(v->faults,
				verification_place(v->root, "admin.listen", "server.listen"),
				"%s for admin.listen and for server.listen; expected two addresses",
				fault_quote(v->faults, own->items[i]));
	}
}

/* Lines of requests between its own would break its chain. */
static void need_own_audit(const struct verification *v)
{
	const char *audit = v->config->admin.audit;

	if (audit[0] != '\0' && strcmp(audit, v->config->log.access) == 0 &&
		verification_is_well(v, v->root, "admin.audit") &&
		verification_is_well(v, v->root, "log.access"))
		fault_add(v->faults, verification_place(v->root, "admin.audit", "log.access"),
			"%s for admin.audit and for log.access; expected two files",
			fault_quote(v->faults, audit));
}

/* The tenant that a token names. */
static void need_tenant(
	const struct verification *v, const struct config_token *token, const struct node *node)
{
	const struct config *c = v->config;
	struct nearest nearest;
	struct slice best;

	if (token->tenant[0] == '\0')
		return;
	nearest_init(&nearest, token->tenant);
	for (size_t i = 0; i < c->tenant_count; i++) {
		if (strcmp(c->tenants[i].name, token->tenant) == 0)
			return;
		nearest_offer(&nearest, slice_of(c->tenants[i].name));
	}
	fault_add(v->faults, node_member(node, "tenant"), "no tenant is named %s; expected %s%s",
		fault_quote(v->faults, token->tenant),
		nearest_best(&nearest, &best) ? "the nearest known, " : "a name from tenants",
		nearest_best(&nearest, &best) ? best.data : "");
}

static void need_distinct_token(const struct verification *v, size_t index, const struct node *node)
{
	const struct config_token *all = v->config->admin.tokens, *token = &all[index];

	for (size_t i = 0; i < index; i++) {
		if (all[i].name != NULL && token->name != NULL &&
			strcmp(all[i].name, token->name) == 0)
			fault_add(v->faults, node_member(node, "name"),
				"another token named %s; expected one, and line %d has it",
				fault_quote(v->faults, token->name), all[i].line);
		if (all[i].sha256 != NULL && token->sha256 != NULL &&
			strcasecmp(all[i].sha256, token->sha256) == 0)
			fault_add(v->faults, node_member(node, "sha256"),
				"the same token again; expected each once, and line %d has it",
				all[i].line);
	}
}

static void verify_tokens(const struct verification *v)
{
	const struct node *list = node_at(v->root, "admin.tokens");
	const struct node *node = list != NULL ? list->first : NULL;

	for (size_t i = 0; i < v->config->admin.token_count; i++) {
		need_distinct_token(v, i, node);
		need_tenant(v, &v->config->admin.tokens[i], node);
		node = node != NULL ? node->next : NULL;
	}
}

static bool has_digest(const struct config_tenant *tenant, const char *digest)
{
	for (size_t i = 0; i < tenant->keys.count; i++) {
		if (strcasecmp(tenant->keys.items[i], digest) == 0)
			return true;
	}
	for (size_t i = 0; i < tenant->certificates.count; i++) {
		if (strcasecmp(tenant->certificates.items[i], digest) == 0)
			return true;
	}
	return false;
}

/* What is one's can't be another's. */
static void need_own(const struct verification *v, size_t index, const struct text_list *digests,
	const struct node *node)
{
	const struct config *c = v->config;

	for (size_t i = 0; i < index; i++) {
		for (size_t k = 0; k < digests->count; k++) {
			if (has_digest(&c->tenants[i], digests->items[k]))
				fault_add(v->faults, node,
					"a key or certificate of tenant %s for %s, too; expected "
					"one tenant",
					c->tenants[i].name, c->tenants[index].name);
		}
	}
}

static void need_client_ca(
	const struct verification *v, const struct config_tenant *tenant, const struct node *node)
{
	if (tenant->certificates.count > 0 && v->config->server.tls.client_ca[0] == '\0' &&
		verification_is_well(v, v->root, "server.tls.client_ca"))
		fault_add(v->faults, verification_place(node, "certificates", "keys"),
			"certificates of tenant %s without server.tls.client_ca; expected the "
			"authorities that made them",
			tenant->name);
}

/* What they are sure of together can't be more than there is. */
static void need_whole(const struct verification *v, const char *name, int64_t sum)
{
	if (sum > 100)
		fault_add(v->faults, node_at(v->root, "tenants"),
			"tenants with %lld%% of %s together; expected 100%% at most",
			(long long)sum, name);
}

static void verify_tenants(const struct verification *v)
{
	const struct node *node = verification_first(v, "tenants");
	int64_t memory = 0, disk = 0, upstream = 0;

	for (size_t i = 0; i < v->config->tenant_count; i++) {
		const struct config_tenant *tenant = &v->config->tenants[i];

		need_own(v, i, &tenant->keys, node);
		need_own(v, i, &tenant->certificates, node);
		need_client_ca(v, tenant, node);
		memory += tenant->memory;
		disk += tenant->disk;
		upstream += tenant->upstream;
		node = node != NULL ? node->next : NULL;
	}
	need_whole(v, "memory", memory);
	need_whole(v, "disk", disk);
	need_whole(v, "upstream", upstream);
}

/* What is signed is nobody else's word: else an event for one could be brought to another. */
static void need_own_secret(const struct verification *v, size_t index, const struct node *node)
{
	const struct config_source *all = v->config->sources, *source = &all[index];

	for (size_t i = 0; i < index; i++) {
		if (all[i].secret != NULL && source->secret != NULL &&
			strcmp(all[i].secret, source->secret) == 0)
			fault_add(v->faults, node_member(node, "secret"),
				"the secret of another source for %s, too; expected one of its "
				"own, and line %d has it",
				source->name, all[i].line);
	}
}

/* An event that purges what its values say needs a place for them. */
static void need_place(
	const struct verification *v, const struct config_source *source, const struct node *node)
{
	if (source->value != NULL && strstr(source->value, "{}") == NULL &&
		source->pointer[0] != '\0' && node_member(node, "value") != NULL)
		fault_add(v->faults, node_member(node, "value"),
			"%s for value without {}, though there is a pointer; expected the "
			"place of what it finds",
			fault_quote(v->faults, source->value));
}

static void verify_sources(const struct verification *v)
{
	const struct node *node = verification_first(v, "events");

	for (size_t i = 0; i < v->config->source_count; i++) {
		need_own_secret(v, i, node);
		need_place(v, &v->config->sources[i], node);
		node = node != NULL ? node->next : NULL;
	}
}

void verify_control(const struct verification *v)
{
	need_tokens(v);
	need_free_admin_listeners(v);
	need_own_audit(v);
	verify_tokens(v);
	verify_tenants(v);
	verify_sources(v);
}
