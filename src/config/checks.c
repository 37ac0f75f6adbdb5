/* config/checks.c - addresses, paths and names. */
#include "checks.h"

#include "config/config.h"

#include "util/alloc.h"
#include "util/slice.h"
#include "util/units.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#define MOST_NAME_LETTERS 64

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* All of s are letters, digits or one of others. */
static bool consists_of(struct slice s, const char *others)
{
	for (size_t i = 0; i < s.size; i++) {
		if (!is_alphanumeric(s.data[i]) &&
			memchr(others, s.data[i], strlen(others)) == NULL)
			return false;
	}
	return true;
}

static bool is_port(struct slice s, int64_t least)
{
	int64_t port;

	return s.size <= 5 && units_parse_count(s, &port) == RC_OK && port >= least &&
	       port <= 65535;
}

/* ret: as many bytes as the family's addresses have. */
static bool read_address(int family, struct slice s, struct in6_addr *ret)
{
	char text[INET6_ADDRSTRLEN];

	if (s.size >= sizeof(text))
		return false;
	memcpy(text, s.data, s.size);
	text[s.size] = '\0';
	return inet_pton(family, text, ret) == 1;
}

static bool is_address(int family, struct slice s)
{
	struct in6_addr address;

	return read_address(family, s, &address);
}

/* Cuts "[...]" off *rest. */
static bool cut_brackets(struct slice *rest, struct slice *ret)
{
	ptrdiff_t end = slice_find(*rest, ']');

	if (end < 0 || rest->data[0] != '[')
		return false;
	*ret = (struct slice){ rest->data + 1, (size_t)end - 1 };
	*rest = slice_skip(*rest, (size_t)end + 1);
	return true;
}

static const char *check_unix(const char *path)
{
	if (path[0] != '/')
		return "has no absolute path behind unix:";
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return "is longer than a socket's path can be";
	return NULL;
}

struct endpoint {
	int family;
	struct slice host, rest; /* rest: from the colon on */
};

static struct endpoint split_endpoint(const char *text)
{
	struct endpoint e = { .family = AF_INET6, .rest = slice_of(text) };
	ptrdiff_t colon;

	if (cut_brackets(&e.rest, &e.host))
		return e;
	colon = slice_find(e.rest, ':');
	e.family = AF_INET;
	e.host = (struct slice){ e.rest.data, colon < 0 ? e.rest.size : (size_t)colon };
	e.rest = slice_skip(e.rest, e.host.size);
	return e;
}

static bool is_unix(const char *text)
{
	return slice_starts(slice_of(text), SLICE("unix:"));
}

const char *check_listener(const char *text)
{
	struct endpoint e;

	if (is_unix(text))
		return check_unix(text + strlen("unix:"));
	e = split_endpoint(text);
	if (!is_address(e.family, e.host))
		return e.family == AF_INET ? "has no IPv4 address" : "has no IPv6 address";
	if (e.rest.size == 0 || e.rest.data[0] != ':' || !is_port(slice_skip(e.rest, 1), 0))
		return "has no port from 0 to 65535";
	return NULL;
}

static int64_t port_of(const struct endpoint *e)
{
	int64_t port;

	return units_parse_count(slice_skip(e->rest, 1), &port) == RC_OK ? port : 0;
}

bool check_same_listener(const char *one, const char *other)
{
	struct in6_addr address = { 0 }, other_address = { 0 };
	struct endpoint a, b;

	if (is_unix(one) || is_unix(other))
		return strcmp(one, other) == 0;
	a = split_endpoint(one);
	b = split_endpoint(other);
	return a.family == b.family && port_of(&a) != 0 && port_of(&a) == port_of(&b) &&
	       read_address(a.family, a.host, &address) &&
	       read_address(b.family, b.host, &other_address) &&
	       memcmp(&address, &other_address, sizeof(address)) == 0;
}

bool check_is_local_listener(const char *text)
{
	struct in6_addr address = { 0 };
	struct endpoint e;

	if (is_unix(text))
		return true;
	e = split_endpoint(text);
	if (!read_address(e.family, e.host, &address))
		return false;
	/* 127.0.0.0/8 lies in the first bytes of the struct */
	return e.family == AF_INET ? address.s6_addr[0] == IN_LOOPBACKNET
				   : IN6_IS_ADDR_LOOPBACK(&address);
}

