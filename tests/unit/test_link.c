/* test_link.c - targets of Link values (RFC 8288 3). */
#include "http/link.h"

#include "http_fixture.h"

#include <string.h>

/* want: the targets with a blank behind each. */
static const struct {
	const char *what;
	struct slice value;
	const char *want;
} rows[] = {
	/* clang-format off */
	{ "one", TEXT("<http://a/b>; rel=next"), "http://a/b " },
	{ "without parameters", TEXT("</b>"), "/b " },
	{ "several", TEXT("</a>; rel=prev, </b>;rel=\"next last\" ,\t</c>"), "/a /b /c " },
	{ "empty", TEXT("<>; rel=self"), " " },
	{ "commas in the target", TEXT("</a,b>; rel=next, </c>"), "/a,b /c " },
	{ "commas in a title", TEXT("</a>; title=\"x, <http://no>; y\", </b>"), "/a /b " },
	{ "an escaped quote", TEXT("</a>; title=\"x\\\", <no>\", </b>"), "/a /b " },
	{ "a backslash at the end", TEXT("</a>; title=\"x\\"), "/a " },
	{ "an open quote", TEXT("</a>; title=\"x, </b>"), "/a " },
	{ "brackets in a parameter", TEXT("</a>; anchor=<no>, </b>"), "/a /b " },
	{ "empty members", TEXT(", ,</a>,, </b>,"), "/a /b " },
	{ "no link between", TEXT("</a>, x=<no>, </b>"), "/a /b " },
	{ "no end", TEXT("</a>, </b"), "/a " },
	{ "nothing", TEXT(""), "" },
	{ "a bracket alone", TEXT("<"), "" },
	{ "text alone", TEXT("http://a/b"), "" },
	/* clang-format on */
};

START_TEST(test_targets)
{
	struct slice value = rows[_i].value, target;
	char got[256] = "";
	size_t at = 0;

	while (link_next(value, &at, &target)) {
		ck_assert(target.data >= value.data &&
			  target.data + target.size < value.data + value.size);
		strncat(got, target.data, target.size);
		strncat(got, " ", 2);
	}
	ck_assert_msg(strcmp(got, rows[_i].want) == 0, "%s: '%s' not '%s'", rows[_i].what, got,
		rows[_i].want);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("link");

	ADD_ROWS(tests, test_targets, rows);
	return run_case("link", tests);
}
