/* control/document/openapi.c - the OpenAPI 3.1 document, from the table of routes and schemas.json.
 *
 * What schemas stand for in routes.def: words with a blank between, each `[status:][type:]Name|Name`. A status, where
 * it isn't 200; a type, application/<type>, where it isn't JSON (jsonl, health+json); names of schemas, any of which it is.
 */
#include "openapi.h"

#include "call.h"
#include "schema_texts.h"

#include <stdio.h>
#include <string.h>

static json_t *reference(const char *kind, struct slice name)
{
	char text[160];

	snprintf(text, sizeof(text), "#/components/%s/" SLICE_FORMAT, kind, SLICE_ARGS(name));
	return json_pack("{s:s}", "$ref", text);
}

/* ---- bodies ---- */

/* One word of a row. */
struct said {
	char status[8];
	char type[64];
	json_t *schema;
};

static bool is_status(struct slice s)
{
	uint64_t number;

	return s.size == 3 && slice_to_u64(s, &number);
}

static json_t *schema_of(struct slice names)
{
	json_t *any;

	if (slice_find(names, '|') < 0)
		return reference("schemas", names);
	any = json_array();
	while (names.data != NULL)
		json_array_append_new(any, reference("schemas", slice_cut(&names, '|')));
	return json_pack("{s:o}", "anyOf", any);
}

static struct said read_word(struct slice word)
{
	struct said said = { .status = "200", .type = "application/json" };
	struct slice part = slice_cut(&word, ':');

	if (word.data != NULL && is_status(part)) {
		memcpy(said.status, part.data, 3);
		part = slice_cut(&word, ':');
	}
	if (word.data != NULL) {
		snprintf(said.type, sizeof(said.type), "application/" SLICE_FORMAT,
			SLICE_ARGS(part));
		part = word;
	}
	said.schema = schema_of(part);
	return said;
}

static void add_content(json_t *to, const struct said *said)
{
	json_t *content = json_object_get(to, "content");

	if (content == NULL) {
		content = json_object();
		json_object_set_new(to, "content", content);
	}
	json_object_set_new(content, said->type, json_pack("{s:o}", "schema", said->schema));
}

static json_t *body_of(const struct api_route *route)
{
	json_t *body = json_pack("{s:b}", "required", 1);
	struct slice rest = slice_of(route->asks);

	while (rest.size > 0) {
		struct said said = read_word(slice_cut(&rest, ' '));

		add_content(body, &said);
	}
	return body;
}

/* ---- responses ---- */

enum when { ALWAYS, WITH_ROLE, WITH_PARAMETER, WITH_BODY, WITH_JSON, WITH_CHANGE, NEVER };

/* clang-format off */
static const struct refusal {
	const char *status;
	const char *name;
	enum when when;
	const char *about;
	const char *field; /* of the answer */
} refusals[] = {
	{ "400", "Malformed", ALWAYS, "Path, query or body are not what is documented.", NULL },
	{ "401", "TokenRequired", WITH_ROLE, "There is no token, or one that isn't known or has expired.", "WWW-Authenticate" },
	{ "403", "Forbidden", WITH_ROLE, "The token's role or tenant doesn't reach so far; or a page of another origin asks.", NULL },
	{ "404", "NotFound", WITH_PARAMETER, "There is no such thing.", NULL },
	{ "413", "TooLarge", WITH_BODY, "The body is larger than admin.body_bytes, or admin.import_bytes.", NULL },
	{ "415", "NotJson", WITH_JSON, "The body is not application/json.", NULL },
	{ "429", "TooMany", WITH_ROLE, "The token asks more often than its rate, or too many wrong ones came from this address.", "Retry-After" },
	{ "503", "NotNow", WITH_CHANGE, "The audit log can't be written: nothing was changed.", NULL },
	{ "default", "Refused", NEVER, "What else is wrong.", NULL },
};
/* clang-format on */

#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static bool holds(enum when when, const struct api_route *route)
{
	switch (when) {
	case ALWAYS:
		return true;
	case WITH_ROLE:
		return route->role != ROLE_EVERYONE;
	case WITH_PARAMETER:
		return strchr(route->path, '{') != NULL;
	case WITH_BODY:
		return route->takes != TAKES_NOTHING;
	case WITH_JSON:
		return route->takes == TAKES_JSON;
	case WITH_CHANGE:
		return strcmp(route->method, "GET") != 0;
	case NEVER:
		break;
	}
	return false;
}

