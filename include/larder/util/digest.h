/* util/digest.h - SHA-256: for names that nobody can make collide; and SHA-1, where others have used it.
 *
 * What it is not: for finding places in tables (util/hash.h), or for passwords.
 * Threads: any, each digest that is in the making one at a time.
 */
#pragma once

#include "util/scope.h"
#include "util/slice.h"

#define DIGEST_SIZE 32

/* FIPS 180-4. Never fails. */
void digest_sha256(struct slice data, unsigned char ret[static DIGEST_SIZE]);

/* The same of data that comes in pieces:
 *
 *	SCOPED(digest) digest = digest_begin();
 *	digest_update(digest, piece);
 *	...
 *	digest_end(digest, ret);	// once, and no more updates
 *
 * The caller owns it. Never fail. */
struct digest;
struct digest *digest_begin(void);
void digest_update(struct digest *digest, struct slice data);
void digest_end(struct digest *digest, unsigned char ret[static DIGEST_SIZE]);
void digest_free(struct digest *digest);

/* The same by another algorithm: SHA-1 tells damage, and nothing against who wants to deceive. digest_end() fills in
 * the first digest_size() bytes. */
enum digest_algorithm { DIGEST_BY_SHA256, DIGEST_BY_SHA1 };
struct digest *digest_begin_by(enum digest_algorithm algorithm);
size_t digest_size(enum digest_algorithm algorithm);

SCOPE_DEFINE(digest, digest_free)

/* Whether hex is the digest in hexadecimal digits of either case, in a time that does not tell where they
 * differ: for tokens. */
bool digest_equals_hex(const unsigned char digest[static DIGEST_SIZE], struct slice hex);
