/* http/key.h - what makes two requests the same (RFC 9111 2).
 *
 *	u8 version | u8 class | u64 namespace version | u32 n | route | u32 n | canonical target
 *	    class & 1: | u32 n | method | u32 n | digest of the request's body
 *	    class & 2: | u32 n | rule
 *	    class & 4: | u32 n | mark
 *	    class & 8: | u32 n | tenant
 *
 * GET and HEAD are one class. A mark (of the route's key rule: policy/key_rule.h) and above it a rule
 * (No-Vary-Search) say in which sense the target is canonical.
 * Lengths in front, so that no part can pretend to be another. Credentials never stand in it: a tenant
 * is named as the configuration names it, and nobody's keys are the bytes that they were without tenants.
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
	struct slice method; /* where the body counts; else of size 0, and so is the digest */
	struct slice digest;
	struct slice rule;   /* under which the target stands for others; of size 0 without one */
	struct slice mark;   /* of the route's key rule, so, too */
	struct slice tenant; /* its name; of size 0 where it is nobody's */
};

/* Serialises into buffer (cleared first).
 * RC_TOO_LARGE: more than the buffer's cap. */
NODISCARD enum rc key_make(
	const struct key_parts *parts, uint64_t seed, struct bytes *buffer, struct key *ret);

/* The parts of a key that key_make() made, as views into it; the target is the canonical one. For bytes
 * from anywhere: RC_INVALID when they have another layout. */
NODISCARD enum rc key_split(struct key key, struct key_parts *ret);

/* The tenant that a key is of; of size 0 for nobody's, and for bytes with another layout. */
struct slice key_tenant(struct key key);

/* The target in a key that key_make() made: for logs and listings. */
struct slice key_target(struct key key);

bool key_equal(struct key a, struct key b);
