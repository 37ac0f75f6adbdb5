/* cli/why.h - what the files of `larder why` share: the question, and the larders that may answer it.
 *
 * Threads: one. Ownership: all is borrowed; the report is the caller's buffer.
 */
#pragma once

#include "api.h"

#include "config/config.h"
#include "http/headers.h"
#include "util/bytes.h"

enum { WHY_SERVER = API_OPTION_COUNT, WHY_HEADER, WHY_URL };

struct why_question {
	const char *const *values;
	struct headers fields; /* of the request that is asked about */
	struct bytes report;   /* what was found out: JSON */
};

/* Each asks one larder and appends its report. The exit code; faults are told. *ret_away: nobody is there, or no larder
 * can be known, as was told: somebody else may be asked. */

/* The page of --server, at a URL with the path of server.why. */
int why_ask_page(struct why_question *q, bool *ret_away);
/* The page of a configuration's first listener that can be known. */
int why_ask_listener(struct why_question *q, const struct config *config, bool *ret_away);
/* The admin API, which is only told of Accept among the request's fields. */
int why_ask_api(struct why_question *q, bool *ret_away);