static json_t *refusal_of(const struct refusal *row)
{
	json_t *json = json_pack("{s:s, s:s, s:{s:{s:o}}}", "description", row->about, "x-status",
		row->status, "content", "application/problem+json", "schema",
		reference("schemas", SLICE("Problem")));

	if (row->field != NULL)
		json_object_set_new(json, "headers",
			json_pack("{s:{s:{s:s}}}", row->field, "schema", "type", "string"));
	return json;
}

static json_t *responses_of(const struct api_route *route)
{
	json_t *responses = json_object();
	struct slice rest = slice_of(route->gives);

	if (rest.size == 0)
		json_object_set_new(responses, "200", json_pack("{s:s}", "description", "Done."));
	while (rest.size > 0) {
		struct said said = read_word(slice_cut(&rest, ' '));
		json_t *one = json_object_get(responses, said.status);

		if (one == NULL) {
			one = json_pack("{s:s}", "description", "Done.");
			json_object_set_new(responses, said.status, one);
		}
		add_content(one, &said);
	}
	for (size_t i = 0; i < REFUSALS; i++) {
		const struct refusal *row = &refusals[i];

		if (holds(row->when, route) || i + 1 == REFUSALS)
			json_object_set_new(responses, row->status,
				reference("responses", slice_of(row->name)));
	}
	return responses;
}

/* ---- routes ---- */

/* "name:type" of the query, and {x} of the path. */
static json_t *parameters_of(const struct api_route *route)
{
	json_t *list = json_array();
	struct slice rest = slice_of(route->parameters), path = slice_of(route->path);

	(void)slice_cut(&path, '{');
	if (path.data != NULL) {
		struct slice name = slice_cut(&path, '}');

		json_array_append_new(
			list, json_pack("{s:s%, s:s, s:b, s:{s:s}}", "name", name.data, name.size,
				      "in", "path", "required", 1, "schema", "type", "string"));
	}
	while (rest.size > 0) {
		struct slice type = slice_cut(&rest, ' '), name = slice_cut(&type, ':');

		json_array_append_new(list,
			json_pack("{s:s%, s:s, s:b, s:{s:s%}}", "name", name.data, name.size, "in",
				"query", "required", 0, "schema", "type", type.data, type.size));
	}
	return list;
}

static json_t *operation_of(const struct api_route *route)
{
	json_t *operation =
		json_pack("{s:s, s:s, s:s, s:o}", "operationId", route->id, "summary", route->about,
			"x-role", api_role_word(route->role), "parameters", parameters_of(route));

	if (route->asks[0] != '\0')
		json_object_set_new(operation, "requestBody", body_of(route));
	json_object_set_new(operation, "responses", responses_of(route));
	if (route->role == ROLE_EVERYONE)
		json_object_set_new(operation, "security", json_array());
	return operation;
}

static void lower(const char *from, char ret[16])
{
	size_t i = 0;

	for (; from[i] != '\0' && i < 15; i++)
		ret[i] = (char)(from[i] | 0x20);
	ret[i] = '\0';
}

static json_t *paths(void)
{
	json_t *paths = json_object();

	for (size_t i = 0; i < api_route_count; i++) {
		const struct api_route *route = &api_routes[i];
		json_t *path = json_object_get(paths, route->path);
		char method[16];

		if (path == NULL) {
			path = json_object();
			json_object_set_new(paths, route->path, path);
		}
		lower(route->method, method);
		json_object_set_new(path, method, operation_of(route));
	}
	return paths;
}

json_t *openapi_document(void)
{
	json_t *document = json_loads(schema_texts, 0, NULL), *responses = json_object();

	for (size_t i = 0; i < REFUSALS; i++)
		json_object_set_new(responses, refusals[i].name, refusal_of(&refusals[i]));
	json_object_set_new(json_object_get(document, "components"), "responses", responses);
	json_object_set_new(document, "paths", paths());
	return document;
}

void openapi_get(struct call *call)
{
	call_give(call, 200, openapi_document());
}
