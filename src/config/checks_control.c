/* config/checks_control.c - what texts of those who operate larder must look like: digests, secrets, tags. */
#include "checks.h"

#include "util/slice.h"

#include <string.h>

#define LEAST_SECRET   16
#define MOST_PATTERN   512
#define DIGITS_MOST    2 /* of a segment's number */
#define POINTER_LETTER '/'
#define LEVELS_MOST    32 /* of a pointer: JSON_TESTS_DEPTH */

const char *check_secret(const char *text)
{
	return strlen(text) >= LEAST_SECRET ? NULL : "is too short";
}

const char *check_digest(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64 ? NULL
										  : "is no SHA-256";
}

const char *check_digest_or_empty(const char *text)
{
	return text[0] == '\0' ? NULL : check_digest(text);
}

/* {n}: from 1 to 99. */
static const char *check_number(struct slice inside)
{
	uint64_t number;

	if (inside.size == 0 || inside.size > DIGITS_MOST || !slice_to_u64(inside, &number) ||
		number == 0)
		return "has braces without the number of a segment";
	return NULL;
}

static bool is_too_deep(struct slice pointer)
{
	int levels = 0;

	for (size_t i = 0; i < pointer.size; i++)
		levels += pointer.data[i] == POINTER_LETTER;
	return levels > LEVELS_MOST;
}

const char *check_star_pointer(const char *text)
{
	return is_too_deep(slice_of(text)) ? "has too many levels" : check_pointer(text);
}

static const char *check_inner_pointer(struct slice inside)
{
	if (inside.size == 0 || inside.data[0] != POINTER_LETTER)
		return "has braces without a JSON Pointer";
	if (is_too_deep(inside))
		return "has a JSON Pointer of too many levels";
	for (size_t i = 0; i < inside.size; i++) {
		/* RFC 6901 3 */
		if (inside.data[i] == '~' &&
			(i + 1 == inside.size ||
				(inside.data[i + 1] != '0' && inside.data[i + 1] != '1')))
			return "has a '~' without 0 or 1 behind it";
	}
	return NULL;
}

/* Text with pieces in braces. *ret_pieces: how many. */
static const char *check_pattern(
	const char *text, const char *(*check)(struct slice inside), int *ret_pieces)
{
	struct slice rest = slice_of(text);

	*ret_pieces = 0;
	if (rest.size == 0)
		return "is empty";
	if (rest.size > MOST_PATTERN)
		return "is too long";
	if (strpbrk(text, " ,\t") != NULL)
		return "has a blank or a comma";
	while (rest.data != NULL) {
		struct slice plain = slice_cut(&rest, '{'), inside;
		const char *why;

		if (slice_find(plain, '}') >= 0)
			return "has a '}' without '{'";
		if (rest.data == NULL)
			break;
		if (slice_find(rest, '}') < 0)
			return "has a '{' without '}'";
		inside = slice_cut(&rest, '}');
		why = check(inside);
		if (why != NULL)
			return why;
		++*ret_pieces;
	}
	return NULL;
}

const char *check_tag_pattern(const char *text)
{
	int pieces;

	return check_pattern(text, check_number, &pieces);
}

const char *check_held_pattern(const char *text)
{
	int pieces;
	const char *why = check_pattern(text, check_inner_pointer, &pieces);

	return why == NULL && pieces == 0 ? "has no JSON Pointer in braces" : why;
}
