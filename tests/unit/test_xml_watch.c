/* test_xml_watch.c - elements of XML documents, in one piece and cut anywhere; bounds. */
#include "http/xml_watch.h"

#include "http_fixture.h"

#include <stdio.h>
#include <string.h>

#define OTHER 7 /* a group beside the one that is asked */

#define LAUGH(n, m) \
	"<!ENTITY " n " '&" m ";&" m ";&" m ";&" m ";&" m ";&" m ";&" m ";&" m ";&" m ";&" m ";'>"
#define BOMB                                                                            \
	"<!DOCTYPE a [<!ENTITY l0 'hahahahahaha'>" LAUGH("l1", "l0") LAUGH("l2", "l1")  \
		LAUGH("l3", "l2") LAUGH("l4", "l3") LAUGH("l5", "l4") LAUGH("l6", "l5") \
			LAUGH("l7", "l6") LAUGH("l8", "l7") LAUGH("l9", "l8") "]><a>&l9;</a>"

/* Asked for: ERROR. */
static const struct {
	const char *what;
	struct slice document;
	const char *root; /* NULL: none came */
	bool seen;
	enum rc end;
} rows[] = {
	/* clang-format off */
	{ "a root", TEXT("<a/>"), "a", false, RC_OK },
	{ "a declaration", TEXT("<?xml version='1.0' encoding='UTF-8'?>\n<a>x</a>\n"), "a", false, RC_OK },
	{ "the element", TEXT("<a><b><ERROR>no</ERROR></b></a>"), "a", true, RC_OK },
	{ "as the root", TEXT("<ERROR/>"), "ERROR", true, RC_OK },
	{ "letter case", TEXT("<a><error/></a>"), "a", false, RC_OK },
	{ "a name's begin", TEXT("<a><ERR/><ERRORS/></a>"), "a", false, RC_OK },
	{ "namespaces say nothing", TEXT("<x:a xmlns:x='u'><x:ERROR/></x:a>"), "a", true, RC_OK },
	{ "its end is not its begin", TEXT("<a></ERROR></a>"), "a", false, RC_INVALID },
	{ "an attribute", TEXT("<a ERROR='1'/>"), "a", false, RC_OK },
	{ "in a comment", TEXT("<a><!-- <ERROR/> --></a>"), "a", false, RC_OK },
	{ "in CDATA", TEXT("<a><![CDATA[<ERROR/>]]></a>"), "a", false, RC_OK },
	{ "from an entity", TEXT("<!DOCTYPE a [<!ENTITY e '<ERROR/>'>]><a>&e;</a>"), "a", true, RC_OK },
	{ "an entity that is declared elsewhere", TEXT("<!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'><a>&nbsp;</a>"), "a", false, RC_OK },
	{ "an entity that lies elsewhere", TEXT("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>"), "a", false, RC_OK },
	{ "an entity that nobody declared", TEXT("<a>&nbsp;</a>"), "a", false, RC_INVALID },
	{ "an entity of itself", TEXT("<!DOCTYPE a [<!ENTITY e '&e;'>]><a>&e;</a>"), "a", false, RC_INVALID },
	{ "an entity of entities", TEXT(BOMB), "a", false, RC_INVALID },
	{ "UTF-16", TEXT("\xff\xfe<\0a\0/\0>\0"), "a", false, RC_OK },
	{ "ISO-8859-1", TEXT("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>"), "a", false, RC_OK },
	{ "an encoding that isn't known", TEXT("<?xml version='1.0' encoding='KOI8-R'?><a/>"), NULL, false, RC_UNSUPPORTED },
	{ "no UTF-8", TEXT("<a>\xff</a>"), "a", false, RC_INVALID },
	{ "a byte order mark", TEXT("\xef\xbb\xbf<a/>"), "a", false, RC_OK },
	{ "nothing", TEXT(""), NULL, false, RC_INVALID },
	{ "blanks", TEXT(" \n"), NULL, false, RC_INVALID },
	{ "JSON", TEXT("{\"a\":1}"), NULL, false, RC_INVALID },
	{ "cut short", TEXT("<a><ERROR>"), "a", true, RC_INVALID },
	{ "cut short in a tag", TEXT("<a><ERROR"), "a", false, RC_INVALID },
	{ "two roots", TEXT("<a/><ERROR/>"), "a", false, RC_INVALID },
	{ "text behind", TEXT("<a/>x"), "a", false, RC_INVALID },
	{ "blanks and a comment behind", TEXT("<a/>\n<!-- x -->\n"), "a", false, RC_OK },
	{ "HTML", TEXT("<html><br></html>"), "html", false, RC_INVALID },
	/* clang-format on */
};

