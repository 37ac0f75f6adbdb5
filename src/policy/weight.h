/* weight.h - "q" of the Accept fields (RFC 9110 12.4.2), in thousandths.
 *
 * Pure; threads: any; borrows everything.
 */
#pragma once

#include "util/slice.h"

#define WEIGHT_MOST 1000 /* of who names none */

/* Reads "0.5" and the like. false: malformed. */
bool weight_parse(struct slice text, int *ret);
