/* control/calls/seeing.c - what the resources that show have in common. */
#include "seeing.h"

#include "proxy/overview.h"
#include "util/alloc.h"
#include "util/octets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_TARGET ((size_t)128 * 1024)
#define MOST_CURSOR ((size_t)8 * 1024)
#define CURSOR_FORM "%u %" PRId64 " %" PRId64 " %" PRId64 "%n"

bool seeing_all(struct call *call)
{
	if (call->caller.tenant[0] == '\0')
		return true;
	call_refuse(call, 403, "this is about all: the token %s is a tenant's", call->caller.name);
	return false;
}

json_t *seeing_target(const struct call *call, struct slice target, bool *ret_whole)
{
	struct bytes text;
	json_t *json;
	bool cut;

	bytes_init(&text, MOST_TARGET);
	cut = overview_redact(call->proxy, target, &text);
	if (ret_whole != NULL)
		*ret_whole = !cut;
	json = json_of_slice(bytes_slice(&text));
	bytes_done(&text);
	return json;
}

static char *hex_of(struct slice octets)
{
	static const char digits[] = "0123456789abcdef";
	char *text = xalloc(2 * octets.size + 1), *to = text;

	for (size_t i = 0; i < octets.size; i++) {
		*to++ = digits[(unsigned char)octets.data[i] >> 4];
		*to++ = digits[(unsigned char)octets.data[i] & 15];
	}
	return text;
}

json_t *seeing_hex(struct slice octets)
{
	char *text = hex_of(octets);
	json_t *json = json_string(text);

	free(text);
	return json;
}

json_t *seeing_number(int64_t number, bool is_there)
{
	return is_there ? json_integer(number) : json_null();
}

/* ---- cursors ---- */

json_t *seeing_cursor(const struct ranking_place *place, unsigned sort)
{
	struct bytes text;
	json_t *json;

	bytes_init(&text, MOST_CURSOR);
	(void)!bytes_format(&text, "%u %" PRId64 " %" PRId64 " %" PRId64 " ", sort, place->rank,
		place->group, place->id);
	(void)!bytes_append_slice(&text, place->text);
	json = seeing_hex(bytes_slice(&text));
	bytes_done(&text);
	return json;
}

static bool read_place(char *text, size_t size, unsigned sort, struct ranking_place *ret)
{
	unsigned found;
	int used = 0;

	if (sscanf(text, CURSOR_FORM, &found, &ret->rank, &ret->group, &ret->id, &used) < 4 ||
		text[used] != ' ' || found != sort)
		return false;
	ret->text = slice_skip((struct slice){ text, size }, (size_t)used + 1);
	return true;
}

bool seeing_place(struct call *call, struct slice cursor, unsigned sort, struct ranking_place *ret)
{
	char *text = arena_alloc(call->request->arena, cursor.size + 1);

	if (cursor.size <= MOST_CURSOR && octets_from_hex(cursor, text)) {
		text[cursor.size / 2] = '\0';
		if (read_place(text, cursor.size / 2, sort, ret))
			return true;
	}
	call_refuse(call, 400, "the cursor is none that this listing, in this order, has given");
	return false;
}
