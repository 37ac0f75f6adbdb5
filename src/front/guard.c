/* front/guard.c - what a request must look like before anything is done with it.
 *
 * The checks are one table, run in its order; each says in words what it found.
 */
#include "guard.h"

struct matter {
	struct request *request;
	const struct guard_facts *facts;
	const struct guard_limits *limits;
	enum problem problem; /* set by a check that fails */
};

/* Each returns NULL or what is wrong, in static words. */
typedef const char *(*check)(struct matter *m);

/* MHD takes HTTP/1.2 and more; what such a request would mean nobody knows yet. */
static const char *check_version(struct matter *m)
{
	m->request->http_1_0 = slice_equal(m->facts->version, SLICE("HTTP/1.0"));
	if (!m->request->http_1_0 && !slice_equal(m->facts->version, SLICE("HTTP/1.1")))
		return "HTTP/1.1 or HTTP/1.0 is expected";
	return NULL;
}

static const char *check_method(struct matter *m)
{
	return field_name_valid(m->request->method_text) ? NULL : "the method is not a token";
}

static const char *check_target(struct matter *m)
{
	struct request *request = m->request;
	enum rc rc;

	if (request->raw_target.size > m->limits->target_bytes) {
		m->problem = PROBLEM_TARGET_TOO_LONG;
		return "the target is longer than server.limits.target_bytes";
	}
	/* RFC 9112 3.2.4: of the server as a whole, which is what larder is to its clients */
	request->asterisk =
		request->method == METHOD_OPTIONS && slice_equal(request->raw_target, SLICE("*"));
	if (request->asterisk) {
		request->target = (struct target){ .path = request->raw_target };
		return NULL;
	}
	rc = target_split(request->raw_target, &request->target);
	if (rc == RC_OK)
		return NULL;
	return rc == RC_UNSUPPORTED ? "the path has a dot segment"
				    : "the target is not of the form /path?query";
}

static const char *check_size(struct matter *m)
{
	m->problem = PROBLEM_HEADER_TOO_LARGE;
	if (m->facts->header_bytes > m->limits->header_bytes)
		return "the header is larger than server.limits.header_bytes";
	m->problem = PROBLEM_TOO_MANY_FIELDS;
	if (m->request->headers.count > m->limits->fields)
		return "there are more fields than server.limits.fields";
	m->problem = PROBLEM_MALFORMED;
	return NULL;
}

static const char *check_wire(struct matter *m)
{
	return m->facts->garbled ? "there is a folded line, a NUL, or a field without a name"
				 : NULL;
}

/* A blank before the colon and a folded line show up as names that are no tokens; a bare CR or a NUL
 * as values that are none. */
static const char *check_fields(struct matter *m)
{
	uint64_t seen[2] = { 0, 0 };

	_Static_assert(FIELD_COUNT <= 128, "a bit for each known field");
	HEADERS_EACH(at, &m->request->headers) {
		uint64_t bit = 1ull << (at->id % 64);

		if (!field_name_valid(at->name))
			return "a field name is not a token";
		if (!field_value_valid(at->value))
			return "a field value has a control character";
		if (at->id == FIELD_OTHER || !(field_flags(at->id) & FIELD_IS_SINGLE))
			continue;
		if (seen[at->id / 64] & bit)
			return "a field that may stand once stands twice";
		seen[at->id / 64] |= bit;
	}
	return NULL;
}

static bool is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && slice_find(SLICE("-._~:[]%!$&'()*+,;="), c) >= 0);
}

/* RFC 9112 3.2 */
static const char *check_host(struct matter *m)
{
	struct slice host = headers_get(&m->request->headers, FIELD_HOST);

	if (host.data == NULL)
		return m->request->http_1_0 ? NULL : "there is no Host";
	for (size_t i = 0; i < host.size; i++) {
		if (!is_host_char(host.data[i]))
			return "Host is not a host";
	}
	return NULL;
}

/* RFC 9112 6: one way to tell where the body ends, or none. */
static const char *check_framing(struct matter *m)
{
	struct request *request = m->request;
	struct slice coding = headers_get(&request->headers, FIELD_TRANSFER_ENCODING);
	struct slice length = headers_get(&request->headers, FIELD_CONTENT_LENGTH);
	uint64_t size = 0;

	request->content_length = 0;
	if (coding.data != NULL && length.data != NULL)
		return "there are Content-Length and Transfer-Encoding";
	if (coding.data != NULL && request->http_1_0)
		return "HTTP/1.0 has no Transfer-Encoding";
	if (coding.data != NULL && !slice_equal_nocase(coding, SLICE("chunked")))
		return "the only transfer coding is chunked";
	if (length.data != NULL && (!slice_to_u64(length, &size) || size > INT64_MAX))
		return "Content-Length is not a number";
	request->content_length = coding.data != NULL ? LENGTH_UNKNOWN : (int64_t)size;
	request->has_body = request->content_length != 0;
	if (size > m->limits->body_bytes) {
		m->problem = PROBLEM_BODY_TOO_LARGE;
		return "the body is larger than server.limits.body_bytes";
	}
	return NULL;
}

/* RFC 9110 9.3.8: what came as a body would be another's request to who doesn't expect one. */
static const char *check_trace(struct matter *m)
{
	if (m->request->method == METHOD_TRACE && m->request->has_body)
		return "TRACE has no body";
	return NULL;
}

/* RFC 9110 7.6.2: one that can't be read can't be counted down, and going on without it would be to
 * go on for ever. On other methods it means nothing. */
static const char *check_forwards(struct matter *m)
{
	struct slice value = headers_get(&m->request->headers, FIELD_MAX_FORWARDS);

	if (m->request->method != METHOD_TRACE && m->request->method != METHOD_OPTIONS)
		return NULL;
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return "Max-Forwards is not a number";
	}
	return value.data == NULL || value.size > 0 ? NULL : "Max-Forwards is not a number";
}

/* RFC 9110 10.1.1 */
static const char *check_expectation(struct matter *m)
{
	struct slice expect = headers_get(&m->request->headers, FIELD_EXPECT);

	if (expect.data == NULL || slice_equal_nocase(expect, SLICE("100-continue")))
		return NULL;
	m->problem = PROBLEM_EXPECTATION;
	return "the only expectation is 100-continue";
}

enum rc guard_check(struct request *request, const struct guard_facts *facts,
	const struct guard_limits *limits, enum problem *ret_problem, const char **ret_detail)
{
	static const check checks[] = {
		check_version,
		check_method,
		check_target,
		check_size,
		check_fields,
		check_wire,
		check_host,
		check_framing,
		check_trace,
		check_forwards,
		check_expectation,
	};
	struct matter matter = { request, facts, limits, PROBLEM_MALFORMED };

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		const char *fault = checks[i](&matter);

		if (fault != NULL) {
			*ret_problem = matter.problem;
			*ret_detail = fault;
			return RC_INVALID;
		}
	}
	return RC_OK;
}
