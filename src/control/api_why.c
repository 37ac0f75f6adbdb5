/* control/api_why.c - what would become of a request, and why. */
#include "seeing.h"

#include "proxy/why.h"

#define MOST_REPORT ((size_t)4 << 20)

static enum rc report(struct call *call, struct slice url, json_t **ret)
{
	struct slice accept = call_query(call, "accept");
	struct headers fields;
	struct bytes text;
	enum rc rc;

	headers_init(&fields, call->request->arena);
	if (accept.data != NULL)
		headers_add(&fields, SLICE("Accept"), accept);
	bytes_init(&text, MOST_REPORT);
	rc = proxy_why(call->proxy, &(struct why_asked){ .url = url, .headers = &fields }, &text);
	if (rc == RC_OK)
		*ret = json_loadb(text.data, text.size, 0, NULL);
	bytes_done(&text);
	return rc;
}

void why_get(struct call *call)
{
	struct slice url = call_query(call, "url");
	json_t *json = NULL;
	enum rc rc;

	if (!seeing_all(call))
		return;
	if (url.size == 0) {
		call_refuse(call, 400, "the parameter url is missing: /path?query, or a whole URL");
		return;
	}
	rc = report(call, url, &json);
	if (rc == RC_OK && json != NULL)
		call_give(call, 200, json);
	else if (rc == RC_INVALID)
		call_refuse(call, 400,
			"url is no target; expected /path?query, or a whole URL, as a client sends "
			"it, and percent-encoded once more here");
	else
		call_refuse(call, 500, "the report could not be made: %s", rc_text(rc));
}
