/* language.h - Accept-Language, read as what it says and not as it is spelled (RFC 9110 12.5.4).
 *
 * Pure; threads: any; borrows everything, allocates nothing.
 */
#pragma once

#include "http/headers.h"

#define LANGUAGES_MOST 16 /* more than any browser sends */

struct language {
	struct slice range; /* "de-CH", "*" */
	int weight;         /* thousandths */
};

/* The ranges of all Accept-Language fields by falling weight. Ranges of equal weight keep their
 * order: some recipients read it as priority (RFC 9110 12.5.4). false: malformed, or more than
 * LANGUAGES_MOST. */
bool languages_read(const struct headers *request, struct language ret[static LANGUAGES_MOST],
	size_t *ret_count);
