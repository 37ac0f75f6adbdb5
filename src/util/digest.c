/* util/digest.c - SHA-256 and SHA-1 by OpenSSL, whose code uses what the processor has for it.
 *
 * Threads and ownership: digest.h.
 */
#include "util/digest.h"

#include "util/alloc.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
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

/* Found once: OpenSSL 3 looks for its providers' code anew with each use of EVP_sha256(), under a lock. */
static EVP_MD *sha256;
static pthread_once_t found = PTHREAD_ONCE_INIT;

static void find_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(sha256 != NULL);
}

static const EVP_MD *the_sha256(void)
{
	pthread_once(&found, find_sha256);
	return sha256;
}

void digest_sha256(struct slice data, unsigned char ret[static DIGEST_SIZE])
{
	must(EVP_Digest(data.data, data.size, ret, NULL, the_sha256(), NULL));
}

static struct digest *begin(const EVP_MD *algorithm)
{
	struct digest *digest = xalloc(sizeof(*digest));

	digest->context = EVP_MD_CTX_new();
	must(digest->context != NULL && EVP_DigestInit_ex(digest->context, algorithm, NULL));
	return digest;
}

struct digest *digest_begin(void)
{
	return begin(the_sha256());
}

struct digest *digest_begin_by(enum digest_algorithm algorithm)
{
	return begin(algorithm == DIGEST_BY_SHA1 ? EVP_sha1() : the_sha256());
}

size_t digest_size(enum digest_algorithm algorithm)
{
	return algorithm == DIGEST_BY_SHA1 ? 20 : DIGEST_SIZE;
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
