/* control/access/browser.c - Origin, Sec-Fetch-Site and Host of a request. See browser.h. */
#include "browser.h"

#include <arpa/inet.h>
#include <stdio.h>

/* "http://" or "https://" and what Host says. */
static bool is_own_origin(struct slice origin, struct slice host)
{
	static const struct slice schemes[] = { SLICE("http://"), SLICE("https://") };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (slice_starts(origin, schemes[i]) &&
			slice_equal_nocase(slice_skip(origin, schemes[i].size), host))
			return host.size > 0;
	}
	return false;
}

/* Fetch Metadata 2.4: the others are cross-site and same-site, which may be another port's page. */
static bool is_own_site(struct slice site)
{
	return slice_equal_nocase(site, SLICE("same-origin")) ||
	       slice_equal_nocase(site, SLICE("none"));
}

bool browser_is_foreign(const struct request *head)
{
	struct slice host = headers_get(&head->headers, FIELD_HOST);

	HEADERS_EACH(at, &head->headers) {
		if (slice_equal_nocase(at->name, SLICE("Origin")) &&
			!is_own_origin(at->value, host))
			return true;
		if (slice_equal_nocase(at->name, SLICE("Sec-Fetch-Site")) &&
			!is_own_site(at->value))
			return true;
	}
	return false;
}

/* Of "name", "name:port", "[address]:port". */
static struct slice without_port(struct slice host)
{
	ptrdiff_t end;

	if (host.size > 0 && host.data[0] == '[')
		return slice_cut(&host, ']');
	end = slice_find(host, ':');
	return end >= 0 ? (struct slice){ host.data, (size_t)end } : host;
}

static bool is_local_name(struct slice host)
{
	struct slice name = without_port(host);
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	if (slice_equal_nocase(name, SLICE("localhost")) ||
		slice_equal_nocase(name, SLICE("localhost.")))
		return true;
	if (name.size >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), SLICE_FORMAT, SLICE_ARGS(name));
	if (text[0] == '[')
		return inet_pton(AF_INET6, text + 1, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
	return inet_pton(AF_INET, text, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

bool browser_host_is_local(const struct request *head)
{
	if (slice_starts(head->peer, SLICE("unix")))
		return true;
	HEADERS_EACH(at, &head->headers) {
		if (at->id == FIELD_HOST && !is_local_name(at->value))
			return false;
	}
	return true;
}
