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

static struct slice last_member(struct slice list)
{
	struct slice member, last = { NULL, 0 };

	while (list_next(&list, &member))
		last = slice_trim(member);
	return last;
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

void believe_forwarded(struct request *request, struct arena *arena)
{
	const struct headers *h = &request->headers;
	struct slice element = last_member(headers_combined(h, SLICE("forwarded"), arena));
	struct slice client, proto;

	if (element.data != NULL) {
		client = bare_address(parameter(element, SLICE("for")));
		proto = parameter(element, SLICE("proto"));
	} else {
		client = bare_address(
			last_member(headers_combined(h, SLICE("x-forwarded-for"), arena)));
		proto = headers_get(h, FIELD_X_FORWARDED_PROTO);
	}
	if (client.data != NULL)
		request->client = arena_copy(arena, client);
	if (proto.data != NULL)
		request->secure = slice_equal_nocase(proto, SLICE("https"));
}
