/* front/tls.c - the listener's certificate and key, which may change while it listens. */
#include "tls.h"

#include "util/alloc.h"
#include "util/clock.h"
#include "util/slice.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define CHAIN_MAX     16
#define RETIRED_AFTER 60000 /* ms */

struct credentials {
	struct credentials *older;
	int64_t retired_ms; /* monotonic: when a newer one took its place */
	unsigned count;
	gnutls_pcert_st chain[CHAIN_MAX];
	gnutls_privkey_t key;
};

struct tls {
	pthread_mutex_t lock;
	char *certificate_path;
	char *key_path;
	struct credentials *current;
	struct credentials *fresh; /* read, and not used yet; of who rereads */
};

/* gnutls hands no argument to the callback, and libmicrohttpd uses the session's pointer itself. */
static struct tls *serving, *serving_admin;

static char *fault_text(const char *path, const char *reason)
{
	char *text = NULL;

	if (asprintf(&text, "%s: %s", path, reason) < 0)
		abort();
	return text;
}

static void credentials_free(struct credentials *credentials)
{
	for (unsigned i = 0; i < credentials->count; i++)
		gnutls_pcert_deinit(&credentials->chain[i]);
	if (credentials->key != NULL)
		gnutls_privkey_deinit(credentials->key);
	free(credentials);
}

static int load_chain(struct credentials *credentials, const char *path)
{
	gnutls_datum_t pem = { NULL, 0 };
	int rc = gnutls_load_file(path, &pem);

	if (rc != GNUTLS_E_SUCCESS)
		return rc;
	credentials->count = CHAIN_MAX;
	rc = gnutls_pcert_list_import_x509_raw(
		credentials->chain, &credentials->count, &pem, GNUTLS_X509_FMT_PEM, 0);
	if (rc != GNUTLS_E_SUCCESS)
		credentials->count = 0;
	gnutls_free(pem.data);
	return rc;
}

