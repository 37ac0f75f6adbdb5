/* proxy/keep/etag.h - entity tags for what comes without one (`cache.etags`).
 *
 *	"larder-<the first 128 bits of a SHA-256>"	of the body, its type and its coding
 *
 * Strong: other bytes have another tag. So clients can ask whether what they have is still good, and a
 * refresh that brings the same bytes is told from one that doesn't. The origin never sees such a tag.
 *
 * Threads: the upstream loop. Ownership: what is added lies in the list's arena.
 */
#pragma once

#include "flight/flight.h"

#include "policy/ttl.h"

/* Adds a tag to the stored fields of the flight's complete response with this body, where it is to have
 * one. true: it has. */
bool etag_add(const struct flight *flight, struct body *body, struct headers *fields);

/* Whether what the flight refreshes has such a tag: then only the body tells what it found. */
bool etag_is_awaited(const struct flight *flight);

/* What a complete response says about the one that the flight refreshes. tagged: fields have a tag of ours. */
enum ttl_news etag_compare(
	const struct flight *flight, const struct headers *fields, bool tagged, struct body *body);