static void check_row(int i, const struct xml_tests *tests, size_t cut)
{
	SCOPED(xml_watch) watch = xml_watch_new(tests);
	struct slice document = rows[i].document;
	enum rc first = xml_watch_feed(watch, (struct slice){ document.data, cut });
	enum rc rest = xml_watch_feed(watch, slice_skip(document, cut));

	ck_assert(first == RC_OK || first == rest);
	ck_assert_msg(xml_watch_end(watch) == rows[i].end && (rest == RC_OK || rest == rows[i].end),
		"%s, cut at %zu: %s", rows[i].what, cut, rc_text(xml_watch_end(watch)));
	ck_assert_msg(xml_watch_seen(watch, 0) == rows[i].seen, "%s, cut at %zu: seen",
		rows[i].what, cut);
	ck_assert(!xml_watch_seen(watch, OTHER));
	ck_assert((xml_watch_root(watch).data == NULL) == (rows[i].root == NULL));
	ASSERT_TEXT(xml_watch_root(watch), slice_of(rows[i].root));
}

static struct xml_tests *make_tests(void)
{
	struct xml_tests *tests = xml_tests_new();

	xml_tests_add(tests, SLICE("NotThere"), OTHER);
	xml_tests_add(tests, SLICE("any:ERROR"), 0); /* the prefix says nothing */
	return tests;
}

START_TEST(an_element_is_found_however_the_document_is_cut)
{
	struct xml_tests *tests = make_tests();

	for (size_t cut = 0; cut <= rows[_i].document.size; cut++)
		check_row(_i, tests, cut);
	xml_tests_free(tests);
}
END_TEST

static enum rc feed_many(struct xml_watch *watch, struct slice text, size_t count)
{
	enum rc rc = RC_OK;

	while (count-- > 0 && rc == RC_OK)
		rc = xml_watch_feed(watch, text);
	return rc;
}

START_TEST(nesting_is_bounded)
{
	struct xml_tests *tests = make_tests();
	SCOPED(xml_watch) watch = xml_watch_new(tests);
	SCOPED(xml_watch) bomb = xml_watch_new(tests);

	ck_assert_int_eq(feed_many(watch, SLICE("<a>"), XML_WATCH_DEPTH), RC_OK);
	ck_assert_int_eq(feed_many(watch, SLICE("</a>"), XML_WATCH_DEPTH), RC_OK);
	ck_assert_int_eq(xml_watch_end(watch), RC_OK);
	ck_assert_int_eq(feed_many(bomb, SLICE("<a><b>"), SIZE_MAX), RC_INVALID);
	ck_assert_int_eq(xml_watch_feed(bomb, SLICE("</b>")), RC_INVALID);
	xml_watch_free(GIVE(watch));
	xml_watch_free(GIVE(bomb));
	xml_tests_free(tests);
}
END_TEST

START_TEST(a_tag_without_end_is_given_up)
{
	static char letters[16 * 1024];
	struct xml_tests *tests = make_tests();
	SCOPED(xml_watch) watch = xml_watch_new(tests);

	memset(letters, 'a', sizeof(letters));
	ck_assert_int_eq(xml_watch_feed(watch, SLICE("<a><ERROR/><b c='")), RC_OK);
	ck_assert_int_eq(feed_many(watch, (struct slice){ letters, sizeof(letters) },
				 XML_WATCH_MEMORY / sizeof(letters)),
		RC_TOO_LARGE);
	ck_assert_int_eq(xml_watch_end(watch), RC_TOO_LARGE);
	ck_assert(xml_watch_seen(watch, 0));
	xml_watch_free(GIVE(watch));
	xml_tests_free(tests);
}
END_TEST

/* Each is kept by expat for as long as it parses. */
START_TEST(too_many_names_are_given_up)
{
	struct xml_tests *tests = make_tests();
	SCOPED(xml_watch) watch = xml_watch_new(tests);
	enum rc rc = xml_watch_feed(watch, SLICE("<a>"));
	char tag[64];
	int count = 0;

	while (rc == RC_OK && ++count < 1000000) {
		snprintf(tag, sizeof(tag), "<element-%d/>", count);
		rc = xml_watch_feed(watch, slice_of(tag));
	}
	ck_assert_int_eq(rc, RC_TOO_LARGE);
	ck_assert_int_gt(count, 1000);
	xml_watch_free(GIVE(watch));
	xml_tests_free(tests);
}
END_TEST

START_TEST(long_text_takes_nothing)
{
	static char letters[16 * 1024];
	struct xml_tests *tests = make_tests();
	SCOPED(xml_watch) watch = xml_watch_new(tests);

	memset(letters, 'a', sizeof(letters));
	ck_assert_int_eq(xml_watch_feed(watch, SLICE("<a>")), RC_OK);
	ck_assert_int_eq(feed_many(watch, (struct slice){ letters, sizeof(letters) },
				 2 * XML_WATCH_MEMORY / sizeof(letters)),
		RC_OK);
	ck_assert_int_eq(xml_watch_feed(watch, SLICE("</a>")), RC_OK);
	ck_assert_int_eq(xml_watch_end(watch), RC_OK);
	xml_watch_free(GIVE(watch));
	xml_tests_free(tests);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("xml_watch");

	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, an_element_is_found_however_the_document_is_cut, rows);
	tcase_add_test(tests, nesting_is_bounded);
	tcase_add_test(tests, a_tag_without_end_is_given_up);
	tcase_add_test(tests, too_many_names_are_given_up);
	tcase_add_test(tests, long_text_takes_nothing);
	return run_case("xml_watch", tests);
}
