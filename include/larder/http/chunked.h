/* http/chunked.h - undoing the chunked transfer coding (RFC 9112 7.1) of a body that is all in memory.
 *
 * What it is not: for what comes from an origin; libcurl undoes that. Pure: any thread.
 */
#pragma once

#include "util/rc.h"
#include "util/slice.h"

/* In place: data's first *ret_size bytes are the content afterwards. Extensions and trailer fields are passed over
 * (7.1.1, 7.1.2). RC_TRUNCATED: it ends before its last chunk's end. RC_INVALID: it is not chunked, or something
 * stands behind it; then data may have changed. */
NODISCARD enum rc chunked_decode(char *data, size_t size, size_t *ret_size);
