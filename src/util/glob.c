/* util/glob.c - patterns of paths, matched by all of their positions at once.
 *
 *	pattern	/ a * ?		position 0 .. 4: how much of it has been matched
 *	bit	0 1 2 3 4	set: the text so far can have come there
 *
 * A byte takes a position to the next one where the pattern has that byte or `?`, and leaves one at a `*` where it is.
 * From a `*` the next position is reached for nothing. Several stars in a row are one, so that this is one step.
 * Threads and ownership: glob.h.
 */
#include "util/glob.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define WORDS ((GLOB_MOST + 1 + 63) / 64)

struct glob {
	size_t words; /* that positions take */
	size_t end;   /* the last position */
	uint64_t stars[WORDS];
	uint64_t takes[256][WORDS]; /* of each byte: positions that it takes on */
};

struct positions {
	uint64_t bits[WORDS];
};

static void set(uint64_t *bits, size_t at)
{
	bits[at / 64] |= UINT64_C(1) << (at % 64);
}

static void add(struct glob *glob, size_t at, unsigned char byte)
{
	if (byte == '*') {
		set(glob->stars, at);
		return;
	}
	for (unsigned c = 0; c < 256; c++) {
		if (byte == '?' || c == byte)
			set(glob->takes[c], at);
	}
}

enum rc glob_new(struct slice pattern, struct glob **ret)
{
	struct glob *glob;

	if (pattern.size > GLOB_MOST)
		return RC_TOO_LARGE;
	glob = xalloc(sizeof(*glob));
	for (size_t i = 0; i < pattern.size; i++) {
		bool again = i > 0 && pattern.data[i] == '*' && pattern.data[i - 1] == '*';

		if (!again)
			add(glob, glob->end++, (unsigned char)pattern.data[i]);
	}
	glob->words = glob->end / 64 + 1;
	*ret = glob;
	return RC_OK;
}

void glob_free(struct glob *glob)
{
	free(glob);
}

size_t glob_literal(struct slice pattern)
{
	size_t size = 0;

	while (size < pattern.size && pattern.data[size] != '*' && pattern.data[size] != '?')
		size++;
	return size;
}

/* From stars on for nothing. */
static void pass_stars(const struct glob *glob, struct positions *p)
{
	uint64_t carry = 0;

	for (size_t i = 0; i < glob->words; i++) {
		uint64_t at = p->bits[i] & glob->stars[i];

		p->bits[i] |= at << 1 | carry;
		carry = at >> 63;
	}
}

/* One byte on; false: nowhere. */
static bool step(const struct glob *glob, struct positions *p, unsigned char byte)
{
	uint64_t carry = 0, any = 0;

	for (size_t i = 0; i < glob->words; i++) {
		uint64_t on = p->bits[i] & glob->takes[byte][i];

		p->bits[i] = (p->bits[i] & glob->stars[i]) | on << 1 | carry;
		carry = on >> 63;
		any |= p->bits[i];
	}
	pass_stars(glob, p);
	return any != 0;
}

/* false: nothing that begins so matches. */
static bool run(const struct glob *glob, struct slice text, struct positions *ret)
{
	*ret = (struct positions){ { 1 } };
	pass_stars(glob, ret);
	for (size_t i = 0; i < text.size; i++) {
		if (!step(glob, ret, (unsigned char)text.data[i]))
			return false;
	}
	return true;
}

bool glob_matches(const struct glob *glob, struct slice text)
{
	struct positions p;

	return run(glob, text, &p) && (p.bits[glob->end / 64] >> (glob->end % 64) & 1) != 0;
}

bool glob_may_follow(const struct glob *glob, struct slice text)
{
	struct positions p;

	return run(glob, text, &p);
}
