/* proxy/final.c - what the last in the chain says to OPTIONS and TRACE.
 *
 * What it is not: a judge of what may be sent at all (front/guard). Threads and ownership: final.h.
 */
#include "final.h"

#include "state.h"

#include <assert.h>

#define MOST_FORWARDS INT32_MAX

/* Parts of names of fields that are likely to carry what only the sender should know, or what a
 * browser or a proxy has added that the sender must not see (RFC 9110 9.3.8). */
static const struct slice secrets[] = {
	{ "auth", 4 },
	{ "cert", 4 },
	{ "cookie", 6 },
	{ "credential", 10 },
	{ "csrf", 4 },
	{ "dpop", 4 },
	{ "jwt", 3 },
	{ "key", 3 },
	{ "passw", 5 },
	{ "secret", 6 },
	{ "session", 7 },
	{ "signature", 9 },
	{ "token", 5 },
	{ "xsrf", 4 },
};

/* 1*DIGIT; a number that is too large counts as the largest. */
static int64_t forwards_parse(struct slice value)
{
	uint64_t number;

	if (!slice_to_u64(value, &number) || number > MOST_FORWARDS)
		return MOST_FORWARDS;
	return (int64_t)number;
}

static bool is_limited(enum method method)
{
	return method == METHOD_TRACE || method == METHOD_OPTIONS;
}

static bool is_used_up(const struct request *request)
{
	struct slice value;

	if (!is_limited(request->method))
		return false;
	value = headers_get(&request->headers, FIELD_MAX_FORWARDS);
	return value.data != NULL && forwards_parse(value) == 0;
}

struct slice final_forwards_left(enum method method, struct slice value, struct arena *arena)
{
	int64_t forwards = forwards_parse(value);

	if (!is_limited(method))
		return value;
	return arena_format(arena, "%lld", (long long)(forwards > 0 ? forwards - 1 : 0));
}

static bool has_part(struct slice name, struct slice part)
{
	for (; name.size >= part.size; name = slice_skip(name, 1)) {
		if (slice_equal_nocase((struct slice){ name.data, part.size }, part))
			return true;
	}
	return false;
}

bool final_is_secret(struct slice name)
{
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (has_part(name, secrets[i]))
			return true;
	}
	return false;
}

static enum rc write_message(const struct request *request, struct bytes *b)
{
	TRY(bytes_format(b, SLICE_FORMAT " " SLICE_FORMAT " HTTP/1.%d\r\n",
		SLICE_ARGS(request->method_text), SLICE_ARGS(request->raw_target),
		request->http_1_0 ? 0 : 1));
	HEADERS_EACH(at, &request->headers) {
		if (!final_is_secret(at->name))
			TRY(bytes_format(b, SLICE_FORMAT ": " SLICE_FORMAT "\r\n",
				SLICE_ARGS(at->name), SLICE_ARGS(at->value)));
	}
	return bytes_append_slice(b, SLICE("\r\n"));
}

/* RFC 9110 9.3.8: the request as it came, but for what Connection named, which the front has taken
 * off. */
static void reflect(struct exchange *x)
{
	const struct request *request = x->request;
	struct bytes message;
	enum rc rc;

	bytes_init(&message, request->method_text.size + request->raw_target.size +
				     headers_size(&request->headers) + 64);
	rc = write_message(request, &message);
	assert(rc == RC_OK);
	x->answer = (struct answer){
		.kind = ANSWER_BYTES,
		.status = 200,
		.body = arena_copy(x->arena, bytes_slice(&message)),
		.length = (int64_t)message.size,
	};
	bytes_done(&message);
	headers_add(x->local_fields, SLICE("Content-Type"), SLICE("message/http"));
	headers_add(x->local_fields, SLICE("Cache-Control"), SLICE("no-store"));
}

/* RFC 9110 9.3.7: what larder takes, which is more than each route's origin may. */
static void list_methods(struct exchange *x)
{
	struct slice list = SLICE("");

	for (enum method m = 0; m < METHOD_COUNT; m++) {
		if (m != METHOD_CONNECT && m != METHOD_OTHER)
			list = arena_format(x->arena, SLICE_FORMAT "%s%s", SLICE_ARGS(list),
				list.size > 0 ? ", " : "", method_name(m));
	}
	x->answer = (struct answer){ .kind = ANSWER_EMPTY, .status = 204 };
	headers_add(x->local_fields, SLICE("Allow"), list);
}

bool final_recipient(struct exchange *x)
{
	if (!x->request->asterisk && !is_used_up(x->request))
		return false;
	x->local_fields = arena_alloc(x->arena, sizeof(*x->local_fields));
	headers_init(x->local_fields, x->arena);
	if (x->request->method == METHOD_TRACE)
		reflect(x);
	else
		list_methods(x);
	return true;
}
