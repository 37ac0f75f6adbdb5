/* redact.h - a request target for the log, without the values of the listed parameters.
 *
 * Names are compared as a server would read them: percent-decoded, any case. Both & and ; end a
 * parameter: where the origin does not split at ; too little is shown rather than too much.
 */
#pragma once

#include "line.h"

struct redact_names {
	const char *const *items;
	size_t count;
};

/* Adds target to the open string of to. */
void redact_write(struct line *to, struct redact_names names, struct slice target);
