/* upstream/outcome.c - what became of a transfer: curl's codes in ours. The only place for it.
 *
 * The line between RC_CONNECT and RC_TRUNCATED is whether the request began to leave: behind it the
 * origin may have acted on it.
 */
#include "transfer.h"

bool outcome_is_whole(const struct transfer *t)
{
	return t->head.complete && t->length != LENGTH_UNKNOWN && t->received == t->length;
}

static enum rc timeout_code(const struct transfer *t)
{
	return t->phase == PHASE_CONNECT ? RC_CONNECT_TIMEOUT : RC_FIRST_BYTE_TIMEOUT;
}

static enum rc translate(const struct transfer *t, CURLcode code)
{
	/* Every other code is a fault of the peer's message or of our own use of curl. */
	static const struct {
		CURLcode code;
		enum rc rc;
	} TABLE[] = {
		{ CURLE_COULDNT_RESOLVE_HOST, RC_DNS },
		{ CURLE_COULDNT_CONNECT, RC_CONNECT },
		{ CURLE_INTERFACE_FAILED, RC_CONNECT },
		{ CURLE_SSL_CONNECT_ERROR, RC_TLS },
		{ CURLE_SSL_ENGINE_NOTFOUND, RC_TLS },
		{ CURLE_SSL_CERTPROBLEM, RC_TLS },
		{ CURLE_SSL_CIPHER, RC_TLS },
		{ CURLE_PEER_FAILED_VERIFICATION, RC_TLS },
		{ CURLE_SSL_CACERT_BADFILE, RC_TLS },
		{ CURLE_SSL_ISSUER_ERROR, RC_TLS },
		{ CURLE_SSL_INVALIDCERTSTATUS, RC_TLS },
		{ CURLE_PARTIAL_FILE, RC_TRUNCATED },
		{ CURLE_GOT_NOTHING, RC_TRUNCATED },
		{ CURLE_RECV_ERROR, RC_TRUNCATED },
		{ CURLE_SEND_ERROR, RC_TRUNCATED },
		{ CURLE_SEND_FAIL_REWIND, RC_TRUNCATED },
		{ CURLE_HTTP2, RC_TRUNCATED },
		{ CURLE_HTTP2_STREAM, RC_TRUNCATED },
		/* xalloc() aborts: for curl it means a line above its own limit. */
		{ CURLE_OUT_OF_MEMORY, RC_TOO_LARGE },
		{ CURLE_URL_MALFORMAT, RC_INVALID },
	};

	if (code == CURLE_OPERATION_TIMEDOUT)
		return timeout_code(t);
	for (size_t i = 0; i < sizeof(TABLE) / sizeof(TABLE[0]); i++) {
		if (TABLE[i].code != code)
			continue;
		if (TABLE[i].rc == RC_TRUNCATED && t->phase == PHASE_CONNECT)
			return RC_CONNECT;
		return TABLE[i].rc;
	}
	return RC_PROTOCOL;
}

/* curl takes some ends for good ones: in the midst of a head, or of a body whose connection it
 * found closed in the same moment. */
static enum rc check_whole(const struct transfer *t, const char **ret_detail)
{
	if (!t->head.complete) {
		*ret_detail = "the connection ended within the response's head";
		return RC_TRUNCATED;
	}
	if (t->length != LENGTH_UNKNOWN && t->received != t->length) {
		*ret_detail = "the body is shorter than announced";
		return RC_TRUNCATED;
	}
	*ret_detail = "";
	return RC_OK;
}

enum rc outcome(const struct transfer *t, CURLcode code, const char **ret_detail)
{
	if (t->verdict != RC_OK) {
		*ret_detail = t->why;
		return t->verdict;
	}
	/* All bytes are here: what happens to the rest of the upload matters no more. */
	if (code == CURLE_OK || outcome_is_whole(t))
		return check_whole(t, ret_detail);
	*ret_detail = t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
	return translate(t, code);
}
