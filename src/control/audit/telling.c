/* control/audit/telling.c - what of a call stands in the audit log. See telling.h. */
#include "telling.h"

#include "audit.h"

#include "observe/log.h"

#include <string.h>

#define PATH_MOST   512
#define METHOD_MOST 32

static bool changes(const struct call *call)
{
	enum method method = call->request->head.method;

	return method != METHOD_GET && method != METHOD_HEAD;
}

static json_t *cut(struct slice text, size_t most)
{
	if (text.size > most)
		text.size = most;
	return json_of_slice(text);
}

/* Without the query, in which somebody may have put a secret. */
static struct slice path_of(const struct call *call)
{
	struct slice raw = call->request->head.raw_target;

	return slice_cut(&raw, '?');
}

static const char *role_of(const struct call *call)
{
	return call->caller.role == ROLE_EVERYONE ? "" : api_role_word(call->caller.role);
}

static json_t *line_of(const struct call *call)
{
	const struct request *head = &call->request->head;
	json_t *line = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:i}", "who", call->caller.name,
		"role", role_of(call), "tenant", call->caller.tenant, "from",
		cut(head->peer, PATH_MOST), "method", cut(head->method_text, METHOD_MOST), "path",
		cut(path_of(call), PATH_MOST), "status", call->answer->status);

	if (call->problem != NULL)
		json_object_set(line, "problem", call->problem);
	json_object_set_new(
		line, "told", call->told != NULL ? json_incref(call->told) : json_object());
	return line;
}

bool telling_ready(struct call *call)
{
	enum rc rc;

	if (!changes(call))
		return true;
	rc = audit_reserve(call->control->audit);
	if (rc == RC_OK) {
		call->reserved = true;
		return true;
	}
	call_refuse(
		call, 503, "the audit log can't be written (%s): nothing was changed", rc_text(rc));
	return false;
}

/* 4xx, and whatever became of what changes something. */
static bool is_told(const struct call *call)
{
	int status = call->answer->status;

	return call->reserved || changes(call) || (status >= 400 && status < 500);
}

/* Who has a token that has expired, or asks more often than its rate, is known by name, and has no role. */
static enum audit_kind kind_of(const struct call *call)
{
	if (call->reserved)
		return AUDIT_RESERVED;
	return call->caller.role == ROLE_EVERYONE ? AUDIT_OUTSIDE : AUDIT_REFUSED;
}

static enum rc write_line(struct call *call)
{
	json_t *line = line_of(call);
	enum rc rc = RC_IO;

	if (line != NULL)
		rc = audit_write(call->control->audit, line, kind_of(call));
	json_decref(line);
	return rc;
}

void telling_done(struct call *call)
{
	enum rc rc;

	if (!is_told(call))
		return;
	rc = write_line(call);
	if (rc == RC_OK || !call->reserved)
		return;
	call_reset(call);
	call_refuse(call, 500, "it was done, but the audit log can't be written (%s)", rc_text(rc));
}
