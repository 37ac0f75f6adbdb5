/* control/audit/telling.h - calls and the audit log: which are told there, and what of them.
 *
 * Told are all that change something (neither GET nor HEAD), whatever became of them, and all that are refused (4xx). A call
 * that changes something begins only when there is room for its line, and is answered when that is on the disk.
 *
 * Threads: the call's.
 */
#pragma once

#include "call.h"

/* Before the handler. false: refused, because its line couldn't be written. */
bool telling_ready(struct call *call);

/* After it, or after the refusal. Where the line of a change is lost all the same, the answer says so. */
void telling_done(struct call *call);
