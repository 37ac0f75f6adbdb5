/* control/dispatch.c - from a request to the handler of its route, past everything that may be wrong with it.
 *
 *	target -> 400; path -> 404; method -> 405; fields -> 400; who -> 401, 403, 429; role -> 403; query -> 400;
 *	body -> 413, 415, 400; room in the audit log -> 503; handler; audit log
 *
 * Who may nothing learns only that: the body of who may not is not looked at, and hardly read.
 */
#include "call.h"

#include "calls/query.h"
#include "audit/telling.h"

#include "observe/metrics.h"
#include "util/clock.h"
#include "util/octets.h"

#include <string.h>

#define REFUSED_BODY INT64_C(65536) /* read so that the refusal can be, too */

/* Whether a path is the route's; *ret: what stood for its `{x}`, as it came. */
static bool matches(const struct api_route *route, struct slice path, struct slice *ret)
{
	struct slice pattern = slice_of(route->path);

	*ret = SLICE("");
	while (pattern.data != NULL && path.data != NULL) {
		struct slice wanted = slice_cut(&pattern, '/'), found = slice_cut(&path, '/');

		if (wanted.size > 0 && wanted.data[0] == '{' && found.size > 0)
			*ret = found;
		else if (!slice_equal(wanted, found))
			return false;
	}
	return pattern.data == NULL && path.data == NULL;
}

/* The route of method and path; *ret_path: of any with that path, for what is said otherwise. */
static const struct api_route *find(
	const struct call *call, struct slice *ret_parameter, const struct api_route **ret_path)
{
	const struct request *head = &call->request->head;
	bool is_head = head->method == METHOD_HEAD;

	*ret_path = NULL;
	for (size_t i = 0; i < api_route_count; i++) {
		const struct api_route *route = &api_routes[i];
		struct slice method = slice_of(route->method);

		if (!matches(route, head->target.path, ret_parameter))
			continue;
		*ret_path = route;
		if (slice_equal(head->method_text, method) ||
			(is_head && slice_equal(method, SLICE("GET"))))
			return route;
	}
	return NULL;
}

/* RFC 9110 10.2.1 */
static void tell_methods(struct call *call, const struct api_route *like)
{
	struct bytes text;

	bytes_init(&text, 256);
	for (size_t i = 0; i < api_route_count; i++) {
		const struct api_route *route = &api_routes[i];

		if (strcmp(route->path, like->path) == 0)
			(void)!bytes_format(&text, "%s%s%s", text.size > 0 ? ", " : "",
				route->method, strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
	}
	call_field(call, "Allow", bytes_slice(&text));
	bytes_done(&text);
}

static bool find_route(struct call *call)
{
	const struct api_route *like;
	struct slice parameter;

	if (call->request->head.target.path.size == 0) {
		call_refuse(call, 400,
			"the target is not of the form /path?query, or has a dot segment or %%00");
		return false;
	}
	call->route = find(call, &parameter, &like);
	if (call->route != NULL) {
		call->parameter = octets_decoded(parameter, call->request->arena);
		return true;
	}
	if (like == NULL) {
		call_refuse(call, 404, "there is nothing at this path; see /api/v1/openapi.json");
		return false;
	}
	tell_methods(call, like);
	call_refuse(call, 405, "this path has other methods: see Allow");
	return false;
}

/* RFC 9112 3.2, 6.3: what is said twice, or with two ends of the body, others on the way may have read otherwise; what
 * follows on the connection isn't believed. */
static bool check_fields(struct call *call)
{
	const struct headers *fields = &call->request->head.headers;
	const char *twice = NULL;
	uint64_t seen[2] = { 0, 0 };

	HEADERS_EACH(at, fields) {
		uint64_t bit = 1ull << (at->id % 64);

		if (at->id == FIELD_OTHER || !(field_flags(at->id) & FIELD_IS_SINGLE))
			continue;
		if (seen[at->id / 64] & bit)
			twice = "a field that may stand once stands twice";
		seen[at->id / 64] |= bit;
	}
	if (headers_has(fields, FIELD_CONTENT_LENGTH) &&
		headers_has(fields, FIELD_TRANSFER_ENCODING))
		twice = "there are Content-Length and Transfer-Encoding";
	if (twice == NULL)
		return true;
	call_field(call, "Connection", SLICE("close"));
	call_refuse(call, 400, "%s", twice);
	return false;
}

/* What an admin may is about all: never for a tenant's token. */
static bool may(struct call *call)
{
	const struct caller *caller = &call->caller;

	if (caller->role < call->route->role) {
		call_refuse(call, 403, "the token %s is of %s; %s is needed", caller->name,
			api_role_word(caller->role), api_role_word(call->route->role));
		return false;
	}
	if (call->route->role == ROLE_ADMIN && caller->tenant[0] != '\0') {
		call_refuse(call, 403, "this is about all, and the token %s is tenant %s's",
			caller->name, caller->tenant);
		return false;
	}
	return true;
}

static bool is_json(const struct call *call)
{
	struct slice type = headers_get(&call->request->head.headers, FIELD_CONTENT_TYPE);

	return type.data == NULL ||
	       slice_equal_nocase(slice_trim(slice_cut(&type, ';')), SLICE("application/json"));
}

static bool parse_body(struct call *call)
{
	struct slice text = call->request->body;
	json_error_t error;

	if (!is_json(call)) {
		call_refuse(call, 415, "application/json is expected");
		return false;
	}
	call->body = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &error);
	if (call->body == NULL)
		call_refuse(call, 400, "line %d, column %d: %s; JSON is expected", error.line,
			error.column, error.text);
	return call->body != NULL;
}

