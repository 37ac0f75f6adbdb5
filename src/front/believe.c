/* front/believe.c - who the client is, when a trusted proxy says so. */
#include "believe.h"

#include <arpa/inet.h>
#include <string.h>

/* An address with or without brackets, quotes and port; data NULL: it is none. */
static struct slice bare_address(struct slice text)
{
	char name[64];
	unsigned char binary[16];
	ptrdiff_t end;

	if (text.size >= 2 && text.data[0] == '"')
		text = (struct slice){ text.data + 1, text.size - 2 };
	if (text.size > 0 && text.data[0] == '[') {
		text = slice_skip(text, 1);
		end = slice_find(text, ']');
		text.size = end >= 0 ? (size_t)end : 0;
	} else {
		end = slice_find(text, ':');
		/* one colon is a port, several are IPv6 */
		if (end >= 0 && slice_find(slice_skip(text, (size_t)end + 1), ':') < 0)
			text.size = (size_t)end;
	}
	if (text.size == 0 || text.size >= sizeof(name))
		return (struct slice){ NULL, 0 };
	memcpy(name, text.data, text.size);
	name[text.size] = '\0';
	if (inet_pton(AF_INET, name, binary) != 1 && inet_pton(AF_INET6, name, binary) != 1)
		return (struct slice){ NULL, 0 };
	return text;
}

/* The value of a parameter in one element of Forwarded. */
static struct slice parameter(struct slice element, struct slice name)
{
	while (element.data != NULL) {
		struct slice value = slice_trim(slice_cut(&element, ';'));
		struct slice key = slice_cut(&value, '=');

		if (value.data != NULL && slice_equal_nocase(key, name))
			return value;
	}
	return (struct slice){ NULL, 0 };
}

#define MOST_HOPS 32

struct hops {
	struct slice items[MOST_HOPS]; /* the last ones, in their order */
	size_t count;
};

static struct hops hops_of(struct slice list)
{
	struct hops hops = { .count = 0 };
	struct slice member;

	while (list_next(&list, &member)) {
		if (hops.count == MOST_HOPS)
			memmove(hops.items, hops.items + 1, sizeof(member) * --hops.count);
		hops.items[hops.count++] = slice_trim(member);
	}
	return hops;
}

/* The address in one hop: the element's "for", or the member itself. */
static struct slice address_of(struct slice hop, bool is_element)
{
	return bare_address(is_element ? parameter(hop, SLICE("for")) : hop);
}

/* From the end over the trusted; a hop that names no address hides what lies before it. */
static struct slice client_of(
	const struct hops *hops, bool is_element, const struct address_blocks *trusted)
{
	struct slice client = { NULL, 0 };

	for (size_t i = hops->count; i-- > 0;) {
		struct slice address = address_of(hops->items[i], is_element);

		if (address.data == NULL)
			break;
		client = address;
		if (!address_blocks_hold_text(trusted, address))
			break;
	}
	return client;
}

void believe_forwarded(
	struct request *request, const struct address_blocks *trusted, struct arena *arena)
{
	const struct headers *h = &request->headers;
	bool is_element = headers_has(h, FIELD_FORWARDED);
	struct slice name = field_name(is_element ? FIELD_FORWARDED : FIELD_X_FORWARDED_FOR);
	struct hops hops = hops_of(headers_combined(h, name, arena));
	struct slice client = client_of(&hops, is_element, trusted);
	struct slice proto = headers_get(h, FIELD_X_FORWARDED_PROTO);

	if (is_element && hops.count > 0)
		proto = parameter(hops.items[hops.count - 1], SLICE("proto"));
	if (client.data != NULL)
		request->client = arena_copy(arena, client);
	if (proto.data != NULL)
		request->secure = slice_equal_nocase(proto, SLICE("https"));
}
