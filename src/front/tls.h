/* front/tls.h - the listener's certificate and key, which may change while it listens.
 *
 * Handshakes under way keep what they were given: replaced credentials are freed only after a
 * minute, when the header deadline has long ended every handshake that could use them.
 * Threads: any.
 */
#pragma once

#include "util/digest.h"
#include "util/rc.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

struct tls;

/* Reads PEM files. RC_TLS: *ret_fault (owned by the caller, free()) says why. */
NODISCARD enum rc tls_open(
	const char *certificate, const char *key, struct tls **ret, char **ret_fault);
/* Reads the same files again, and changes nothing yet. One caller at a time, as the next. */
NODISCARD enum rc tls_reread(struct tls *tls, char **ret_fault);
/* What tls_reread() read is used from now on, or forgotten. */
void tls_settle(struct tls *tls, bool is_used);
void tls_close(struct tls *tls);

/* The same for the admin listeners: tls_retrieve_admin() serves them. */
NODISCARD enum rc tls_open_admin(
	const char *certificate, const char *key, struct tls **ret, char **ret_fault);

/* The authorities in a file (PEM), as libmicrohttpd takes them; free(). RC_TLS: as above. */
NODISCARD enum rc tls_read_authorities(const char *path, char **ret_pem, char **ret_fault);

/* The SHA-256 of the certificate (DER) that the client showed, if those authorities vouch for it as a
 * client's today; false: there is none such. After the handshake. */
bool tls_client_digest(gnutls_session_t session, unsigned char ret[static DIGEST_SIZE]);

/* gnutls_certificate_retrieve_function2, without a place for an argument of ours: each serves the tls that
 * was opened last for its listeners. */
gnutls_certificate_retrieve_function2 tls_retrieve;
gnutls_certificate_retrieve_function2 tls_retrieve_admin;
