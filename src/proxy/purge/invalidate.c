/* proxy/purge/invalidate.c - what an unsafe request does to the cache. */
#include "invalidate.h"

#include "grouping.h"
#include "key/identity.h"
#include "origin_side.h"
#include "own_tags.h"
#include "record.h"
#include "route.h"
#include "state.h"

#include "http/cache_groups.h"
#include "http/reference.h"
#include "http/uri.h"
#include "policy/storable.h"
#include "proxy/triggers.h"

#define MOST_URL_BYTES ((size_t)64 * 1024)

/* The target as the origin knows it. */
static struct slice own_url(const struct flight *flight, struct arena *arena)
{
	return arena_format(
		arena, "%s" SLICE_FORMAT, flight_upstream(flight)->url, SLICE_ARGS(flight->target));
}

static void raise_slot(struct flight *flight, uint32_t slot)
{
	groups_invalidate(flight->proxy->groups, slot, GROUPS_HARD);
	flight->raised++;
}

/* Counted, and among the triggers. */
static void note(
	struct flight *flight, enum label_scope scope, struct slice about, uint64_t entries)
{
	const struct trigger trigger = {
		.source = LABEL_SOURCE_REQUEST,
		.scope = scope,
		.mode = LABEL_MODE_HARD,
		.about = about,
		.tenant = flight->parts.tenant,
		.entries = entries,
	};

	record_invalidation(scope, LABEL_MODE_HARD, LABEL_SOURCE_REQUEST);
	triggers_note(flight->proxy, &trigger);
}

/* What spreads from the stored responses of a target. */
struct spreading {
	struct flight *flight;
	uint64_t entries;
};

/* Whoever shares a group with what is invalidated shares its fate (RFC 9875 2.2); what a tenant asks for, among
 * its own. */
static bool spreads(struct object *object, void *arg)
{
	struct spreading *spreading = arg;
	struct flight *flight = spreading->flight;
	size_t count = grouping_own(object, flight->parts.tenant);

	for (size_t i = 0; i < count; i++)
		raise_slot(flight, object->groups[i]);
	spreading->entries++;
	return false;
}

/* As the routes have it that would take it if this one were gone. */
static void raise_covering(struct flight *flight, const struct identity_target *target)
{
	uint32_t *slots;
	size_t count = keying_slots(flight->proxy, target, &flight->arena, &slots);

	for (size_t i = 0; i < count; i++)
		raise_slot(flight, slots[i]);
}

/* Everything of one target, in the store and on its way there. */
static void drop_target(struct flight *flight, uint16_t route, struct slice raw_target)
{
	struct proxy *proxy = flight->proxy;
	struct spreading spreading = { flight, 0 };
	const struct chooser chooser = { spreads, &spreading };
	const struct identity_target whose = { route, flight->tenant, raw_target };
	struct object *none = NULL;
	struct target target;
	struct bytes buffer;
	struct key key;

	if (target_split(raw_target, &target) != RC_OK)
		return;
	raise_slot(flight, identity_path_slot_in(proxy, flight->parts.tenant, raw_target));
	flight->raised += own_tags_raise_target(proxy, flight->parts.tenant, route, raw_target);
	raise_covering(flight, &whose);
	flight->raised += keying_note_url(proxy, GROUPS_HARD);
	bytes_init(&buffer, MOST_URL_BYTES);
	if (identity_of_target(proxy, &whose, &buffer, &key) == RC_OK) {
		raise_slot(flight, identity_target_slot(proxy, key));
		flights_purge(flight->table, key, flight);
		(void)!tier_get(proxy->store, &key, &chooser, &none);
		if (tier_drop(proxy->store, &key) == RC_OK)
			note(flight, LABEL_SCOPE_URL, raw_target, spreading.entries);
	}
	bytes_done(&buffer);
}

/* A URL at the origin may be reached by several routes. */
static void drop_at_origin(struct flight *flight, const struct url *url)
{
	const struct config *config = flight->proxy->config;
	size_t upstream = flight_route(flight)->upstream_index;
	struct url base;
	struct slice target;

	if (url_parse(slice_of(flight_upstream(flight)->url), &base) != RC_OK)
		return;
	for (size_t i = 0; i < config->route_count; i++) {
		if (config->routes[i].upstream_index == upstream &&
			route_target_back(&config->routes[i], base.target, url->target,
				&flight->arena, &target))
			drop_target(flight, (uint16_t)i, target);
	}
}

