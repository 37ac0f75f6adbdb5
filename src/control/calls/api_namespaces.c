/* control/calls/api_namespaces.c - everything, a route or a tenant left behind at once, however much it is. */
#include "namespaces.h"
#include "purge_order.h"

#include <string.h>

/* What a call is about. */
struct left {
	enum purge_scope scope; /* ALL, ROUTE or TENANT */
	struct slice name;      /* of size 0: ALL */
};

static const char *kept_name(struct call *call, const struct left *left)
{
	if (left->scope == PURGE_ALL)
		return "all";
	return arena_format(call->request->arena, "%s:" SLICE_FORMAT, purge_scope_word(left->scope),
		SLICE_ARGS(left->name))
		.data;
}

static json_t *shown(const struct left *left, int64_t version)
{
	return json_pack("{s:s, s:o, s:I}", "scope", purge_scope_word(left->scope), "name",
		json_of_slice(left->name), "version", (json_int_t)version);
}

/* false: refused. */
static bool list(struct call *call, const struct left *left, json_t *items)
{
	int64_t version;

	if (namespaces_version(call->control->namespaces, call->proxy, kept_name(call, left),
		    &version) != RC_OK) {
		call_refuse(call, 503, "the versions can't be read now");
		return false;
	}
	json_array_append_new(items, shown(left, version));
	return true;
}

static bool list_shared(struct call *call, json_t *items)
{
	const struct config *config = call->config;

	if (!list(call, &(struct left){ PURGE_ALL, SLICE("") }, items))
		return false;
	for (size_t i = 0; i < config->route_count; i++) {
		const struct left left = { PURGE_ROUTE, slice_of(config->routes[i].path) };

		if (!list(call, &left, items))
			return false;
	}
	return true;
}

/* A tenant's token sees that of its tenant. */
static bool list_all(struct call *call, json_t *items)
{
	const struct config *config = call->config;
	const char *own = call->caller.tenant;

	if (own[0] == '\0' && !list_shared(call, items))
		return false;
	for (size_t i = 0; i < config->tenant_count; i++) {
		const struct left left = { PURGE_TENANT, slice_of(config->tenants[i].name) };

		if ((own[0] == '\0' || strcmp(own, config->tenants[i].name) == 0) &&
			!list(call, &left, items))
			return false;
	}
	return true;
}

void namespaces_get(struct call *call)
{
	json_t *items = json_array();

	if (list_all(call, items))
		call_give(call, 200, json_pack("{s:o}", "items", items));
	else
		json_decref(items);
}

static bool refuse_member(struct call *call, const char *name)
{
	call_refuse(
		call, 400, "found a member \"%.200s\"; expected scope and name, as strings", name);
	return false;
}

/* As a purge is written: its words are read in one place. */
static bool read_left(struct call *call, struct purge_words *ret)
{
	const char *name;
	json_t *value;

	if (!json_is_object(call->body))
		return refuse_member(call, "");
	json_object_foreach(call->body, name, value)
	{
		struct slice text = { json_string_value(value), json_string_length(value) };

		if (strcmp(name, "scope") == 0 && json_is_string(value))
			ret->scope = text;
		else if (strcmp(name, "name") == 0 && json_is_string(value))
			ret->value = text;
		else
			return refuse_member(call, name);
	}
	return true;
}

static bool may_leave(struct call *call, const struct purge *purge)
{
	if (purge->scope != PURGE_ALL && purge->scope != PURGE_ROUTE &&
		purge->scope != PURGE_TENANT) {
		call_refuse(call, 400, "found scope \"%s\"; expected all, route or tenant",
			purge_scope_word(purge->scope));
		return false;
	}
	if (purge->scope == PURGE_ROUTE && call->caller.tenant[0] != '\0') {
		call_refuse(call, 403, "a route is everybody's, and the token is tenant %s's",
			call->caller.tenant);
		return false;
	}
	return true;
}

static void leave(struct call *call, struct purge *purge)
{
	struct left left = { purge->scope, purge->about };
	int64_t version = 0;
	enum rc rc;

	if (purge->scope == PURGE_ALL && purge->tenant.size > 0)
		left.scope = PURGE_TENANT;
	if (left.scope == PURGE_TENANT)
		left.name = purge->tenant;
	purge->source = LABEL_SOURCE_NAMESPACE;
	purge->who = slice_of(call->caller.name);
	call_tell(call, "scope", json_string(purge_scope_word(left.scope)));
	call_tell(call, "name", json_of_slice(left.name));
	rc = purge_bump(call->proxy, purge);
	if (rc == RC_OK)
		rc = namespaces_raise(
			call->control->namespaces, call->proxy, kept_name(call, &left), &version);
	if (rc != RC_OK) {
		struct order_fault fault = order_failed(rc);

		call_refuse(call, fault.status, SLICE_FORMAT, SLICE_ARGS(fault.detail));
		return;
	}
	call_tell(call, "version", json_integer((json_int_t)version));
	call_give(call, 200, shown(&left, version));
}

void namespaces_post(struct call *call)
{
	struct purge_words words = { .tenant = slice_of(call->caller.tenant),
		.now_ms = call->now_ms };
	struct purge purge;
	struct slice fault;
	enum rc rc;

	if (!read_left(call, &words))
		return;
	rc = purge_of_words(call->proxy, &words, call->request->arena, &purge, &fault);
	if (rc != RC_OK)
		call_refuse(call, order_failed(rc).status, SLICE_FORMAT, SLICE_ARGS(fault));
	else if (may_leave(call, &purge))
		leave(call, &purge);
}
