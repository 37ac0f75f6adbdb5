/* http/range.h - byte ranges: what Range asks for and what Content-Range says (RFC 9110 14).
 *
 * Pure: no allocation, any thread. Numbers of any length are read: what is beyond UINT64_MAX lies
 * behind the end of everything (14.1.2). What it is not: If-Range and the preconditions, which come
 * first (14.2), and the writing of parts.
 */
#pragma once

#include "util/rc.h"
#include "util/slice.h"

#define RANGES_MOST 16

struct range {
	uint64_t first, last; /* inclusive, last >= first */
};

struct ranges {
	struct range items[RANGES_MOST];
	size_t count;
};

enum range_answer {
	RANGE_WHOLE,         /* the field is ignored: 200 with all of it */
	RANGE_PARTS,         /* 206 */
	RANGE_UNSATISFIABLE, /* 416 */
};

/* What a Range value asks of total bytes; ret is set with RANGE_PARTS only, which has one part at
 * least. Parts are in the order in which they were asked for; those that overlap or touch are one,
 * at the place of the first.
 *
 * RANGE_WHOLE: another unit, malformed, more than RANGES_MOST ranges; more than two that overlap
 * others, or several that together are as long as the whole (14.2, 17.15); a suffix of no bytes at
 * all, which could be satisfied but not be written as a part. */
enum range_answer range_resolve(struct slice value, uint64_t total, struct ranges *ret);

/* One range as it was asked for, before anybody knows the total. */
struct range_request {
	bool is_suffix; /* the last `last` bytes; 0 of them can't be satisfied */
	uint64_t first;
	bool open; /* no last: up to the end */
	uint64_t last;
};

/* For deciding about a miss: "bytes=first-last", "first-" or "-suffix". RC_UNSUPPORTED: several
 * ranges. RC_INVALID: malformed, or another unit. */
NODISCARD enum rc range_parse_single(struct slice value, struct range_request *ret);

struct content_range {
	uint64_t first, last, total; /* first <= last < total */
};

/* "bytes first-last/total" (14.4). RC_UNSUPPORTED: the total is unknown ("*"). RC_INVALID: the
 * unsatisfied form, another unit, malformed, or beyond UINT64_MAX; such content is never combined
 * with what is stored. */
NODISCARD enum rc content_range_parse(struct slice value, struct content_range *ret);
