/* test_environment.c - references in what isn't the operator's: nothing of the environment is in it. Those of the
 * operator's own file are in test_config.c. */
#include "config_fixture.h"

#include "run_case.h"

#include <check.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	const char *text, *access;
} foreign[] = {
	{ "/${LARDER_SET}", "/${LARDER_SET}" },
	{ "/${LARDER_UNSET}", "/${LARDER_UNSET}" },
	{ "/${LARDER_UNSET:-x}", "/${LARDER_UNSET:-x}" },
	{ "/$${LARDER_SET}", "/${LARDER_SET}" },
	{ "/$$${LARDER_SET} $$ ${", "/$${LARDER_SET} $$ ${" },
	{ "${}", "${}" },
};

START_TEST(others_text)
{
	struct config *config = NULL, *again;
	struct config_faults faults;
	char text[1024], *dump;

	setenv("LARDER_SET", "from-here", 1);
	snprintf(text, sizeof(text),
		"upstreams: { a: { url: \"http://h\" } }\nroutes: [ { path: /, upstream: a } ]\n"
		"log: { access: \"%s\" }\n",
		foreign[_i].text);
	ck_assert_int_eq(config_parse_foreign("x", slice_of(text), &config, &faults), RC_OK);
	config_faults_done(&faults);
	ck_assert_str_eq(config->log.access, foreign[_i].access);
	dump = dumped(config);
	again = parsed(dump);
	ck_assert_str_eq(again->log.access, foreign[_i].access);
	config_free(config);
	config_free(again);
	free(dump);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("foreign");

	tcase_add_loop_test(tests, others_text, 0, COUNT(foreign));
	return run_case("environment", tests);
}
