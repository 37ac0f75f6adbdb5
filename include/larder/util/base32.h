/* util/base32.h - octets as base32 (RFC 4648 6), and back. Pure: any thread. */
#pragma once

#include "util/rc.h"
#include "util/slice.h"

/* Characters that size octets come to, padding included. */
static inline size_t base32_size(size_t size)
{
	return (size + 4) / 5 * 8;
}

/* Writes base32_size(data.size) characters, padded and without a NUL; returns their number. */
size_t base32_encode(struct slice data, char *ret);

/* What text of either letter case stands for, with padding or without, into ret, which has room for
 * text.size * 5 / 8 octets. RC_INVALID: other characters, a length that no octets come to, or bits behind the last
 * octet. */
NODISCARD enum rc base32_decode(struct slice text, char *ret, size_t *ret_size);
