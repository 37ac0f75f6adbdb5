/* proxy/deliver/rewriting.c - which base a client knows us by, and the fields that are written for it.
 *
 * References are read as browsers would read them at the origin (RFC 3986 5); what can't be read, or is served
 * by no route, stays. Threads, ownership: rewriting.h.
 */
#include "rewriting.h"

#include "address_map.h"
#include "route.h"
#include "state.h"

#include "http/link.h"
#include "http/reference.h"
#include "http/uri.h"
#include "http/validators.h"
#include "policy/coding.h"
#include "util/digest.h"
#include "util/hash.h"

#define AUTHORITY_MOST ((size_t)300) /* a name of 253 letters and a port */
#define URL_MOST       ((size_t)64 * 1024)
#define LINK_GROWTH    ((size_t)8 * 1024)
#define SUFFIX_BYTES   4 /* of a digest, in a tag */

static const struct config_route *route_of(const struct exchange *x)
{
	return &x->proxy->config->routes[x->route];
}

static const struct address_map *map_of(const struct exchange *x)
{
	return address_map_of(x->proxy->addresses, x->route);
}

/* ---- the client's base ---- */

/* By which the client asked, where it is nothing but a name or address and a port: it is going to stand in
 * front of paths. */
static struct slice base_of_host(const struct request *request, struct arena *arena)
{
	struct slice host = headers_get(&request->headers, FIELD_HOST), text;
	struct base_url base;

	if (host.size == 0 || host.size > AUTHORITY_MOST)
		return SLICE("");
	text = arena_format(arena, "%s" SLICE_FORMAT, request->secure ? "https://" : "http://",
		SLICE_ARGS(host));
	if (base_url_parse(text, &base) != RC_OK || base.path.size > 0)
		return SLICE("");
	return text;
}

/* "": nobody knows; paths alone are right then. */
static struct slice base_of(
	const struct config_route *route, const struct request *request, struct arena *arena)
{
	return route->public_url[0] != '\0' ? slice_of(route->public_url)
					    : base_of_host(request, arena);
}

/* ---- what is to be done ---- */

bool rewriting_refers(const struct headers *fields)
{
	return headers_has(fields, FIELD_LOCATION) || headers_has(fields, FIELD_CONTENT_LOCATION) ||
	       headers_has(fields, FIELD_LINK);
}

bool rewriting_takes(const struct config_route *route, const struct headers *fields)
{
	return route->rewrite_body &&
	       rewrite_syntax_of(headers_get(fields, FIELD_CONTENT_TYPE)) != REWRITE_NONE;
}

/* What came in a coding that can't be undone, or must not be, goes on as it is (RFC 9110 7.7). */
static bool may_be_read(const struct exchange *x, const struct headers *fields)
{
	if (!coding_may_transform(fields, &x->view))
		return false;
	switch (coding_of(fields)) {
	case CODING_IDENTITY:
		return true;
	case CODING_GZIP: /* one that can't be inflated is better than none */
		return !x->found.undecodable || coding_use(fields, &x->view) != CODING_AS_IT_IS;
	case CODING_OTHER:
		break;
	}
	return false;
}

/* Of everything that the answer depends on beside what came: so that it is known whether a reply that was
 * kept is for this client. */
static uint64_t identity_of(const struct exchange *x)
{
	bool gzip = rewriting_is_on(x) && coding_prefers_gzip(x->view.headers);
	struct slice base = x->rewrite.base;

	return hash_bytes(base.data, base.size, x->proxy->seed + gzip) | 1;
}

void rewriting_plan(struct exchange *x, const struct headers *fields, int status, bool refers)
{
	const struct config_route *route = route_of(x);
	bool body = status != 204 && status != 206 && status != 304 &&
		    rewriting_takes(route, fields) && may_be_read(x, fields);

	x->rewrite = (__typeof__(x->rewrite)){ .body = REWRITE_NONE };
	if (!refers && !body)
		return;
	x->rewrite.base = base_of(route, x->request, x->arena);
	if (body && x->rewrite.base.size > 0)
		x->rewrite.body = rewrite_syntax_of(headers_get(fields, FIELD_CONTENT_TYPE));
	x->rewrite.identity = identity_of(x);
}

/* ---- references ---- */

/* A URL at the origin as a path here. */
struct here {
	struct slice path; /* the rule's */
	struct slice rest; /* of the URL, behind what the rule speaks of */
};

/* Without dot segments, which could lead out of what a rule speaks of. RC_INVALID: they are in disguise. */
static enum rc without_dots(struct slice url, struct arena *arena, struct slice *ret)
{
	struct slice fragment = url, resolved;
	struct bytes buffer;
	enum rc rc;

