/* http/reference.c - URI references and absolute URLs (RFC 3986 5.2).
 *
 * The result is written as one text and its path is then walked in place: taking dot segments out
 * never makes it longer. Authorities are read as those of upstreams are (base_url.c), targets as
 * those of requests (uri.c): what comes out is something that a client could have asked us for.
 * Threads: any. Ownership: reference.h.
 */
#include "http/reference.h"

#include "http/uri.h"

#include <string.h>

#define PORT_HTTP  80
#define PORT_HTTPS 443

/* ---- absolute URLs ---- */

/* Of all of it, fragments included: neither blanks nor control characters nor what is not ASCII. */
static bool characters_valid(struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	}
	return true;
}

/* The length of "scheme://authority". */
static size_t origin_size(struct slice text)
{
	ptrdiff_t colon = slice_find(text, ':');
	size_t size = colon >= 0 ? (size_t)colon + sizeof("://") - 1 : text.size;

	while (size < text.size && text.data[size] != '/' && text.data[size] != '?')
		size++;
	return size < text.size ? size : text.size;
}

/* Takes scheme and authority off the front of *text; ret's target is not set. */
static enum rc eat_origin(struct slice *text, struct url *ret)
{
	struct slice origin = { text->data, origin_size(*text) };
	size_t size = origin.size;
	struct base_url base;

	/* A port may be empty (RFC 3986 3.2.3). */
	if (size > 0 && origin.data[size - 1] == ':')
		origin.size--;
	if (!characters_valid(origin))
		return RC_INVALID;
	TRY(base_url_parse(origin, &base));
	*text = slice_skip(*text, size);
	*ret = (struct url){ .secure = base.secure, .host = base.host, .port = base.port };
	return RC_OK;
}

enum rc url_parse(struct slice text, struct url *ret)
{
	struct target target;
	struct url url;

	TRY(eat_origin(&text, &url));
	if (text.size > 0 && text.data[0] == '?')
		return RC_UNSUPPORTED;
	url.target = text.size > 0 ? text : SLICE("/");
	if (target_split(url.target, &target) != RC_OK)
		return RC_INVALID;
	*ret = url;
	return RC_OK;
}

bool url_same_origin(const struct url *a, const struct url *b)
{
	return a->secure == b->secure && a->port == b->port && slice_equal_nocase(a->host, b->host);
}

/* ---- writing ---- */

/* What a resolved URL is made of. */
struct parts {
	struct url origin;
	struct slice folder; /* goes before the path: the base's, up to its last '/' */
	struct slice path;   /* may be empty: "/" */
	struct slice query;  /* data NULL: none */
};

static enum rc append_lower(struct bytes *b, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		char c = text.data[i];

		TRY(bytes_append_char(b, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c));
	}
	return RC_OK;
}

static enum rc append_origin(struct bytes *b, const struct url *url)
{
	bool is_ipv6 = slice_find(url->host, ':') >= 0;

	TRY(bytes_append_slice(b, url->secure ? SLICE("https://") : SLICE("http://")));
	if (is_ipv6)
		TRY(bytes_append_char(b, '['));
	TRY(append_lower(b, url->host));
	if (is_ipv6)
		TRY(bytes_append_char(b, ']'));
	if (url->port == (url->secure ? PORT_HTTPS : PORT_HTTP))
		return RC_OK;
	return bytes_format(b, ":%u", url->port);
}

/* How much of the path is left when the segment that was written last is taken back. */
static size_t without_last(const char *path, size_t size)
{
	while (size > 0 && path[size - 1] != '/')
		size--;
	return size > 0 ? size - 1 : 0;
}

/* Takes dot segments out of a path that begins with '/' and gives its new length (RFC 3986 5.2.4):
 * each turn moves one "/segment" to the end of what is kept. */
static size_t remove_dots(char *path, size_t size)
{
	size_t kept = 0, end;

	for (size_t at = 0; at < size; at = end) {
		struct slice segment;
		bool one, two;

		for (end = at + 1; end < size && path[end] != '/';)
			end++;
		segment = (struct slice){ path + at + 1, end - at - 1 };
		one = slice_equal(segment, SLICE("."));
		two = slice_equal(segment, SLICE(".."));
		if (two)
			kept = without_last(path, kept);
		if (!one && !two) {
			memmove(path + kept, path + at, end - at);
			kept += end - at;
		} else if (end == size) {
			path[kept++] = '/';
		}
	}
	return kept;
}

