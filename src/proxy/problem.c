/* proxy/problem.c - the errors that larder itself makes. */
#include "proxy/problem.h"

#include "state.h"

#include "observe/json.h"

#include <string.h>

struct row {
	int status;
	const char *error;
	const char *title;
};

static const struct row rows[] = {
#define X(id, status, error, title) [PROBLEM_##id] = { status, error, title },
	PROBLEM_TABLE(X)
#undef X
};

int problem_status(enum problem problem)
{
	return rows[problem].status;
}

enum problem problem_of(enum rc rc)
{
	switch (rc) {
	case RC_DNS:
		return PROBLEM_DNS;
	case RC_CONNECT:
		return PROBLEM_CONNECT;
	case RC_TLS:
		return PROBLEM_TLS;
	case RC_CONNECT_TIMEOUT:
		return PROBLEM_CONNECT_TIMEOUT;
	case RC_FIRST_BYTE_TIMEOUT:
	case RC_IDLE_TIMEOUT:
	case RC_TOTAL_TIMEOUT:
		return PROBLEM_RESPONSE_TIMEOUT;
	case RC_TRUNCATED:
		return PROBLEM_TRUNCATED;
	case RC_PROTOCOL:
		return PROBLEM_PROTOCOL;
	case RC_UNSUPPORTED: /* a method that is not sent like this: HEAD with a body */
		return PROBLEM_METHOD;
	case RC_TOO_LARGE:
		return PROBLEM_RESPONSE_TOO_LARGE;
	case RC_REJECTED:
		return PROBLEM_REJECTED;
	case RC_PACED:
		return PROBLEM_PACED;
	case RC_BREAKER:
		return PROBLEM_BREAKER;
	case RC_OFFLINE:
		return PROBLEM_OFFLINE;
	case RC_STOPPED:
		return PROBLEM_STOPPING;
	case RC_OK:
	case RC_ABSENT:
	case RC_INVALID:
		break;
	case RC_BUSY:
		return PROBLEM_BUSY;
	case RC_IO:
	case RC_FULL:
	case RC_READ_ONLY:
	case RC_DENIED:
	case RC_LOCKED:
	case RC_CORRUPT:
	case RC_CANCELLED:
		break;
	}
	return PROBLEM_INTERNAL;
}

static enum rc write_body(const struct row *row, struct slice detail, struct bytes *b)
{
	TRY(bytes_format(b, "{\"type\":\"about:blank\",\"status\":%d,\"title\":", row->status));
	TRY(json_append_string(b, slice_of(row->title)));
	if (detail.size > 0) {
		TRY(bytes_append_slice(b, SLICE(",\"detail\":")));
		TRY(json_append_string(b, detail));
	}
	return bytes_append_slice(b, SLICE("}\n"));
}

void problem_make(
	const struct problem_told *told, struct headers *ret_fields, struct slice *ret_body)
{
	enum problem problem = told->problem;
	const struct row *row = &rows[problem];
	struct arena *arena = ret_fields->arena;
	struct bytes body;

	bytes_init(&body, 4096);
	if (write_body(row, told->detail, &body) != RC_OK) {
		bytes_clear(&body);
		*ret_body = SLICE("{}\n");
	} else {
		*ret_body = arena_copy(arena, bytes_slice(&body));
	}
	bytes_done(&body);
	headers_add(ret_fields, SLICE("Content-Type"), SLICE("application/problem+json"));
	headers_add(ret_fields, SLICE("Cache-Control"), SLICE("no-store"));
	if (row->status == 503)
		headers_add(ret_fields, SLICE("Retry-After"),
			arena_format(arena, "%lld",
				(long long)(told->retry_after_s > 0 ? told->retry_after_s : 1)));
	if (problem == PROBLEM_NO_TOKEN) /* RFC 6750 3 */
		headers_add(
			ret_fields, SLICE("WWW-Authenticate"), SLICE("Bearer realm=\"larder\""));
	if (problem == PROBLEM_NO_KEY)
		headers_add(
			ret_fields, SLICE("WWW-Authenticate"), SLICE("Bearer realm=\"tenants\""));
	if (problem == PROBLEM_BAD_TOKEN)
		headers_add(ret_fields, SLICE("WWW-Authenticate"),
			SLICE("Bearer realm=\"larder\", error=\"invalid_token\""));
	headers_add(ret_fields, SLICE("Proxy-Status"),
		arena_format(arena, PSEUDONYM "; error=%s", row->error));
}
