/* proxy/forward.c - which fields of a client's request the origin gets. */
#include "forward.h"

#include "quota.h"
#include "final.h"
#include "key/identity.h"
#include "deliver/rewriting.h"
#include "state.h"

#include "policy/coding.h"
#include "policy/conditional.h"
#include "util/hash.h"

#include <arpa/inet.h>
#include <string.h>

#define NETWORK_BYTES 8

static bool lists(const struct text_list *list, struct slice name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (slice_equal_nocase(slice_of(list->items[i]), name))
			return true;
	}
	return false;
}

static bool route_adds(const struct flight *flight, struct slice name)
{
	const struct config_route *route = flight_route(flight);

	return lists(&route->forward, name) || lists(&route->forward_unkeyed, name);
}

/* A private fetch may take the client's conditions and range along: of what comes then, only a 200 or
 * a part is stored (has_own_questions() in origin_side.c). */
static bool is_condition(enum field_id id)
{
	return id == FIELD_IF_MATCH || id == FIELD_IF_NONE_MATCH || id == FIELD_IF_MODIFIED_SINCE ||
	       id == FIELD_IF_UNMODIFIED_SINCE || id == FIELD_IF_RANGE || id == FIELD_RANGE;
}

static bool is_sent(const struct flight *flight, const struct field *field)
{
	unsigned flags = field_flags(field->id);

	if (flags & (FIELD_IS_HOP | FIELD_IS_OURS) || field->id == FIELD_VIA ||
		field->id == FIELD_ACCEPT_ENCODING)
		return false;
	if (headers_connection_names(&flight->request, field->name) ||
		rewriting_withholds(flight_route(flight), flight->method, field->id))
		return false;
	if (!flight->cached || flags & FIELD_IS_REQUEST)
		return true;
	if (flight->parts.method.size > 0 && identity_describes_body(field))
		return true;
	if (flight->private && flight->stale == NULL && is_condition(field->id))
		return true;
	return route_adds(flight, field->name);
}

static struct slice sent_value(
	struct flight *flight, const struct request *request, const struct field *field)
{
	if (field->id == FIELD_MAX_FORWARDS)
		return final_forwards_left(flight->method, field->value, &flight->arena);
	return rewriting_tags_back(flight, request, field);
}

/* Asked for by us on cached routes (see struct flight), by the client on others, unless it is to be read. */
static void add_accept_encoding(struct flight *flight)
{
	struct slice asked = headers_get(&flight->request, FIELD_ACCEPT_ENCODING);

	if (!flight->cached && flight_route(flight)->rewrite_body)
		asked = coding_prefers_gzip(&flight->request) ? SLICE("gzip") : SLICE("identity");
	if (asked.data != NULL)
		headers_add_known(&flight->sent, FIELD_ACCEPT_ENCODING, asked);
}

/* The list that came, if any, with our member behind it. */
static void add_to_list(struct flight *flight, enum field_id id, const char *member)
{
	struct arena *arena = &flight->arena;
	struct slice before = headers_combined(&flight->request, field_name(id), arena);

	headers_add_known(&flight->sent, id,
		before.size > 0
			? arena_format(arena, SLICE_FORMAT ", %s", SLICE_ARGS(before), member)
			: arena_copy(arena, slice_of(member)));
}

/* "for=..." of RFC 7239 6: an address with colons is quoted and bracketed; a Unix socket has none. */
static struct slice node_of(struct slice address, struct arena *arena)
{
	if (slice_equal(address, SLICE("unix")))
		return SLICE("for=unknown");
	if (slice_find(address, ':') >= 0)
		return arena_format(arena, "for=\"[" SLICE_FORMAT "]\"", SLICE_ARGS(address));
	return arena_format(arena, "for=" SLICE_FORMAT, SLICE_ARGS(address));
}

/* Who stood before the peer, as a trusted proxy told it: its Forwarded, or what its X-Forwarded-For
 * came to. What the request says beside addresses is not for a fetch that others share. */
static struct slice hops_before(
	const struct flight *flight, const struct request *request, struct arena *arena)
{
	struct slice told = { NULL, 0 };

	if (!request->trusted)
		return told;
	if (!flight->cached)
		told = headers_combined(&flight->request, field_name(FIELD_FORWARDED), arena);
	if (told.size == 0 && !slice_equal(request->client, request->peer))
		told = node_of(request->client, arena);
	return told;
}