static enum rc append_path(struct bytes *b, const struct parts *parts)
{
	size_t start = b->size;

	TRY(bytes_append_slice(b, parts->folder));
	TRY(bytes_append_slice(b, parts->path));
	if (b->size == start)
		TRY(bytes_append_char(b, '/'));
	b->size = start + remove_dots(b->data + start, b->size - start);
	b->data[b->size] = '\0';
	return RC_OK;
}

static enum rc write_parts(const struct parts *parts, struct bytes *buffer)
{
	struct target target;
	size_t start;

	TRY(append_origin(buffer, &parts->origin));
	start = buffer->size;
	TRY(append_path(buffer, parts));
	if (parts->query.data != NULL) {
		TRY(bytes_append_char(buffer, '?'));
		TRY(bytes_append_slice(buffer, parts->query));
	}
	/* Dots that are left are disguised as "%2e" or "..;": no two readers agree on those. */
	if (target_split(slice_skip(bytes_slice(buffer), start), &target) != RC_OK)
		return RC_INVALID;
	return RC_OK;
}

/* ---- resolving ---- */

static enum rc split_absolute(struct slice text, struct parts *ret)
{
	*ret = (struct parts){ .query = { NULL, 0 } };
	TRY(eat_origin(&text, &ret->origin));
	ret->path = slice_cut(&text, '?');
	ret->query = text;
	return RC_OK;
}

static enum rc resolve_absolute(struct slice reference, struct bytes *buffer)
{
	struct parts parts;

	TRY(split_absolute(reference, &parts));
	return write_parts(&parts, buffer);
}

/* "//host/path": the base's scheme and nothing else of it. */
static enum rc resolve_network(bool secure, struct slice reference, struct bytes *buffer)
{
	struct slice scheme = secure ? SLICE("https:") : SLICE("http:");
	struct bytes text;
	enum rc rc;

	bytes_init(&text, scheme.size + reference.size);
	rc = bytes_append_slice(&text, scheme);
	if (rc == RC_OK)
		rc = bytes_append_slice(&text, reference);
	if (rc == RC_OK)
		rc = resolve_absolute(bytes_slice(&text), buffer);
	bytes_done(&text);
	return rc;
}

/* Up to the last '/', or "/" where the base has no path (RFC 3986 5.2.3). */
static struct slice folder_of(struct slice path)
{
	while (path.size > 0 && path.data[path.size - 1] != '/')
		path.size--;
	return path.size > 0 ? path : SLICE("/");
}

/* A path, a query or nothing, over the base's parts (RFC 3986 5.2.2). */
static enum rc resolve_relative(struct parts *parts, struct slice reference, struct bytes *buffer)
{
	struct slice query = reference, path = slice_cut(&query, '?');

	if (path.size > 0 && path.data[0] != '/')
		parts->folder = folder_of(parts->path);
	if (path.size > 0 || query.data != NULL)
		parts->query = query;
	if (path.size > 0)
		parts->path = path;
	return write_parts(parts, buffer);
}

/* A first segment with a colon is a scheme or a fault (RFC 3986 4.2). */
static bool has_scheme(struct slice reference)
{
	for (size_t i = 0; i < reference.size; i++) {
		if (reference.data[i] == '/' || reference.data[i] == '?')
			return false;
		if (reference.data[i] == ':')
			return true;
	}
	return false;
}

enum rc reference_resolve(
	struct slice base, struct slice reference, struct bytes *buffer, struct slice *ret)
{
	struct slice fragment = reference;
	struct parts parts;

	bytes_clear(buffer);
	if (!characters_valid(reference))
		return RC_INVALID;
	reference = slice_cut(&fragment, '#');
	if (split_absolute(base, &parts) != RC_OK)
		return RC_INVALID;
	if (has_scheme(reference))
		TRY(resolve_absolute(reference, buffer));
	else if (slice_starts(reference, SLICE("//")))
		TRY(resolve_network(parts.origin.secure, reference, buffer));
	else
		TRY(resolve_relative(&parts, reference, buffer));
	*ret = bytes_slice(buffer);
	return RC_OK;
}
