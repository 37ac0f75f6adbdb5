/* util/hmac.c - HMAC-SHA-256 by OpenSSL. Threads: util/hmac.h. */
#include "util/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdint.h>
#include <stdlib.h>

/* OpenSSL fails only where it has no HMAC or no memory: nothing to go on with. */
static void must(bool succeeded)
{
	if (!succeeded)
		abort();
}

void hmac_sha256(struct slice key, const struct slice *pieces, size_t count,
	unsigned char ret[static DIGEST_SIZE])
{
	char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
	size_t size;

	/* a key of NULL would be the one before */
	must(context != NULL &&
		EVP_MAC_init(context, (const unsigned char *)(key.size > 0 ? key.data : ""),
			key.size, parameters) == 1);
	for (size_t i = 0; i < count; i++)
		must(EVP_MAC_update(
			     context, (const unsigned char *)pieces[i].data, pieces[i].size) == 1);
	must(EVP_MAC_final(context, ret, &size, DIGEST_SIZE) == 1 && size == DIGEST_SIZE);
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
}