const char *check_network(const char *text)
{
	struct slice rest = slice_of(text);
	struct slice address = slice_cut(&rest, '/');
	bool is_v4 = is_address(AF_INET, address);
	int64_t bits;

	if (!is_v4 && !is_address(AF_INET6, address))
		return "has no address";
	if (rest.data == NULL)
		return NULL;
	if (units_parse_count(rest, &bits) != RC_OK || bits > (is_v4 ? 32 : 128))
		return is_v4 ? "has no prefix length from 0 to 32"
			     : "has no prefix length from 0 to 128";
	return NULL;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* RFC 3986 3.3: pchar and '/'. */
static const char *check_path_letters(struct slice s)
{
	static const char others[] = "-._~!$&'()*+,;=:@/%";

	if (slice_find(s, '?') >= 0)
		return "has a query";
	if (slice_find(s, '#') >= 0)
		return "has a fragment";
	if (!consists_of(s, others))
		return "has a character that must be percent-encoded";
	for (size_t i = 0; i < s.size; i++) {
		if (s.data[i] == '%' &&
			(s.size - i < 3 || !is_hex(s.data[i + 1]) || !is_hex(s.data[i + 2])))
			return "has a '%' without two hexadecimal digits";
	}
	return NULL;
}

static bool has_dot_segment(struct slice rest)
{
	while (rest.data != NULL) {
		struct slice segment = slice_cut(&rest, '/');

		if (slice_equal(segment, SLICE(".")) || slice_equal(segment, SLICE("..")))
			return true;
	}
	return false;
}

const char *check_path(const char *text)
{
	if (text[0] != '/')
		return "does not begin with '/'";
	if (has_dot_segment(slice_of(text)))
		return "has a segment '.' or '..'";
	return check_path_letters(slice_of(text));
}

const char *check_path_or_empty(const char *text)
{
	return text[0] == '\0' ? NULL : check_path(text);
}

/* host[:port], cut from between "//" and the path. */
static const char *check_authority(struct slice rest)
{
	struct slice host;

	if (slice_find(rest, '@') >= 0)
		return "has a user name or password";
	if (rest.size > 0 && rest.data[0] == '[') {
		if (!cut_brackets(&rest, &host) || !is_address(AF_INET6, host))
			return "has no IPv6 address in its brackets";
	} else {
		ptrdiff_t colon = slice_find(rest, ':');

		host = (struct slice){ rest.data, colon < 0 ? rest.size : (size_t)colon };
		rest = slice_skip(rest, host.size);
		if (host.size == 0)
			return "has no host";
		if (!consists_of(host, "-._"))
			return "has a host with a character that hosts don't have";
	}
	if (rest.size > 0 && (rest.data[0] != ':' || !is_port(slice_skip(rest, 1), 1)))
		return "has no port from 1 to 65535 behind its host";
	return NULL;
}

const char *check_url(const char *text)
{
	const char *authority, *fault;
	size_t size;

	if (strncasecmp(text, "http://", 7) == 0)
		authority = text + 7;
	else if (strncasecmp(text, "https://", 8) == 0)
		authority = text + 8;
	else
		return "does not begin with http:// or https://";
	size = strcspn(authority, "/?#");
	fault = check_authority((struct slice){ authority, size });
	return fault != NULL ? fault : check_path_letters(slice_of(authority + size));
}

const char *check_url_or_empty(const char *text)
{
	return text[0] == '\0' ? NULL : check_url(text);
}

static const char *check_query(struct slice query)
{
	return consists_of(query, "-._~!$&'()*+,;=:@/%?")
		       ? NULL
		       : "has a character that must be percent-encoded";
}

const char *check_target_or_empty(const char *text)
{
	char *path = xcopy(text, strcspn(text, "?"));
	const char *fault = text[0] == '\0' ? NULL : check_path(path);
	struct slice query = slice_skip(slice_of(text), strlen(path));

	free(path);
	return fault != NULL ? fault : check_query(query);
}

const char *check_polled_url(const char *text)
{
	char *front = xcopy(text, strcspn(text, "?"));
	const char *fault = text[0] == '\0' ? NULL : check_url(front);
	struct slice query = slice_skip(slice_of(text), strlen(front));

	free(front);
	if (fault != NULL || query.size == 0)
		return fault;
	if (slice_find(slice_skip(slice_of(text), strlen("https://")), '/') < 0)
		return "has a query without a path";
	return check_query(query);
}

const char *check_pointer(const char *text)
{
	return text[0] == '\0' || text[0] == '/' ? NULL : "does not begin with '/'";
}

const char *check_field(const char *text)
{
	/* What belongs to one connection, frames the message or is set by us (RFC 9110 7.6.1). */
	static const char *const ours[] = { "connection", "content-length", "expect", "forwarded",
		"host", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-authorization",
		"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "via" };

	if (text[0] == '\0' || !consists_of(slice_of(text), "!#$%&'*+-.^_`|~"))
		return "is no field name";
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strcasecmp(text, ours[i]) == 0)
			return "is a field that a proxy never hands on as it came";
	}
	return NULL;
}

const char *check_field_or_empty(const char *text)
{
	return text[0] == '\0' ? NULL : check_field(text);
}

const char *check_word(const char *text)
{
	return text[0] == '\0' ? "is empty" : NULL;
}

const char *check_name(const char *text)
{
	struct slice s = slice_of(text);

	if (s.size == 0 || s.size > MOST_NAME_LETTERS || !is_alphanumeric(text[0]))
		return "is no name";
	return consists_of(s, "_.-") ? NULL : "is no name";
}

bool config_name_valid(const char *text)
{
	return check_name(text) == NULL;
}

const char *check_name_or_empty(const char *text)
{
	return text[0] == '\0' ? NULL : check_name(text);
}
