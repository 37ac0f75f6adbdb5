/* http/fields.c - the known header fields: the table of fields.def and the way to a row of it.
 *
 * What it is not: lists of fields (headers.c). Everything here is constant data made at compile
 * time; nothing is set up at run time. Threads: any.
 */
#include "http/headers.h"

#include <string.h>
#include <strings.h>

/* The words that fields.def uses. */
enum {
	HOP = FIELD_IS_HOP,
	REQUEST = FIELD_IS_REQUEST,
	ONCE = FIELD_IS_ONCE,
	OURS = FIELD_IS_OURS,
	FRAMING = FIELD_IS_FRAMING,
	SINGLE = FIELD_IS_SINGLE,
	FOR_US = FIELD_IS_FOR_US,
};

/* One byte that tells names apart: memchr() over the marks leaves one or two candidates of the
 * whole table. first and last are folded to lower case by bit 5; any folding that agrees with
 * itself would do, as the candidate is compared in full. */
#define MARK(size, first, last) \
	((uint8_t)((size)*10 + (uint8_t)((first) | 32) * 48 + (uint8_t)((last) | 32)))

static const uint8_t marks[] = {
#define FIELD(id, name, flags) MARK(sizeof(name) - 1, name[0], name[sizeof(name) - 2]),
#include "http/fields.def"
#undef FIELD
};

static const struct {
	struct slice name;
	unsigned flags;
} table[FIELD_COUNT] = {
	[FIELD_OTHER] = { { "", 0 }, 0 },
#define FIELD(id, name, flags) [FIELD_##id] = { { name, sizeof(name) - 1 }, flags },
#include "http/fields.def"
#undef FIELD
};

enum field_id field_lookup(struct slice name)
{
	const uint8_t *at = marks;
	uint8_t mark;

	if (name.size == 0)
		return FIELD_OTHER;
	mark = MARK(name.size, name.data[0], name.data[name.size - 1]);
	while ((at = memchr(at, mark, (size_t)(marks + sizeof(marks) - at))) != NULL) {
		enum field_id id = (enum field_id)(at - marks + 1);

		if (slice_equal_nocase(table[id].name, name))
			return id;
		at++;
	}
	return FIELD_OTHER;
}

struct slice field_name(enum field_id id)
{
	return table[id].name;
}

unsigned field_flags(enum field_id id)
{
	return table[id].flags;
}

/* How names begin that tell how many requests one client may send: APIs count by resource, too. */
static const struct slice of_rates[] = {
	{ "ratelimit", 9 },
	{ "x-ratelimit", 11 },
	{ "x-rate-limit", 12 },
};

unsigned field_flags_of(const struct field *field)
{
	struct slice name = field->name;

	if (field->id != FIELD_OTHER)
		return table[field->id].flags;
	for (size_t i = 0; i < sizeof(of_rates) / sizeof(of_rates[0]); i++) {
		if (name.size >= of_rates[i].size &&
			strncasecmp(name.data, of_rates[i].data, of_rates[i].size) == 0)
			return ONCE;
	}
	return 0;
}

/* tchar of RFC 9110 5.6.2, one bit a character. */
static bool is_token_char(unsigned char c)
{
	static const uint32_t bits[8] = {
		0, 0x03ff6cfa, /* ! # $ % & ' * + - . 0-9 */
		0xc7fffffe,    /* A-Z ^ _ */
		0x57ffffff,    /* ` a-z | ~ */
	};

	return (bits[c / 32] >> (c % 32)) & 1;
}

bool field_name_valid(struct slice name)
{
	for (size_t i = 0; i < name.size; i++) {
		if (!is_token_char((unsigned char)name.data[i]))
			return false;
	}
	return name.size > 0;
}

bool field_value_valid(struct slice value)
{
	for (size_t i = 0; i < value.size; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if ((c < 32 && c != '\t') || c == 127)
			return false;
	}
	return true;
}
