/* http/key.h - what makes two requests the same (RFC 9111 2).
 *
 *	u8 version | u8 method class | u64 namespace version | u32 n | route | u32 n | canonical target
 *
 * Lengths in front, so that no part can pretend to be another. Credentials never stand in it.
 * Ownership: the bytes lie in the buffer that was handed in.
 */
#pragma once

#include "util/bytes.h"

struct key {
	struct slice bytes;
	uint64_t hash; /* finds a place; the bytes are compared */
};

struct key_parts {
	struct slice route; /* its path prefix */
	uint64_t namespace_version;
	struct slice target; /* raw, as target_split() took it */
};

/* Serialises into buffer (cleared first). GET and HEAD share one method class.
 * RC_TOO_LARGE: more than the buffer's cap. */
NODISCARD enum rc key_make(
	const struct key_parts *parts, uint64_t seed, struct bytes *buffer, struct key *ret);

/* The target in a key that key_make() made: for logs and listings. */
struct slice key_target(struct key key);

bool key_equal(struct key a, struct key b);
