/* util/slice.h - a piece of text that belongs to somebody else.
 *
 * Borrowed, not NUL-terminated unless its owner says so. Comparisons in ASCII: HTTP is ASCII.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *data;
	size_t size;
};

#define SLICE(literal) ((struct slice){ "" literal, sizeof(literal) - 1 })
#define SLICE_FORMAT   "%.*s"
#define SLICE_ARGS(s)  (int)(s).size, (s).data

/* The slice of a C string; NULL gives the empty slice. */
struct slice slice_of(const char *text);

bool slice_equal(struct slice a, struct slice b);

/* Letter case of ASCII ignored. */
bool slice_equal_nocase(struct slice a, struct slice b);

bool slice_starts(struct slice s, struct slice prefix);

/* Without blanks and tabs at both ends (OWS, RFC 9110 5.6.3). */
struct slice slice_trim(struct slice s);

/* Cuts the part before the first separator off *rest and returns it; without one, all of *rest.
 * *rest is empty with data NULL when nothing is left: loop while (rest.data != NULL). */
struct slice slice_cut(struct slice *rest, char separator);

/* Index of the first c, or -1. */
ptrdiff_t slice_find(struct slice s, char c);

/* The bytes after the first count (at most all). */
struct slice slice_skip(struct slice s, size_t count);

/* Decimal digits only, no sign; false when empty, malformed or above UINT64_MAX. */
bool slice_to_u64(struct slice s, uint64_t *ret);
