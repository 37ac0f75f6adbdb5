/* control/calls/api_audit.c - GET /audit: the lines of the audit log, the newest first. */
#include "call.h"

#include "audit/audit.h"

#include <inttypes.h>

#define LINES_MOST 1000
#define LINES      100

/* "at-seq" */
static bool read_cursor(struct call *call, struct audit_place *ret)
{
	struct slice text = call_query(call, "cursor"), at = slice_cut(&text, '-');

	if (at.data == NULL)
		return true;
	if (slice_to_u64(at, &ret->at) && slice_to_u64(text, &ret->seq) && ret->at <= INT64_MAX)
		return true;
	call_refuse(call, 400, "cursor is none that was given as \"next\"");
	return false;
}

static void give(struct call *call, const struct audit_place *place, json_t *items)
{
	json_t *json = json_pack("{s:O}", "items", items);
	char next[64];

	if (place->seq > 0) {
		snprintf(next, sizeof(next), "%" PRIu64 "-%" PRIu64, place->at, place->seq);
		json_object_set_new(json, "next", json_string(next));
	}
	call_give(call, 200, json);
}

static void refuse(struct call *call, enum rc rc)
{
	if (rc == RC_ABSENT)
		call_refuse(call, 404, "no audit log is kept: there is no admin.audit");
	else if (rc == RC_INVALID)
		call_refuse(call, 400, "cursor: its line is not there; was the log rotated?");
	else
		call_refuse(call, 503, "the audit log can't be read: %s", rc_text(rc));
}

void audit_get(struct call *call)
{
	struct audit_place place = { 0, 0 };
	int64_t count = LINES;
	json_t *items;
	enum rc rc;

	if (!call_query_number(call, "limit", 1, LINES_MOST, &count) || !read_cursor(call, &place))
		return;
	items = json_array();
	rc = audit_list(call->control->audit, &place, (size_t)count, items);
	if (rc == RC_OK)
		give(call, &place, items);
	else
		refuse(call, rc);
	json_decref(items);
}
