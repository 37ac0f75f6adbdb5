/* control/openapi.c - the OpenAPI 3.1 document, from the table of routes and schemas.json. */
#include "api.h"

#include "schema_texts.h"

#include <stdio.h>

static json_t *reference(const char *schema)
{
	char text[128];

	snprintf(text, sizeof(text), "#/components/schemas/%s", schema);
	return json_pack("{s:s}", "$ref", text);
}

static json_t *content(const char *type, const char *schema)
{
	return json_pack("{s:{s:o}}", type, "schema", reference(schema));
}

/* "name:type" of the query, and {x} of the path. */
static json_t *parameters_of(const struct api_route *route)
{
	json_t *list = json_array();
	struct slice rest = slice_of(route->parameters), path = slice_of(route->path);

	while (rest.size > 0) {
		struct slice type = slice_cut(&rest, ' '), name = slice_cut(&type, ':');

		json_array_append_new(list,
			json_pack("{s:s%, s:s, s:b, s:{s:s%}}", "name", name.data, name.size, "in",
				"query", "required", 0, "schema", "type", type.data, type.size));
	}
	(void)slice_cut(&path, '{');
	if (path.data != NULL) {
		struct slice name = slice_cut(&path, '}');

		json_array_append_new(
			list, json_pack("{s:s%, s:s, s:b, s:{s:s}}", "name", name.data, name.size,
				      "in", "path", "required", 1, "schema", "type", "string"));
	}
	return list;
}

static json_t *responses_of(const struct api_route *route)
{
	json_t *responses = json_object();

	json_object_set_new(responses, "200",
		json_pack("{s:s, s:o}", "description", "Done.", "content",
			content("application/json", route->gives)));
	json_object_set_new(responses, "default",
		json_pack("{s:s, s:o}", "description", "What is wrong (RFC 9457).", "content",
			content("application/problem+json", "Problem")));
	return responses;
}

static const char *role_word(int role)
{
	static const char *const words[] = { "everyone", "viewer", "operator", "admin" };

	return words[role + 1];
}

static json_t *operation_of(const struct api_route *route)
{
	json_t *operation = json_pack("{s:s, s:s, s:s, s:o, s:o}", "operationId", route->id,
		"summary", route->about, "x-role", role_word(route->role), "parameters",
		parameters_of(route), "responses", responses_of(route));

	if (route->asks[0] != '\0')
		json_object_set_new(operation, "requestBody",
			json_pack("{s:b, s:o}", "required", 1, "content",
				content("application/json", route->asks)));
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

static json_t *openapi_document(void)
{
	json_t *document = json_loads(schema_texts, 0, NULL), *paths = json_object();

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
	json_object_set_new(document, "paths", paths);
	return document;
}

void openapi_get(struct call *call)
{
	call_give(call, 200, openapi_document());
}
