/* control/document/schema_words.c - JSON Schema in words. See schema_words.h. */
#include "schema_words.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *text_at(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text != NULL ? text : "";
}

/* "#/components/schemas/Purge" as a link within the page. */
static void write_link(const char *reference, FILE *to)
{
	const char *name = strrchr(reference, '/') + 1;

	fprintf(to, "[%s](#", name);
	for (const char *c = name; *c != '\0'; c++)
		fputc(tolower((unsigned char)*c), to);
	fputc(')', to);
}

static void write_any(const json_t *list, FILE *to)
{
	size_t index;
	json_t *one;

	json_array_foreach(list, index, one)
	{
		fputs(index > 0 ? " or " : "", to);
		if (json_is_string(one))
			fputs(json_string_value(one), to);
		else
			schema_write_type(one, to);
	}
}

static void write_words(const json_t *list, FILE *to)
{
	size_t index;
	json_t *one;

	json_array_foreach(list, index, one)
	{
		const char *text = json_string_value(one);

		fprintf(to, "%s`%s`", index > 0 ? ", " : "",
			text == NULL      ? "null"
			: text[0] == '\0' ? "\"\""
					  : text);
	}
}

void schema_write_type(const json_t *schema, FILE *to)
{
	const json_t *type = json_object_get(schema, "type");
	const json_t *items = json_object_get(schema, "items");
	const json_t *any = json_object_get(schema, "anyOf");

	if (json_object_get(schema, "$ref") != NULL) {
		write_link(text_at(schema, "$ref"), to);
	} else if (any != NULL || json_object_get(schema, "oneOf") != NULL) {
		write_any(any != NULL ? any : json_object_get(schema, "oneOf"), to);
	} else if (json_object_get(schema, "enum") != NULL) {
		write_words(json_object_get(schema, "enum"), to);
	} else if (items != NULL) {
		fputs("list of ", to);
		schema_write_type(items, to);
	} else if (json_is_array(type)) {
		write_any(type, to);
	} else {
		fputs(type != NULL ? json_string_value(type) : "any", to);
	}
}

static bool is_required(const json_t *schema, const char *name)
{
	size_t index;
	json_t *one;

	json_array_foreach(json_object_get(schema, "required"), index, one)
	{
		if (strcmp(json_string_value(one), name) == 0)
			return true;
	}
	return false;
}

/* Members, and behind them those of members that have no schema of their own. */
static void write_members(const json_t *schema, const char *before, FILE *to)
{
	const char *name;
	json_t *member;
	char inner[256];

	json_object_foreach(json_object_get(schema, "properties"), name, member)
	{
		const json_t *items = json_object_get(member, "items");
		const char *bold = is_required(schema, name) ? "**" : "";

		fprintf(to, "| %s`%s%s`%s | ", bold, before, name, bold);
		schema_write_type(member, to);
		fprintf(to, " | %s |\n", text_at(member, "description"));
		snprintf(inner, sizeof(inner), "%s%s%s.", before, name, items != NULL ? "[]" : "");
		write_members(items != NULL ? items : member, inner, to);
	}
}

void schema_write(const char *name, const json_t *schema, FILE *to)
{
	fprintf(to, "\n### %s\n\n", name);
	if (text_at(schema, "description")[0] != '\0')
		fprintf(to, "%s\n\n", text_at(schema, "description"));
	if (json_object_get(schema, "properties") == NULL) {
		fputs("Is ", to);
		schema_write_type(schema, to);
		fputs(".\n", to);
		return;
	}
	fputs("| member | is | what |\n|---|---|---|\n", to);
	write_members(schema, "", to);
}