/* Whether the URL is at the address by which the client knows us. */
static bool is_at_host(const struct flight *flight, struct slice absolute)
{
	struct slice host = headers_get(&flight->request, FIELD_HOST);
	struct slice scheme = flight->secure ? SLICE("https://") : SLICE("http://");
	struct slice authority = slice_skip(absolute, scheme.size);

	return host.size > 0 && slice_starts(absolute, scheme) &&
	       slice_equal_nocase(slice_cut(&authority, '/'), host);
}

/* Whether the URL is the request's, as its client wrote it. */
static bool is_own_here(const struct flight *flight, struct slice absolute)
{
	struct url url;

	return is_at_host(flight, absolute) && url_parse(absolute, &url) == RC_OK &&
	       slice_equal(url.target, flight->raw_target);
}

/* RFC 9111 4.4: of the same origin only, or one could empty another's cache. */
static void drop_reference(struct flight *flight, struct slice reference)
{
	struct slice own = own_url(flight, &flight->arena), absolute;
	struct bytes buffer;
	struct url from, to;
	uint16_t route;

	bytes_init(&buffer, MOST_URL_BYTES);
	if (url_parse(own, &from) == RC_OK &&
		reference_resolve(own, reference, &buffer, &absolute) == RC_OK &&
		url_parse(absolute, &to) == RC_OK) {
		if (url_same_origin(&from, &to))
			drop_at_origin(flight, &to);
		else if (is_at_host(flight, absolute) &&
			 route_find(flight->proxy->config, to.target, &route))
			drop_target(flight, route, to.target);
	}
	bytes_done(&buffer);
}

static void drop_references(struct flight *flight)
{
	static const struct slice names[] = { { "location", 8 }, { "content-location", 16 } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct field *at;
		uint32_t from = 0;

		while ((at = headers_next_named(&flight->received, names[i], &from)) != NULL)
			drop_reference(flight, at->value);
	}
}

/* RFC 9875 3 */
static void drop_groups(struct flight *flight)
{
	struct proxy *proxy = flight->proxy;
	struct slice text = headers_combined(
		&flight->received, SLICE("cache-group-invalidation"), &flight->arena);
	struct slice *names;
	size_t count;

	if (text.size == 0 || cache_groups_parse(text, &flight->arena, &names, &count) != RC_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		raise_slot(flight, grouping_slot_of_origin(
					   proxy, flight->parts.tenant, flight->route, names[i]));
		note(flight, LABEL_SCOPE_TAG, names[i], 0);
	}
}

void invalidate_after(struct flight *flight)
{
	struct url own;

	if (flight->cached || method_is_safe(flight->method) || flight->status >= 400)
		return;
	drop_target(flight, flight->route, flight->raw_target);
	if (url_parse(own_url(flight, &flight->arena), &own) == RC_OK)
		drop_at_origin(flight, &own);
	drop_references(flight);
	drop_groups(flight);
	/* what it brings itself is younger than what it invalidated, but than nothing that somebody else
	 * invalidated meanwhile */
	if (groups_epoch(flight->proxy->groups) == flight->epoch + flight->raised)
		flight->epoch += flight->raised;
}

/* Whether the request had nothing that could shape the answer and that a GET of others has not: all
 * that goes along with a POST does so unkeyed. */
static bool is_plain(const struct flight *flight)
{
	HEADERS_EACH(at, &flight->request) {
		unsigned flags = field_flags(at->id);

		if (!(flags & (FIELD_IS_REQUEST | FIELD_IS_HOP | FIELD_IS_OURS)) &&
			at->id != FIELD_ACCEPT_ENCODING && !identity_describes_body(at))
			return false;
	}
	return true;
}

bool invalidate_answers_get(const struct flight *flight, const struct request_view *request,
	const struct response_view *response)
{
	struct policy_limits limits = origin_side_limits(flight);
	struct slice said = headers_get(&flight->received, FIELD_CONTENT_LOCATION);
	struct slice own, told;
	struct bytes a, b;
	bool same;

	if (said.size == 0 || !is_plain(flight) || !storable_for_get(request, response, &limits))
		return false;
	bytes_init(&a, MOST_URL_BYTES);
	bytes_init(&b, MOST_URL_BYTES);
	own = own_url(flight, flight->received.arena);
	same = reference_resolve(own, said, &a, &told) == RC_OK &&
	       reference_resolve(own, own, &b, &own) == RC_OK &&
	       (slice_equal(own, told) || is_own_here(flight, told));
	bytes_done(&a);
	bytes_done(&b);
	return same;
}