	slice_cut(&fragment, '#');
	bytes_init(&buffer, URL_MOST);
	rc = reference_resolve(url, url, &buffer, &resolved);
	if (rc == RC_OK)
		*ret = arena_format(arena, SLICE_FORMAT "%s" SLICE_FORMAT, SLICE_ARGS(resolved),
			fragment.data != NULL ? "#" : "", SLICE_ARGS(fragment));
	bytes_done(&buffer);
	return rc;
}

static struct slice path_of(struct slice url)
{
	size_t end = 0;

	while (end < url.size && url.data[end] != '?' && url.data[end] != '#')
		end++;
	return (struct slice){ url.data, end };
}

static bool find_here(struct exchange *x, struct slice url, struct here *ret)
{
	const struct rewrite_rule *rule;

	if (target_has_dots(path_of(url)) && without_dots(url, x->arena, &url) != RC_OK)
		return false;
	rule = rewrite_find(&map_of(x)->rules, url);
	if (rule == NULL)
		return false;
	*ret = (struct here){ rule->to, slice_skip(url, rule->from.size) };
	return true;
}

/* base may be empty: then it is a path that has to begin with '/'. */
static struct slice write_here(struct exchange *x, struct slice base, const struct here *here)
{
	const char *slash = "";

	if (base.size == 0 && here->path.size == 0 &&
		(here->rest.size == 0 || here->rest.data[0] != '/'))
		slash = "/";
	return arena_format(x->arena, SLICE_FORMAT SLICE_FORMAT "%s" SLICE_FORMAT, SLICE_ARGS(base),
		SLICE_ARGS(here->path), slash, SLICE_ARGS(here->rest));
}

/* What goes before a path where the origin wrote one without host. */
static struct slice base_of_paths(const struct exchange *x)
{
	return route_of(x)->public_url[0] != '\0' ? x->rewrite.base : SLICE("");
}

/* "//host/path": at the origin it has the scheme of the request there, which of its base URLs has. */
static struct slice network_here(struct exchange *x, struct slice reference)
{
	static const char *const schemes[] = { "https:", "http:" };

	for (size_t i = 0; i < 2; i++) {
		struct slice url = arena_format(
			x->arena, "%s" SLICE_FORMAT, schemes[i], SLICE_ARGS(reference));
		struct here here;

		if (find_here(x, url, &here))
			return write_here(x, x->rewrite.base, &here);
	}
	return reference;
}

/* "/path" of the origin's own. */
static struct slice path_here(struct exchange *x, struct slice reference)
{
	const struct address_map *map = map_of(x);

	for (size_t i = 0; i < map->origin_count; i++) {
		struct slice url = arena_format(x->arena, SLICE_FORMAT SLICE_FORMAT,
			SLICE_ARGS(map->origins[i]), SLICE_ARGS(reference));
		struct here here;

		if (find_here(x, url, &here))
			return write_here(x, base_of_paths(x), &here);
	}
	return reference;
}

/* What a reference comes to, fragment and all. */
static bool resolve(
	struct exchange *x, struct slice base, struct slice reference, struct slice *ret)
{
	struct slice fragment = reference, resolved;
	struct bytes buffer;
	bool found;

	slice_cut(&fragment, '#');
	bytes_init(&buffer, URL_MOST);
	found = reference_resolve(base, reference, &buffer, &resolved) == RC_OK;
	if (found)
		*ret = arena_format(x->arena, SLICE_FORMAT "%s" SLICE_FORMAT, SLICE_ARGS(resolved),
			fragment.data != NULL ? "#" : "", SLICE_ARGS(fragment));
	bytes_done(&buffer);
	return found;
}

/* Relative to what was asked for: mostly it comes to the same here as there, and stays. */
static struct slice relative_here(struct exchange *x, struct slice reference)
{
	const struct config_route *route = route_of(x);
	struct slice target = route_target(route, x->request->raw_target, x->arena);
	struct slice there, by_client, path;
	struct here here;

	if (!resolve(x,
		    arena_format(x->arena, "%s" SLICE_FORMAT,
			    x->proxy->config->upstreams[route->upstream_index].url,
			    SLICE_ARGS(target)),
		    reference, &there) ||
		!resolve(x,
			arena_format(x->arena, "http://x" SLICE_FORMAT,
				SLICE_ARGS(x->request->raw_target)),
			reference, &by_client) ||
		!find_here(x, there, &here))
		return reference;
	path = write_here(x, SLICE(""), &here);
	if (slice_equal(path, slice_skip(by_client, SLICE("http://x").size)))
		return reference;
	return write_here(x, base_of_paths(x), &here);
}

/* RFC 3986 4.2: a colon before the first '/' ends a scheme. */
static bool has_scheme(struct slice reference)
{
	struct slice path = path_of(reference);
	ptrdiff_t colon = slice_find(path, ':'), slash = slice_find(path, '/');

	return colon >= 0 && (slash < 0 || colon < slash);
}

static struct slice reference_here(struct exchange *x, struct slice reference)
{
	struct here here;

