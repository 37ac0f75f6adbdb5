/* http/link.h - where the targets in a Link field stand (RFC 8288 3).
 *
 * What it is not: a reader of relations or parameters, which are only stepped over. Threads: any. Ownership:
 * views into the value.
 */
#pragma once

#include "util/slice.h"

/* The next target of a Link value at or after *at (starts at 0, moved behind it): what stands within "<>" at
 * the begin of a link, without them. false: there is no more, or nothing that can be read. */
bool link_next(struct slice value, size_t *at, struct slice *ret_target);
