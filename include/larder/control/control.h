/* control/control.h - the admin API: who asks, what for, may they, and what is answered.
 *
 *	front/admin.h -> control_answer() -> the table of routes (src/control/routes.def) -> one handler
 *
 * Every answer is JSON or problem+json (RFC 9457); docs/api.md has them all. Calls that change something, and
 * those that are refused, are told to the audit log.
 *
 * Threads: control_answer() from any, several at once; the others one at a time. Ownership: what is borrowed
 * outlives the control.
 */
#pragma once

#include "front/admin.h"
#include "proxy/proxy.h"

struct control;

struct control_options {
	struct proxy *proxy; /* and its configuration; a reference is taken */
	/* Reads the configuration anew; may block. Appends to report a JSON object that tells what changed, what
	 * couldn't, and, unless RC_OK (RC_INVALID), `faults`, a list of lines. */
	enum rc (*reload)(void *arg, struct bytes *report);
	void *arg;
};

/* RC_IO, RC_DENIED, RC_LOCKED, ...: the audit log or a thread can't be had; fault: words for the operator. */
NODISCARD enum rc control_start(
	const struct control_options *options, struct control **ret, struct bytes *fault);

/* Both for struct admin_ops; arg: struct control. */
uint64_t control_most_body(void *arg, const struct admin_request *request);
void control_answer(void *arg, const struct admin_request *request, struct admin_answer *ret);

/* Calls from now on are about this generation (a reference is taken). */
void control_change(struct control *control, struct proxy *proxy);

/* The audit log anew, as config names it: after it was moved aside (SIGHUP), or with another configuration. Its chain
 * goes on in the new file. On failure the old one stays; codes and fault as control_start(). Any thread. */
NODISCARD enum rc control_reopen(
	struct control *control, const struct config *config, struct bytes *fault);

/* When no answer is under way. */
void control_stop(struct control *control);
