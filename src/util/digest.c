/* util/digest.c - SHA-256 by OpenSSL, whose code uses what the processor has for it.
 *
 * Threads and ownership: digest.h.
 */
#include "util/digest.h"

#include "util/alloc.h"

#include <openssl/crypto.h>
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

bool digest_equals_hex(const unsigned char digest[static DIGEST_SIZE], struct slice hex)
{
	static const char digits[] = "0123456789abcdef";
	char mine[2 * DIGEST_SIZE], theirs[2 * DIGEST_SIZE];

	if (hex.size != sizeof(theirs))
		return false;
	for (size_t i = 0; i < sizeof(mine); i++) {
		unsigned half = i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15;
		bool capital = hex.data[i] >= 'A' && hex.data[i] <= 'F';

		mine[i] = digits[half];
		theirs[i] = (char)(capital ? hex.data[i] - 'A' + 'a' : hex.data[i]);
	}
	return CRYPTO_memcmp(mine, theirs, sizeof(mine)) == 0;
}
