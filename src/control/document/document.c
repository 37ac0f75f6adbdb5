/* control/document/document.c - docs/api.md: the OpenAPI document for people. See document.h.
 *
 *	intro, table of routes -> each route: parameters, body, answers -> each schema: its members
 */
#include "control/document.h"

#include "openapi.h"
#include "schema_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char intro[] =
	"# The admin API\n\n"
	"<!-- Written by `larder api --markdown`. Edit src/control/routes.def and schemas.json. "
	"-->\n\n"
	"Served at `admin.listen`, `127.0.0.1:8081` unless the configuration says otherwise; "
	"roles, tokens and the audit log: "
	"[security.md](security.md). `larder` itself speaks it ([tools.md](tools.md)).\n\n"
	"    curl http://127.0.0.1:8081/api/v1/config\n"
	"    curl --unix-socket /run/larder/admin.sock -H \"Authorization: Bearer $LARDER_TOKEN\" "
	"http://localhost/api/v1/audit?limit=10\n\n"
	"- Bodies are JSON (`application/json`, also where there is no Content-Type) unless the "
	"route says JSON lines "
	"(`application/jsonl`: an object a line).\n"
	"- What is wrong is told as `application/problem+json` (RFC 9457), in `detail`. Unknown "
	"parameters, and one given "
	"twice, are wrong.\n"
	"- Sizes are bytes; durations `_ms`, `_us` or `_s`; moments `_at`, RFC 3339 in UTC. Where "
	"the text of a URL isn't UTF-8, "
	"U+FFFD stands for the rest.\n"
	"- Lists have `items`, and `next` while there is more: the same call with `cursor=<next>` "
	"gives it.\n"
	"- A method that isn't documented is 405, with `Allow`; GET is HEAD as well.\n\n";

static const char *text_at(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text != NULL ? text : "";
}

/* "get" as "GET". */
static void write_method(const char *method, FILE *to)
{
	for (; *method != '\0'; method++)
		fputc(toupper((unsigned char)*method), to);
}

/* ---- the table of routes ---- */

/* Its first sentence: the rest stands with the route. */
static void write_row(const char *path, const char *method, const json_t *operation, FILE *to)
{
	const char *summary = text_at(operation, "summary"), *end = strstr(summary, ". ");

	fputs("| [`", to);
	write_method(method, to);
	fprintf(to, " %s`](#%s) | %s | %.*s |\n", path, text_at(operation, "operationId"),
		text_at(operation, "x-role"),
		(int)(end != NULL ? end + 1 - summary : (long)strlen(summary)), summary);
}

typedef void write_operation(
	const char *path, const char *method, const json_t *operation, FILE *to);

static void each_operation(const json_t *document, write_operation *write, FILE *to)
{
	const char *path, *method;
	json_t *methods, *operation;

	json_object_foreach(json_object_get(document, "paths"), path, methods)
	{
		json_object_foreach(methods, method, operation) write(path, method, operation, to);
	}
}

/* ---- one route ---- */

static void write_parameters(const json_t *parameters, FILE *to)
{
	size_t index;
	json_t *one;

	if (json_array_size(parameters) == 0)
		return;
	fputs("Parameters:", to);
	json_array_foreach(parameters, index, one)
		fprintf(to, "%s `%s` (%s, %s)", index > 0 ? "," : "", text_at(one, "name"),
			text_at(one, "in"), text_at(json_object_get(one, "schema"), "type"));
	fputs(".\n\n", to);
}

/* "JSON: [Purge](#schema-purge)" for each type. */
static void write_content(const json_t *content, FILE *to)
{
	const char *type, *before = "";
	json_t *media;

	json_object_foreach((json_t *)content, type, media)
	{
		fprintf(to, "%s`%s`: ", before, type);
		schema_write_type(json_object_get(media, "schema"), to);
		before = "; ";
	}
}

static void write_responses(const json_t *responses, FILE *to)
{
	const char *status, *before = "";
	json_t *one;

	json_object_foreach((json_t *)responses, status, one)
	{
		if (json_object_get(one, "$ref") != NULL)
			continue;
		fprintf(to, "Answers %s", status);
		if (json_object_get(one, "content") != NULL) {
			fputs(", ", to);
			write_content(json_object_get(one, "content"), to);
		}
		fputs(".\n", to);
	}
	fputs("Refused with", to);
	json_object_foreach((json_t *)responses, status, one)
	{
		if (json_object_get(one, "$ref") == NULL || strcmp(status, "default") == 0)
			continue;
		fprintf(to, "%s %s", before, status);
		before = ",";
	}
	fputs(".\n\n", to);
}

static void write_route(const char *path, const char *method, const json_t *operation, FILE *to)
{
	const json_t *body = json_object_get(operation, "requestBody");

	fprintf(to, "### %s\n\n`", text_at(operation, "operationId"));
	write_method(method, to);
	fprintf(to, " %s` (%s): %s\n\n", path, text_at(operation, "x-role"),
		text_at(operation, "summary"));
	write_parameters(json_object_get(operation, "parameters"), to);
	if (body != NULL) {
		fputs("Takes ", to);
		write_content(json_object_get(body, "content"), to);
		fputs(".\n\n", to);
	}
	write_responses(json_object_get(operation, "responses"), to);
}

/* ---- all of it ---- */

static void write_refusals(const json_t *responses, FILE *to)
{
	const char *name;
	json_t *one;

	fputs("\n| refused with | where |\n|---|---|\n", to);
	json_object_foreach((json_t *)responses, name, one)
		fprintf(to, "| %s | %s |\n", text_at(one, "x-status"), text_at(one, "description"));
}

static void write_schemas(const json_t *schemas, FILE *to)
{
	const char *name;
	json_t *schema;

	json_object_foreach((json_t *)schemas, name, schema) schema_write(name, schema, to);
}

void document_write_markdown(FILE *to)
{
	json_t *document = openapi_document();
	const json_t *components = json_object_get(document, "components");

	fputs(intro, to);
	fputs("| route | role | what it does |\n|---|---|---|\n", to);
	each_operation(document, write_row, to);
	write_refusals(json_object_get(components, "responses"), to);
	fputs("\n## Routes\n\n", to);
	each_operation(document, write_route, to);
	fputs("## Bodies\n\nMembers in **bold** are always there.\n", to);
	write_schemas(json_object_get(components, "schemas"), to);
	json_decref(document);
}

void document_write_json(FILE *to)
{
	json_t *document = openapi_document();

	json_dumpf(document, to, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	fputc('\n', to);
	json_decref(document);
}
