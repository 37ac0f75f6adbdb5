/* cli/client/place.c - places out of words and out of configurations. Pure: place.h. */
#include "place.h"

#include "http/uri.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define UNIX_PREFIX "unix:"

static enum rc parse_unix(const char *path, struct place *ret)
{
	struct place place = { .base = "http://localhost", .is_near = true };

	if (path[0] != '/' || strlen(path) >= sizeof(place.unix_path))
		return RC_INVALID;
	snprintf(place.unix_path, sizeof(place.unix_path), "%s", path);
	*ret = place;
	return RC_OK;
}

static bool is_near(struct slice host)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr v6;
	struct in_addr v4;

	if (slice_equal_nocase(host, SLICE("localhost")))
		return true;
	if (host.size >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), SLICE_FORMAT, SLICE_ARGS(host));
	if (inet_pton(AF_INET, text, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

enum rc place_parse(const char *text, struct place *ret)
{
	struct place place = { .is_near = false };
	struct base_url url;
	size_t size;

	if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return parse_unix(text + strlen(UNIX_PREFIX), ret);
	size = (size_t)snprintf(place.base, sizeof(place.base), "%s%s",
		strstr(text, "://") == NULL ? "http://" : "", text);
	if (size >= sizeof(place.base))
		return RC_INVALID;
	while (place.base[size - 1] == '/')
		place.base[--size] = '\0';
	TRY(base_url_parse(slice_of(place.base), &url));
	place.secure = url.secure;
	place.is_near = is_near(url.host);
	*ret = place;
	return RC_OK;
}

/* An address that means all of them is no place to connect to. */
static const char *reachable(const char *listener)
{
	static const struct {
		struct slice all;
		const char *own;
	} hosts[] = {
		{ { "0.0.0.0:", 8 }, "127.0.0.1:" },
		{ { "[::]:", 5 }, "[::1]:" },
	};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (slice_starts(slice_of(listener), hosts[i].all))
			return hosts[i].own;
	}
	return NULL;
}

static enum rc of_listener(const char *listener, bool secure, struct place *ret)
{
	const char *port = strrchr(listener, ':'), *own = reachable(listener);
	char text[PLACE_URL];

	if (strncmp(listener, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return place_parse(listener, ret);
	if (port == NULL || strcmp(port, ":0") == 0)
		return RC_ABSENT;
	snprintf(text, sizeof(text), "%s://%s%s", secure ? "https" : "http", own != NULL ? own : "",
		own != NULL ? port + 1 : listener);
	return place_parse(text, ret);
}

enum rc place_of_listeners(const struct text_list *listeners, bool secure, struct place *ret)
{
	for (size_t i = 0; i < listeners->count; i++) {
		if (of_listener(listeners->items[i], secure, ret) == RC_OK)
			return RC_OK;
	}
	return RC_ABSENT;
}

const char *place_write(const struct place *place, char text[static PLACE_URL])
{
	if (place->unix_path[0] != '\0')
		snprintf(text, PLACE_URL, UNIX_PREFIX "%s", place->unix_path);
	else
		snprintf(text, PLACE_URL, "%s", place->base);
	return text;
}