static bool check_body(struct call *call)
{
	if (call->request->too_large) {
		call_refuse(call, 413, "the body is larger than %s",
			call->route->takes == TAKES_ENTRIES ? "admin.import_bytes"
							    : "admin.body_bytes");
		return false;
	}
	if (call->route->takes == TAKES_NOTHING && call->request->body.size > 0) {
		call_refuse(call, 400, "no body is expected");
		return false;
	}
	return call->route->takes != TAKES_JSON || parse_body(call);
}

void control_answer(void *arg, const struct admin_request *request, struct admin_answer *ret)
{
	struct control *control = arg;
	struct proxy *proxy = control_proxy(control);
	struct call call = {
		.control = control,
		.request = request,
		.answer = ret,
		.caller = { .name = "", .role = ROLE_EVERYONE, .tenant = "" },
		.config = proxy_config(proxy),
		.proxy = proxy,
		.now_ms = clock_wall_ms(),
	};

	if (find_route(&call) && check_fields(&call) && auth_check(&call) && may(&call) &&
		query_check(&call) && check_body(&call) && telling_ready(&call))
		call.route->handler(&call);
	telling_done(&call);
	metrics_add(METRIC_ADMIN_REQUESTS, LABELS(metrics_code(ret->status)), 1);
	json_decref(call.body);
	json_decref(call.told);
	json_decref(call.problem);
	proxy_unref(proxy);
}

uint64_t control_most_body(void *arg, const struct admin_request *request)
{
	struct control *control = arg;
	struct proxy *proxy = control_proxy(control);
	const struct config_admin *admin = &proxy_config(proxy)->admin;
	struct call call = {
		.control = control,
		.request = request,
		.config = proxy_config(proxy),
		.now_ms = clock_wall_ms(),
	};
	const struct api_route *like;
	int64_t most = admin->body_bytes;
	struct slice parameter;

	call.route = find(&call, &parameter, &like);
	if (call.route == NULL || (call.route->role != ROLE_EVERYONE && !auth_may_bring(&call)))
		most = admin->body_bytes < REFUSED_BODY ? admin->body_bytes : REFUSED_BODY;
	else if (call.route->takes == TAKES_ENTRIES)
		most = admin->import_bytes;
	proxy_unref(proxy);
	return (uint64_t)most;
}