/* Each proxy names its own peer. By which host and scheme the client knows us could shape the answer,
 * and is not in the key: it stays here where others may get that answer. */
static void add_forwarded(struct flight *flight, const struct request *request)
{
	struct arena *arena = &flight->arena;
	struct slice before = hops_before(flight, request, arena), more = SLICE("");
	struct slice host = headers_get(&request->headers, FIELD_HOST);
	struct slice node = node_of(request->peer, arena);

	if (!flight_upstream(flight)->forwarded)
		return;
	if (!flight->cached)
		more = arena_format(arena, ";host=\"" SLICE_FORMAT "\";proto=%s", SLICE_ARGS(host),
			request->secure ? "https" : "http");
	headers_add_known(&flight->sent, FIELD_FORWARDED,
		arena_format(arena, SLICE_FORMAT "%s" SLICE_FORMAT SLICE_FORMAT, (int)before.size,
			before.size > 0 ? before.data : "", before.size > 0 ? ", " : "",
			SLICE_ARGS(node), SLICE_ARGS(more)));
}

/* What the origin may compare with what is stored (RFC 9111 4.3.1). A POST's answer can't be
 * validated. */
static void add_conditions(struct flight *flight)
{
	struct object *all[OTHERS_MOST + 1];
	size_t count;

	if (flight->method != METHOD_GET && flight->method != METHOD_HEAD &&
		flight->method != METHOD_QUERY)
		return;
	count = flight_candidates(flight, all);
	flight->validates = conditional_add_candidates(all, count, &flight->sent) == RC_OK;
}

/* The rest of what is stored in part, if it is still a part of the same (RFC 9110 13.1.5). */
static void add_rest(struct flight *flight)
{
	const struct object *part = flight->part;

	if (part == NULL)
		return;
	headers_add_known(&flight->sent, FIELD_RANGE,
		arena_format(&flight->arena, "bytes=%zu-", part->body->size));
	headers_add_known(&flight->sent, FIELD_IF_RANGE, headers_get(&part->headers, FIELD_ETAG));
}

static void fill_fields(struct flight *flight, const struct request *request)
{
	HEADERS_EACH(at, &flight->request) {
		if (is_sent(flight, at))
			headers_add(&flight->sent, at->name, sent_value(flight, request, at));
	}
	add_accept_encoding(flight);
	add_to_list(flight, FIELD_VIA, request->http_1_0 ? "1.0 " PSEUDONYM : "1.1 " PSEUDONYM);
	add_to_list(flight, FIELD_CDN_LOOP, flight->proxy->house->instance);
	add_forwarded(flight, request);
	if (!flight->cached)
		return;
	add_conditions(flight);
	add_rest(flight);
	if (flight->validates)
		flight->purpose = FLIGHT_VALIDATION;
}

/* Whose turn it takes. Of IPv6 a network's hosts have 2^64 addresses to choose from: they are one. */
static uint64_t client_of(struct slice client, uint64_t seed)
{
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN];

	if (client.size < sizeof(text)) {
		*(char *)mempcpy(text, client.data, client.size) = '\0';
		if (inet_pton(AF_INET6, text, &address) == 1 && !IN6_IS_ADDR_V4MAPPED(&address))
			return hash_bytes(&address, NETWORK_BYTES, seed);
	}
	return hash_bytes(client.data, client.size, seed);
}

void forward_request(struct flight *flight, const struct request *request)
{
	fill_fields(flight, request);
	flight->client = client_of(request->client, flight->proxy->seed);
	flight->quota = quota_of(flight, request);
	flight_start(flight, flight->method == METHOD_GET ? SLICE("GET") : request->method_text);
}

bool forward_is_loop(const struct proxy *proxy, const struct headers *request)
{
	struct slice own = slice_of(proxy->house->instance);
	const struct field *field;
	uint32_t from = 0;

	while ((field = headers_next(request, FIELD_CDN_LOOP, &from)) != NULL) {
		struct slice rest = field->value, member;

		while (list_next(&rest, &member)) {
			if (slice_equal(slice_trim(member), own))
				return true;
		}
	}
	return false;
}
