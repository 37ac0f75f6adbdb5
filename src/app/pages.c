/* app/pages.c - the paths that larder answers itself: what they say comes from below. Threads, ownership: pages.h. */
#include "pages.h"

#include "control/expose.h"
#include "control/health.h"
#include "proxy/why.h"

static int answer_metrics(
	void *arg, const struct request *request, struct bytes *body, const char **content_type)
{
	const struct headers *h = &request->headers;
	struct arena arena;
	enum rc rc;

	(void)arg;
	arena_init(&arena);
	rc = expose_metrics(headers_combined(h, SLICE("accept"), &arena), body, content_type);
	arena_done(&arena);
	return rc == RC_OK ? 200 : 500;
}

static int answer_health(
	void *arg, const struct request *request, struct bytes *body, const char **content_type)
{
	int status = 500;

	(void)arg;
	(void)request;
	*content_type = HEALTH_CONTENT_TYPE;
	if (health_render(body, &status) != RC_OK)
		bytes_clear(body);
	return status;
}

static int answer_brief(
	enum health_question question, struct bytes *body, const char **content_type)
{
	int status = 500;

	*content_type = HEALTH_CONTENT_TYPE;
	if (health_render_brief(question, body, &status) != RC_OK)
		bytes_clear(body);
	return status;
}

static int answer_live(
	void *arg, const struct request *request, struct bytes *body, const char **content_type)
{
	(void)arg;
	(void)request;
	return answer_brief(HEALTH_LIVE, body, content_type);
}

static int answer_ready(
	void *arg, const struct request *request, struct bytes *body, const char **content_type)
{
	(void)arg;
	(void)request;
	return answer_brief(HEALTH_READY, body, content_type);
}

static int bad_question(struct bytes *body, const char **content_type)
{
	static const struct slice text =
		SLICE("{\"type\":\"about:blank\",\"status\":400,\"title\":\"Malformed request\","
		      "\"detail\":\"?url= and a percent-encoded target or URL is expected\"}\n");

	bytes_clear(body);
	*content_type = "application/problem+json";
	return bytes_append_slice(body, text) == RC_OK ? 400 : 500;
}

static int answer_why(
	void *arg, const struct request *request, struct bytes *body, const char **content_type)
{
	struct why_asked asked = { .headers = &request->headers, .tenant = request->tenant };
	struct arena arena;
	enum rc rc = RC_INVALID;

	arena_init(&arena);
	if (why_url(request->target.query, &arena, &asked.url))
		rc = proxy_why(arg, &asked, body);
	arena_done(&arena);
	*content_type = "application/json";
	if (rc == RC_OK)
		return 200;
	return rc == RC_INVALID ? bad_question(body, content_type) : 500;
}

size_t pages_make(struct proxy *proxy, struct front_local ret[static PAGES_MOST])
{
	const struct config *config = proxy_config(proxy);
	const struct front_local pages[PAGES_MOST] = {
		{ .path = slice_of(config->server.metrics), .answer = answer_metrics },
		{ .path = slice_of(config->server.health), .answer = answer_health },
		{ .path = slice_of(config->server.health),
			.below = SLICE("/live"),
			.answer = answer_live },
		{ .path = slice_of(config->server.health),
			.below = SLICE("/ready"),
			.answer = answer_ready },
		{ .path = slice_of(config->server.why),
			.answer = answer_why,
			.arg = proxy,
			.restricted = true },
	};
	size_t count = 0;

	for (size_t i = 0; i < PAGES_MOST; i++) {
		if (pages[i].path.size > 0)
			ret[count++] = pages[i];
	}
	return count;
}
