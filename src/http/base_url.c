/* http/base_url.c - base URLs of upstreams, as they stand in the configuration.
 *
 * What it is not: a general URL parser; what an upstream can't be is refused. Threads: any.
 * Ownership: views into the text.
 */
#include "http/uri.h"

#include <arpa/inet.h>
#include <string.h>

#define PORT_HTTP  80
#define PORT_HTTPS 443

static bool eat_scheme(struct slice *rest, struct slice scheme)
{
	if (rest->size < scheme.size ||
		!slice_equal_nocase((struct slice){ rest->data, scheme.size }, scheme))
		return false;
	*rest = slice_skip(*rest, scheme.size);
	return true;
}

static bool is_host_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '-' || c == '.' || c == '_';
}

static bool is_host_name(struct slice host)
{
	for (size_t i = 0; i < host.size; i++) {
		if (!is_host_char(host.data[i]))
			return false;
	}
	return host.size > 0;
}

static bool is_ipv6(struct slice host)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct in6_addr address;

	if (host.size >= sizeof(text))
		return false;
	memcpy(text, host.data, host.size);
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* Takes the host off the front of *authority, what is left is ":port" or nothing. */
static enum rc eat_host(struct slice *authority, struct slice *ret)
{
	bool bracketed = authority->size > 0 && authority->data[0] == '[';
	ptrdiff_t end = slice_find(*authority, bracketed ? ']' : ':');
	struct slice host = { authority->data, end >= 0 ? (size_t)end : authority->size };

	if (bracketed) {
		host = slice_skip(host, 1);
		if (end < 0 || !is_ipv6(host))
			return RC_INVALID;
	} else if (!is_host_name(host)) {
		return RC_INVALID;
	}
	*authority = slice_skip(*authority, host.size + (bracketed ? 2 : 0));
	*ret = host;
	return RC_OK;
}

static enum rc read_port(struct slice text, bool secure, uint16_t *ret)
{
	uint64_t port;

	if (text.size == 0) {
		*ret = secure ? PORT_HTTPS : PORT_HTTP;
		return RC_OK;
	}
	if (text.data[0] != ':' || !slice_to_u64(slice_skip(text, 1), &port) || port == 0 ||
		port > UINT16_MAX)
		return RC_INVALID;
	*ret = (uint16_t)port;
	return RC_OK;
}

static enum rc read_path(struct slice path, struct slice *ret)
{
	struct target target;

	if (path.size > 0 && target_split(path, &target) != RC_OK)
		return RC_INVALID;
	if (path.size > 0 && target.query.data != NULL)
		return RC_INVALID;
	while (path.size > 0 && path.data[path.size - 1] == '/')
		path.size--;
	*ret = path;
	return RC_OK;
}

enum rc base_url_parse(struct slice text, struct base_url *ret)
{
	struct base_url url = { .secure = false };
	struct slice authority;
	ptrdiff_t slash;

	url.secure = eat_scheme(&text, SLICE("https://"));
	if (!url.secure && !eat_scheme(&text, SLICE("http://")))
		return RC_INVALID;
	slash = slice_find(text, '/');
	authority = (struct slice){ text.data, slash >= 0 ? (size_t)slash : text.size };
	TRY(read_path(slice_skip(text, authority.size), &url.path));
	TRY(eat_host(&authority, &url.host));
	TRY(read_port(authority, url.secure, &url.port));
	*ret = url;
	return RC_OK;
}