static int load_key(struct credentials *credentials, const char *path)
{
	gnutls_datum_t pem = { NULL, 0 };
	int rc = gnutls_load_file(path, &pem);

	if (rc != GNUTLS_E_SUCCESS)
		return rc;
	rc = gnutls_privkey_init(&credentials->key);
	if (rc == GNUTLS_E_SUCCESS)
		rc = gnutls_privkey_import_x509_raw(
			credentials->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	return rc;
}

/* Whether the key belongs to the certificate: else every handshake would fail later. */
static bool fits(const struct credentials *credentials)
{
	unsigned char of_key[64], of_certificate[64];
	size_t key_size = sizeof(of_key), certificate_size = sizeof(of_certificate);
	gnutls_pubkey_t public = NULL;
	bool equal;

	if (gnutls_pubkey_init(&public) != GNUTLS_E_SUCCESS)
		return false;
	equal = gnutls_pubkey_import_privkey(public, credentials->key, 0, 0) == GNUTLS_E_SUCCESS &&
		gnutls_pubkey_get_key_id(public, 0, of_key, &key_size) == GNUTLS_E_SUCCESS &&
		gnutls_pubkey_get_key_id(credentials->chain[0].pubkey, 0, of_certificate,
			&certificate_size) == GNUTLS_E_SUCCESS &&
		key_size == certificate_size &&
		gnutls_memcmp(of_key, of_certificate, key_size) == 0;
	gnutls_pubkey_deinit(public);
	return equal;
}

static enum rc load(const struct tls *tls, struct credentials **ret, char **ret_fault)
{
	struct credentials *credentials = xalloc(sizeof(*credentials));
	int rc = load_chain(credentials, tls->certificate_path);
	const char *path = tls->certificate_path;

	if (rc == GNUTLS_E_SUCCESS) {
		path = tls->key_path;
		rc = load_key(credentials, path);
	}
	if (rc != GNUTLS_E_SUCCESS)
		*ret_fault = fault_text(path, gnutls_strerror(rc));
	else if (!fits(credentials))
		*ret_fault = fault_text(path, "the key doesn't belong to the certificate");
	else {
		*ret = credentials;
		return RC_OK;
	}
	credentials_free(credentials);
	return RC_TLS;
}

static enum rc open_files(
	const char *certificate, const char *key, struct tls **ret, char **ret_fault)
{
	struct tls *tls = xalloc(sizeof(*tls));
	enum rc rc;

	pthread_mutex_init(&tls->lock, NULL);
	tls->certificate_path = xcopy(certificate, slice_of(certificate).size);
	tls->key_path = xcopy(key, slice_of(key).size);
	rc = load(tls, &tls->current, ret_fault);
	if (rc != RC_OK) {
		tls_close(tls);
		return rc;
	}
	*ret = tls;
	return RC_OK;
}

enum rc tls_open(const char *certificate, const char *key, struct tls **ret, char **ret_fault)
{
	TRY(open_files(certificate, key, ret, ret_fault));
	serving = *ret;
	return RC_OK;
}

enum rc tls_open_admin(const char *certificate, const char *key, struct tls **ret, char **ret_fault)
{
	TRY(open_files(certificate, key, ret, ret_fault));
	serving_admin = *ret;
	return RC_OK;
}

/* Frees those that were replaced long ago. Under the lock. */
static void free_retired(struct tls *tls, int64_t now_ms)
{
	struct credentials **at = &tls->current->older;

	while (*at != NULL) {
		struct credentials *old = *at;

		if (now_ms - old->retired_ms < RETIRED_AFTER) {
			at = &old->older;
			continue;
		}
		*at = old->older;
		credentials_free(old);
	}
}

/* A pipe may never end, and who reads it would wait for ever. What isn't there is the reader's to tell. */
static enum rc check_kind(const char *path, char **ret_fault)
{
	struct stat is;

	if (stat(path, &is) != 0 || S_ISREG(is.st_mode))
		return RC_OK;
	*ret_fault = fault_text(path, "is no file that can be read anew; expected a regular file");
	return RC_TLS;
}

enum rc tls_reread(struct tls *tls, char **ret_fault)
{
	TRY(check_kind(tls->certificate_path, ret_fault));
	TRY(check_kind(tls->key_path, ret_fault));
	tls_settle(tls, false);
	return load(tls, &tls->fresh, ret_fault);
}

static void use(struct tls *tls, struct credentials *fresh)
{
	int64_t now_ms = clock_monotonic_ms();

	pthread_mutex_lock(&tls->lock);
	tls->current->retired_ms = now_ms;
	fresh->older = tls->current;
	tls->current = fresh;
	free_retired(tls, now_ms);
	pthread_mutex_unlock(&tls->lock);
}

void tls_settle(struct tls *tls, bool is_used)
{
	struct credentials *fresh = tls->fresh;

	tls->fresh = NULL;
	if (fresh != NULL && is_used)
		use(tls, fresh);
	else if (fresh != NULL)
		credentials_free(fresh);
}

void tls_close(struct tls *tls)
{
	tls_settle(tls, false);
	while (tls->current != NULL) {
		struct credentials *credentials = tls->current;

		tls->current = credentials->older;
		credentials_free(credentials);
	}
	if (serving == tls)
		serving = NULL;
	if (serving_admin == tls)
		serving_admin = NULL;
	free(tls->certificate_path);
	free(tls->key_path);
	pthread_mutex_destroy(&tls->lock);
	free(tls);
}

enum rc tls_read_authorities(const char *path, char **ret_pem, char **ret_fault)
{
	gnutls_x509_crt_t *list = NULL;
	gnutls_datum_t pem = { NULL, 0 };
	unsigned count = 0;
	int rc = gnutls_load_file(path, &pem);

	if (rc == GNUTLS_E_SUCCESS)
		rc = gnutls_x509_crt_list_import2(&list, &count, &pem, GNUTLS_X509_FMT_PEM, 0);
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	if (rc == GNUTLS_E_SUCCESS)
		*ret_pem = xcopy((const char *)pem.data, pem.size);
	else
		*ret_fault = fault_text(path, gnutls_strerror(rc));
	gnutls_free(pem.data);
	return rc == GNUTLS_E_SUCCESS ? RC_OK : RC_TLS;
}

bool tls_client_digest(gnutls_session_t session, unsigned char ret[static DIGEST_SIZE])
{
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT };
	const gnutls_datum_t *chain;
	unsigned status = 0, count = 0;

	chain = gnutls_certificate_get_peers(session, &count);
	if (chain == NULL || count == 0 ||
		gnutls_certificate_verify_peers(session, &purpose, 1, &status) !=
			GNUTLS_E_SUCCESS ||
		status != 0)
		return false;
	digest_sha256((struct slice){ (const char *)chain[0].data, chain[0].size }, ret);
	return true;
}

static int give(
	struct tls *tls, gnutls_pcert_st **pcert, unsigned *pcert_length, gnutls_privkey_t *pkey)
{
	const struct credentials *credentials;

	pthread_mutex_lock(&tls->lock);
	credentials = tls->current;
	pthread_mutex_unlock(&tls->lock);
	/* gnutls only reads them */
	*pcert = (gnutls_pcert_st *)(uintptr_t)credentials->chain;
	*pcert_length = credentials->count;
	*pkey = credentials->key;
	return 0;
}

int tls_retrieve(gnutls_session_t session, const gnutls_datum_t *req_ca_dn, int nreqs,
	const gnutls_pk_algorithm_t *pk_algos, int pk_algos_length, gnutls_pcert_st **pcert,
	unsigned int *pcert_length, gnutls_privkey_t *pkey)
{
	return give(serving, pcert, pcert_length, pkey);
}

int tls_retrieve_admin(gnutls_session_t session, const gnutls_datum_t *req_ca_dn, int nreqs,
	const gnutls_pk_algorithm_t *pk_algos, int pk_algos_length, gnutls_pcert_st **pcert,
	unsigned int *pcert_length, gnutls_privkey_t *pkey)
{
	return give(serving_admin, pcert, pcert_length, pkey);
}
