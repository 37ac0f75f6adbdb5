/* util/base64.h - octets as base64 (RFC 4648 4), and back. Pure: any thread. */
#pragma once

#include "util/bytes.h"

/* Characters that size octets come to, padding included. */
static inline size_t base64_size(size_t size)
{
	return (size + 2) / 3 * 4;
}

/* Writes base64_size(data.size) characters, padded and without a NUL; returns their number. Pieces of a
 * multiple of 3 octets, one behind the other, are the base64 of the whole. */
size_t base64_encode(struct slice data, char *ret);

/* RC_TOO_LARGE: b's limit; nothing was appended. */
NODISCARD enum rc base64_append(struct bytes *b, struct slice data);

/* What text stands for, into ret, which has room for text.size / 4 * 3 octets. RC_INVALID: other characters,
 * white space among them, padding that is missing or misplaced, or bits behind the last octet: each value has
 * one text. */
NODISCARD enum rc base64_decode(struct slice text, char *ret, size_t *ret_size);
