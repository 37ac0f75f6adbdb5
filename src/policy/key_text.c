/* key_text.c - texts of queries and forms: one pass over a table, no allocation but the caller's. */
#include "key_text.h"

#include "util/octets.h"

#include <string.h>

enum { AS_IT_IS = 1, ENCODED, BLANK, ESCAPE, AMBIGUOUS };

/* A raw ';' ends a parameter for some origins; blanks, controls and what is beyond ASCII can't stand in
 * a target and don't belong into a form (WHATWG URL 5.2). */
/* clang-format off */
static const unsigned char kinds[256] = {
	[0 ... ' '] = AMBIGUOUS,
	['!' ... '$'] = ENCODED, ['%'] = ESCAPE, ['&' ... '*'] = ENCODED, ['+'] = BLANK, [','] = ENCODED,
	['-' ... '.'] = AS_IT_IS, ['/'] = ENCODED,
	['0' ... '9'] = AS_IT_IS, [':'] = ENCODED, [';'] = AMBIGUOUS, ['<' ... '@'] = ENCODED,
	['A' ... 'Z'] = AS_IT_IS, ['[' ... '^'] = ENCODED, ['_'] = AS_IT_IS, ['`'] = ENCODED,
	['a' ... 'z'] = AS_IT_IS, ['{' ... '}'] = ENCODED, ['~'] = AS_IT_IS,
	[127 ... 255] = AMBIGUOUS,
};
/* clang-format on */

static const char digits[] = "0123456789ABCDEF";

size_t key_text_room(struct slice raw)
{
	size_t room = raw.size;

	for (size_t i = 0; i < raw.size; i++) {
		unsigned kind = kinds[(unsigned char)raw.data[i]];

		if (kind == ENCODED || kind == BLANK)
			room += 2;
	}
	return room;
}

static char *put(char *to, unsigned char octet, bool fold, bool *folded)
{
	if (kinds[octet] != AS_IT_IS) {
		*to++ = '%';
		*to++ = digits[octet / 16];
		*to++ = digits[octet % 16];
		return to;
	}
	if (fold && octet >= 'A' && octet <= 'Z') {
		octet |= 0x20;
		*folded = true;
	}
	*to++ = (char)octet;
	return to;
}

bool key_text_write(struct slice raw, bool fold, char **to, bool *ret_folded)
{
	bool folded = false;
	char *at = *to;

	for (size_t i = 0; i < raw.size; i++) {
		unsigned char octet = (unsigned char)raw.data[i];
		int decoded;

		switch (kinds[octet]) {
		case AMBIGUOUS:
			return false;
		case BLANK:
			octet = ' ';
			break;
		case ESCAPE:
			decoded = octets_decode(slice_skip(raw, i));
			if (decoded <= 0) /* malformed, or NUL, at which some stop reading */
				return false;
			octet = (unsigned char)decoded;
			i += 2;
			break;
		default:
			break;
		}
		at = put(at, octet, fold, &folded);
	}
	*to = at;
	if (ret_folded != NULL)
		*ret_folded = folded;
	return true;
}

struct slice key_text_encode(struct slice plain, bool fold, struct arena *arena)
{
	char *text = arena_alloc(arena, 3 * plain.size + 1), *to = text;
	bool folded;

	for (size_t i = 0; i < plain.size; i++)
		to = put(to, (unsigned char)plain.data[i], fold, &folded);
	return (struct slice){ text, (size_t)(to - text) };
}

int key_text_compare(struct slice a, struct slice b)
{
	size_t shared = a.size < b.size ? a.size : b.size;
	int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}
