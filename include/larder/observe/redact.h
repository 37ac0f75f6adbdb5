/* observe/redact.h - a request target for eyes that are not the origin's, without the values of the
 * listed parameters.
 *
 * Names are compared as a server would read them: percent-decoded, any case. Both & and ; end a
 * parameter: where the origin does not split at ; too little is shown rather than too much.
 * Stateless, allocates nothing; any thread.
 */
#pragma once

#include "util/slice.h"

struct redact_names {
	const char *const *items;
	size_t count;
};

/* Hands the target on in pieces, each listed value replaced by "***". */
void redact_target(struct redact_names names, struct slice target,
	void (*put)(void *arg, struct slice piece), void *arg);