	/* of the same document, whatever it is called */
	if (reference.size == 0 || reference.data[0] == '?' || reference.data[0] == '#')
		return reference;
	if (slice_starts(reference, SLICE("//")))
		return network_here(x, reference);
	if (reference.data[0] == '/')
		return path_here(x, reference);
	if (!has_scheme(reference))
		return relative_here(x, reference);
	return find_here(x, reference, &here) ? write_here(x, x->rewrite.base, &here) : reference;
}

static struct slice links_here(struct exchange *x, struct slice value)
{
	struct slice target, written = value;
	const char *from = value.data;
	struct bytes buffer;
	size_t at = 0;
	enum rc rc = RC_OK;

	bytes_init(&buffer, value.size + LINK_GROWTH);
	while (rc == RC_OK && link_next(value, &at, &target)) {
		rc = bytes_append(&buffer, from, (size_t)(target.data - from));
		if (rc == RC_OK)
			rc = bytes_append_slice(&buffer, reference_here(x, target));
		from = target.data + target.size;
	}
	if (rc == RC_OK)
		rc = bytes_append(&buffer, from, (size_t)(value.data + value.size - from));
	if (rc == RC_OK)
		written = arena_copy(x->arena, bytes_slice(&buffer));
	bytes_done(&buffer);
	return written;
}

/* ---- tags ---- */

/* What makes a tag one of the representation with this base: its addresses, and by which routes they go. */
static struct slice suffix_of(const struct address_map *map, struct slice base, struct arena *arena)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[DIGEST_SIZE];
	char text[2 * SUFFIX_BYTES];

	digest_sha256(arena_format(arena, "%016llx" SLICE_FORMAT, (unsigned long long)map->version,
			      SLICE_ARGS(base)),
		digest);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = digits[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
	return arena_format(arena, "-%.*s", (int)sizeof(text), text);
}

static struct slice tag_here(struct exchange *x, struct slice value)
{
	struct slice suffix;
	struct etag tag;

	if (!rewriting_is_on(x) || etag_parse(value, &tag) != RC_OK)
		return value;
	suffix = suffix_of(map_of(x), x->rewrite.base, x->arena);
	return arena_format(x->arena, "%s\"" SLICE_FORMAT SLICE_FORMAT "\"", tag.weak ? "W/" : "",
		SLICE_ARGS(tag.opaque), SLICE_ARGS(suffix));
}

struct slice rewriting_value(struct exchange *x, const struct field *field)
{
	if (field->id == FIELD_LOCATION || field->id == FIELD_CONTENT_LOCATION)
		return reference_here(x, field->value);
	if (field->id == FIELD_LINK)
		return links_here(x, field->value);
	return field->id == FIELD_ETAG ? tag_here(x, field->value) : field->value;
}

const struct object *rewriting_head(struct exchange *x, const struct object *head)
{
	struct object *copy;

	if (!rewriting_is_on(x) || !headers_has(x->view.headers, FIELD_IF_NONE_MATCH))
		return head;
	copy = arena_alloc(x->arena, sizeof(*copy));
	*copy = (struct object){ .status = head->status, .freshness = head->freshness };
	headers_init(&copy->headers, x->arena);
	HEADERS_EACH(at, &head->headers) {
		headers_add(&copy->headers, at->name,
			at->id == FIELD_ETAG ? tag_here(x, at->value) : at->value);
	}
	return copy;
}

bool rewriting_withholds(
	const struct config_route *route, enum method method, enum field_id condition)
{
	bool reads = method == METHOD_GET || method == METHOD_HEAD || method == METHOD_QUERY;

	return route->rewrite_body && reads &&
	       (condition == FIELD_IF_NONE_MATCH || condition == FIELD_IF_MODIFIED_SINCE ||
		       condition == FIELD_IF_RANGE || condition == FIELD_RANGE);
}

/* Opaque parts of entity tags have no quotes, so the suffix and a quote is the end of one. */
struct slice rewriting_tags_back(
	struct flight *flight, const struct request *request, const struct field *field)
{
	const struct config_route *route = flight_route(flight);
	const struct address_map *map = address_map_of(flight->proxy->addresses, flight->route);
	struct arena *arena = &flight->arena;
	struct slice value = field->value, end, base;
	char *text;
	size_t size = 0;

	if ((field->id != FIELD_IF_MATCH && field->id != FIELD_IF_NONE_MATCH) ||
		!route->rewrite_body)
		return value;
	base = base_of(route, request, arena);
	end = arena_format(arena, SLICE_FORMAT "\"", SLICE_ARGS(suffix_of(map, base, arena)));
	text = arena_alloc(arena, value.size + 1);
	for (size_t i = 0; i < value.size; i++) {
		if (slice_starts(slice_skip(value, i), end))
			i += end.size - 1;
		text[size++] = value.data[i];
	}
	text[size] = '\0';
	return (struct slice){ text, size };
}
