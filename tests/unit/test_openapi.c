/* tests/unit/test_openapi.c - the document holds together: names that are there, schemas that are used, texts. */
#include "document/openapi.h"

#include "call.h"
#include "document/schema_texts.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static json_t *document;

static void set_up(void)
{
	document = openapi_document();
	ck_assert_ptr_nonnull(document);
}

static void tear_down(void)
{
	json_decref(document);
}

/* What "#/components/schemas/Name" stands for. */
static json_t *resolved(const char *reference)
{
	struct slice rest = slice_of(reference);
	json_t *at = document;
	char name[128];

	ck_assert_msg(slice_starts(rest, SLICE("#/")), "%s", reference);
	rest = slice_skip(rest, 2);
	while (rest.data != NULL) {
		struct slice part = slice_cut(&rest, '/');

		snprintf(name, sizeof(name), SLICE_FORMAT, SLICE_ARGS(part));
		at = json_object_get(at, name);
	}
	return at;
}

/* Calls visit for each reference in a part of the document. */
static void each_reference(json_t *json, void (*visit)(const char *reference))
{
	const char *name;
	json_t *member;
	size_t index;

	json_object_foreach(json, name, member)
	{
		if (strcmp(name, "$ref") == 0)
			visit(json_string_value(member));
		each_reference(member, visit);
	}
	json_array_foreach(json, index, member) each_reference(member, visit);
}

static void must_resolve(const char *reference)
{
	ck_assert_msg(resolved(reference) != NULL, "%s: no such name in schemas.json", reference);
}

START_TEST(each_name_is_there)
{
	each_reference(document, must_resolve);
}
END_TEST

static json_t *used;

static void note_used(const char *reference)
{
	json_object_set_new(used, reference, json_true());
}

START_TEST(each_schema_is_used)
{
	json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas");
	char reference[160];
	const char *name;
	json_t *schema;

	used = json_object();
	each_reference(document, note_used);
	json_object_foreach(schemas, name, schema)
	{
		snprintf(reference, sizeof(reference), "#/components/schemas/%s", name);
		ck_assert_msg(json_object_get(used, reference) != NULL, "%s is used nowhere", name);
	}
	json_decref(used);
}
END_TEST

/* What is required is described, and is a member. */
START_TEST(each_schema_names_its_members)
{
	json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas");
	json_t *schema, *required;
	const char *name;
	size_t index;

	json_object_foreach(schemas, name, schema)
	{
		json_t *properties = json_object_get(schema, "properties");

		json_array_foreach(json_object_get(schema, "required"), index, required)
			ck_assert_msg(
				properties == NULL || json_object_get(properties,
							      json_string_value(required)) != NULL,
				"%s.%s", name, json_string_value(required));
	}
}
END_TEST

START_TEST(each_route_is_whole)
{
	for (size_t i = 0; i < api_route_count; i++) {
		const struct api_route *route = &api_routes[i];
		struct slice about = slice_of(route->about);

		ck_assert_msg(strncmp(route->path, "/api/v1/", 8) == 0 ||
				      strncmp(route->path, "/health", 7) == 0,
			"%s", route->path);
		ck_assert_msg(about.size > 0 && about.data[about.size - 1] == '.', "%s: %s",
			route->id, route->about);
		ck_assert_msg((route->asks[0] != '\0') == (route->takes != TAKES_NOTHING), "%s",
			route->id);
		for (size_t k = 0; k < i; k++)
			ck_assert_msg(strcmp(route->path, api_routes[k].path) != 0 ||
					      strcmp(route->method, api_routes[k].method) != 0,
				"%s %s twice", route->method, route->path);
	}
}
END_TEST

/* "name:type name:type", of types that the dispatch checks. */
START_TEST(each_parameter_has_a_type)
{
	for (size_t i = 0; i < api_route_count; i++) {
		struct slice rest = slice_of(api_routes[i].parameters);

		while (rest.size > 0) {
			struct slice type = slice_cut(&rest, ' '), name = slice_cut(&type, ':');

			ck_assert_msg(
				name.size > 0 && (slice_equal(type, SLICE("string")) ||
							 slice_equal(type, SLICE("integer")) ||
							 slice_equal(type, SLICE("boolean"))),
				"%s: %s", api_routes[i].id, api_routes[i].parameters);
		}
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("openapi");
	Suite *suite = suite_create("openapi");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, each_name_is_there);
	tcase_add_test(tcase, each_schema_is_used);
	tcase_add_test(tcase, each_schema_names_its_members);
	tcase_add_test(tcase, each_route_is_whole);
	tcase_add_test(tcase, each_parameter_has_a_type);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
