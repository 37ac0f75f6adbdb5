/* util/digest.c - SHA-256 by OpenSSL, whose code uses what the processor has for it.
 *
 * The only user of openssl/. Threads: any.
 */
#include "util/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

void digest_sha256(struct slice data, unsigned char ret[static DIGEST_SIZE])
{
	/* Fails only where OpenSSL has no SHA-256 or no memory: nothing to go on with. */
	if (EVP_Digest(data.data, data.size, ret, NULL, EVP_sha256(), NULL) != 1)
		abort();
}
