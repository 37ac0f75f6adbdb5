/* control/dispatch.c - from a request to the handler of its route, past everything that may be wrong with it.
 *
 *	path -> 404; method -> 405; who -> 401, 429; role -> 403; query -> 400; body -> 413, 415, 400; handler
 *
 * Who may nothing learns only that: the body of who may not is not looked at.
 */
#include "api.h"

#include "http/uri.h"
#include "util/clock.h"
#include "util/octets.h"

#include <string.h>

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

static bool may(struct call *call)
{
	if (call->caller.role >= call->route->role)
		return true;
	call_refuse(call, 403, "the token %s has not the role that this needs", call->caller.name);
	return false;
}

/* "name:type name:type" has a name? */
static bool knows(const char *parameters, struct slice name)
{
	struct slice rest = slice_of(parameters);

	while (rest.size > 0) {
		struct slice pair = slice_cut(&rest, ' ');

		if (slice_equal(slice_cut(&pair, ':'), name))
			return true;
	}
	return false;
}

static bool check_query(struct call *call)
{
	struct slice rest = call->request->head.target.query;

	while (rest.size > 0) {
		struct slice pair = slice_cut(&rest, '&'), name = slice_cut(&pair, '=');

		if (pair.data != NULL && knows(call->route->parameters, name))
			continue;
		call_refuse(call, 400,
			"unknown parameter \"" SLICE_FORMAT "\"; expected one of: %s",
			SLICE_ARGS(name), call->route->parameters);
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

	if (find_route(&call) && auth_check(&call) && may(&call) && check_query(&call) &&
		check_body(&call))
		call.route->handler(&call);
	json_decref(call.body);
	json_decref(call.told);
	proxy_unref(proxy);
}

uint64_t control_most_body(void *arg, const struct admin_request *request)
{
	struct control *control = arg;
	struct proxy *proxy = control_proxy(control);
	const struct config_admin *admin = &proxy_config(proxy)->admin;
	const struct call call = { .request = request };
	const struct api_route *like;
	struct slice parameter;
	const struct api_route *route = find(&call, &parameter, &like);

	uint64_t most =
		(uint64_t)(route != NULL && route->takes == TAKES_ENTRIES ? admin->import_bytes
									  : admin->body_bytes);

	proxy_unref(proxy);
	return most;
}
