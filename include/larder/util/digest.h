/* util/digest.h - SHA-256: for names that nobody can make collide.
 *
 * What it is not: for finding places in tables (util/hash.h), or for passwords. Threads: any.
 */
#pragma once

#include "util/slice.h"

#define DIGEST_SIZE 32

/* FIPS 180-4. Never fails. */
void digest_sha256(struct slice data, unsigned char ret[static DIGEST_SIZE]);
