/* cli/why.h - what the files of `larder why` share: the question, and a larder that may answer it.
 *
 * Threads: one. Ownership: all is borrowed.
 */
#pragma once

#include "config/config.h"
#include "http/headers.h"
#include "util/bytes.h"

#define WHY_PLACE 1024

/* Where a larder answers questions. */
struct why_place {
	char base[WHY_PLACE]; /* "http://127.0.0.1:8080" */
	char path[WHY_PLACE]; /* of server.why */
	bool verify_tls;
};

/* --server. RC_INVALID: no URL with a path. */
NODISCARD enum rc why_place_of_url(const char *url, struct why_place *ret);

/* The first listener that speaks TCP on a known port. RC_ABSENT: there is none, or server.why is off. */
NODISCARD enum rc why_place_of_config(const struct config *config, struct why_place *ret);

/* Asks there about a URL. RC_OK: *ret_status, and the body appended to ret; else nobody answered. */
NODISCARD enum rc why_ask(const struct why_place *place, const char *url,
	const struct headers *fields, int *ret_status, struct bytes *ret);
