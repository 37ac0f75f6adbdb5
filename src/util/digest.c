/* util/digest.c - SHA-256 by OpenSSL, whose code uses what the processor has for it.
 *
 * The only user of openssl/. Threads and ownership: digest.h.
 */
#include "util/digest.h"

#include "util/alloc.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct digest {
	EVP_MD_CTX *context;
};

/* OpenSSL fails only where it has no SHA-256 or no memory: nothing to go on with. */
static void must(int succeeded)
{
	if (succeeded != 1)
		abort();
}

void digest_sha256(struct slice data, unsigned char ret[static DIGEST_SIZE])
{
	must(EVP_Digest(data.data, data.size, ret, NULL, EVP_sha256(), NULL));
}

struct digest *digest_begin(void)
{
	struct digest *digest = xalloc(sizeof(*digest));

	digest->context = EVP_MD_CTX_new();
	must(digest->context != NULL && EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL));
	return digest;
}

void digest_update(struct digest *digest, struct slice data)
{
	must(EVP_DigestUpdate(digest->context, data.data, data.size));
}

void digest_end(struct digest *digest, unsigned char ret[static DIGEST_SIZE])
{
	must(EVP_DigestFinal_ex(digest->context, ret, NULL));
}

void digest_free(struct digest *digest)
{
	EVP_MD_CTX_free(digest->context);
	free(digest);
}
