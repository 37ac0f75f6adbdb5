/* util/hmac.h - HMAC-SHA-256 (RFC 2104, FIPS 198-1): that a text is from who has the key.
 *
 * What it is not: a comparison; for that digest_equals_hex() of util/digest.h. Pure; threads: any.
 */
#pragma once

#include "util/digest.h"

/* Of the pieces, one behind the other. Never fails. */
void hmac_sha256(struct slice key, const struct slice *pieces, size_t count,
	unsigned char ret[static DIGEST_SIZE]);
