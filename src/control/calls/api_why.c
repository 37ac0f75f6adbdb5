/* control/calls/api_why.c - what would become of a request, and why. */
#include "seeing.h"

#include "proxy/tenancy.h"
#include "proxy/why.h"

#define MOST_REPORT ((size_t)4 << 20)

static enum rc report(struct call *call, const struct why_asked *about, json_t **ret)
{
	struct why_asked asked = *about;
	struct slice accept = call_query(call, "accept");
	struct headers fields;
	struct bytes text;
	enum rc rc;

	headers_init(&fields, call->request->arena);
	if (accept.data != NULL)
		headers_add(&fields, SLICE("Accept"), accept);
	bytes_init(&text, MOST_REPORT);
	asked.headers = &fields;
	rc = proxy_why(call->proxy, &asked, &text);
	if (rc == RC_OK)
		*ret = json_loadb(text.data, text.size, 0, NULL);
	bytes_done(&text);
	return rc;
}

/* false: refused. */
static bool read_tenant(struct call *call, uint16_t *ret)
{
	struct slice name = call_query(call, "tenant");

	*ret = tenancy_find(call->config, name);
	if (name.size == 0 || *ret != TENANT_NOBODY)
		return true;
	call_refuse(call, 400, "there is no tenant \"" SLICE_FORMAT "\"", SLICE_ARGS(name));
	return false;
}

void why_get(struct call *call)
{
	struct why_asked asked = { .url = call_query(call, "url") };
	json_t *json = NULL;
	enum rc rc;

	if (!seeing_all(call) || !read_tenant(call, &asked.tenant))
		return;
	if (asked.url.size == 0) {
		call_refuse(call, 400, "the parameter url is missing: /path?query, or a whole URL");
		return;
	}
	rc = report(call, &asked, &json);
	if (rc == RC_OK && json != NULL)
		call_give(call, 200, json);
	else if (rc == RC_INVALID)
		call_refuse(call, 400,
			"url is no target; expected /path?query, or a whole URL, as a client sends "
			"it, and percent-encoded once more here");
	else
		call_refuse(call, 500, "the report could not be made: %s", rc_text(rc));
}
