/* storable.c - may a shared cache store this response? (RFC 9111 3)
 *
 * Each condition is one small function; the table below is their order, and with it which reason is
 * told when several hold. Pure; threads: any.
 */
#include "policy/storable.h"

#include "directives.h"
#include "qualified.h"
#include "selecting.h"
#include "status.h"
#include "validating.h"

#include "policy/freshness.h"

const char *skip_text(enum skip skip)
{
	static const char *const texts[] = {
#define X(id, text) [SKIP_##id] = text,
		SKIP_TABLE(X)
#undef X
	};

	return skip < SKIP_COUNT ? texts[skip] : "unknown";
}

struct matter {
	const struct request_view *request;
	const struct response_view *response;
	const struct policy_limits *limits;
};

static bool has_flag(const struct matter *m, unsigned flags)
{
	return m->response->cc.flags & flags;
}

/* The operator has said that nothing which the response says about caching counts. Credentials have an
 * answer of their own, whoever says what. */
static bool is_forced(const struct matter *m)
{
	return !m->request->has_authorization && ttl_is_forced(m->response, &m->limits->ttl);
}

/* RFC 9110 9.3.3: a POST only where its body was made part of the key; RFC 10008 2.7: a QUERY too. */
static bool of_other_method(const struct matter *m)
{
	enum method method = m->request->method;

	if (method == METHOD_GET)
		return false;
	return !m->request->keyed_by_body || (method != METHOD_POST && method != METHOD_QUERY);
}

/* RFC 9111 3.3: a part is stored where it is known which, and of what. A 416 speaks of the range,
 * which is not in the key. */
static bool is_partial(const struct matter *m)
{
	bool asked = headers_has(m->request->headers, FIELD_RANGE);
	struct content_range part;

	if (m->response->status == 416)
		return asked;
	if (m->response->status != 206)
		return false;
	return !asked || m->request->method != METHOD_GET ||
	       !storable_part(m->response->headers, &part);
}

static bool has_condition(const struct headers *request)
{
	return headers_has(request, FIELD_IF_MATCH) || headers_has(request, FIELD_IF_NONE_MATCH) ||
	       headers_has(request, FIELD_IF_MODIFIED_SINCE) ||
	       headers_has(request, FIELD_IF_UNMODIFIED_SINCE);
}

/* RFC 9111 3: final, and understood where that is asked for. A 412 speaks of a precondition, which
 * is not in the key. */
static bool has_other_status(const struct matter *m)
{
	int status = m->response->status;

	if (status < 200 || status == 304)
		return true;
	if (status == 412 && has_condition(m->request->headers))
		return true;
	return has_flag(m, CC_MUST_UNDERSTAND) && !status_is_understood(status);
}

/* RFC 9111 5.2.1.5 */
static bool request_forbids(const struct matter *m)
{
	return m->request->cc.flags & CC_NO_STORE;
}

/* RFC 9111 5.2.2.5; 5.2.2.3: must-understand overrides it, and the status was found understood. */
static bool response_forbids(const struct matter *m)
{
	return has_flag(m, CC_NO_STORE) && !has_flag(m, CC_MUST_UNDERSTAND) && !is_forced(m);
}

/* RFC 9111 5.2.2.7 */
static bool is_private(const struct matter *m)
{
	return has_flag(m, CC_PRIVATE) && !is_forced(m);
}

/* RFC 9111 3.5. Credentials that Vary names would have to be kept to compare them. */
static bool is_authorized(const struct matter *m)
{
	if (vary_names_credentials(m->request->headers, m->response->headers, m->limits->vary))
		return true;
	return m->request->has_authorization && !directives_are_for_all(&m->response->cc);
}

/* RFC 9111 7.3. What is left out of storage anyway, by the route's rule or by the origin's private= or
 * no-cache=, keeps nothing from being stored. */
static bool sets_cookie(const struct matter *m)
{
	return m->limits->set_cookie == COOKIE_REFUSE &&
	       headers_has(m->response->headers, FIELD_SET_COOKIE) &&
	       !qualified_names(&m->response->cc, field_name(FIELD_SET_COOKIE));
}

static bool varies_by_anything(const struct matter *m)
{
	return vary_is_any(m->response->headers) && !is_forced(m);
}

/* Whether it can ever be used again: fresh, stale where the origin doesn't forbid it (max-stale,
 * RFC 5861), or validated. Our own grace alone is no reason to keep what says nothing. */
static bool is_reusable(const struct matter *m, const struct freshness *f)
{
	const struct response_view *response = m->response;

	/* RFC 9110 13.1.2: a POST whose condition is false is answered by 412, not by 304 */
	if (m->request->method != METHOD_POST &&
		validator_usable(response->status, response->headers, response->responded_ms))
		return true;
	if (f->revalidate_always)
		return false;
	if (f->revalidate_stale)
		return freshness_left_ms(f, response->responded_ms) > 0;
	return f->lifetime_ms > 0 || f->stale_while_revalidate_ms > 0 ||
	       response->cc.stale_if_error > 0;
}

/* RFC 9111 3, last item. Without a lifetime, only what is heuristically cacheable; RFC 9110 9.3.3: and
 * no POST. A lifetime that the operator gives is as good as the origin's. */
static bool lacks_freshness(const struct matter *m)
{
	struct freshness f = freshness_of(m->response, m->limits);
	bool lasts = f.explicit || freshness_is_given(&f);

	if (!lasts && m->request->method == METHOD_POST)
		return true;
	if (!lasts && !status_is_heuristic(m->response->status) && !has_flag(m, CC_PUBLIC))
		return true;
	return !is_reusable(m, &f);
}

/* What doesn't parse is the receiver's to refuse. */
static bool is_too_large(const struct matter *m)
{
	uint64_t size;

	return slice_to_u64(headers_get(m->response->headers, FIELD_CONTENT_LENGTH), &size) &&
	       size > (uint64_t)m->limits->max_object_bytes;
}

static const struct {
	bool (*holds)(const struct matter *m);
	enum skip skip;
} reasons[] = {
	{ of_other_method, SKIP_METHOD },
	{ is_partial, SKIP_PARTIAL },
	{ has_other_status, SKIP_STATUS },
	{ request_forbids, SKIP_REQUEST_NO_STORE },
	{ response_forbids, SKIP_NO_STORE },
	{ is_private, SKIP_PRIVATE },
	{ is_authorized, SKIP_AUTHORIZATION },
	{ sets_cookie, SKIP_SET_COOKIE },
	{ varies_by_anything, SKIP_VARY_ANY },
	{ lacks_freshness, SKIP_NO_FRESHNESS },
	{ is_too_large, SKIP_TOO_LARGE },
};

enum skip storable_check(const struct request_view *request, const struct response_view *response,
	const struct policy_limits *limits)
{
	struct matter m = { request, response, limits };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].holds(&m))
			return reasons[i].skip;
	}
	return SKIP_NONE;
}

/* RFC 9110 8.7: the content is the target's own representation only where there is content. */
bool storable_for_get(const struct request_view *request, const struct response_view *response,
	const struct policy_limits *limits)
{
	struct request_view get = *request;
	int status = response->status;

	get.method = METHOD_GET;
	get.keyed_by_body = false;
	if (request->method != METHOD_POST || status < 200 || status > 299 || status == 204 ||
		status == 205 || status == 206)
		return false;
	return freshness_of(response, limits).explicit &&
	       storable_check(&get, response, limits) == SKIP_NONE;
}
