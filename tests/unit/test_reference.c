/* test_reference.c - URI references (RFC 3986 5), absolute URLs, origins. */
#include "http/reference.h"

#include "http_fixture.h"

#define BASE "http://a/b/c/d;p?q"

static const struct {
	const char *clause;
	const char *base;
	struct slice reference;
	const char *want; /* NULL: refused */
} resolved[] = {
	/* clang-format off */
	/* RFC 3986 5.4.1 */
	{ "5.4.1 another scheme", BASE, TEXT("g:h"), NULL },
	{ "5.4.1", BASE, TEXT("g"), "http://a/b/c/g" },
	{ "5.4.1", BASE, TEXT("./g"), "http://a/b/c/g" },
	{ "5.4.1", BASE, TEXT("g/"), "http://a/b/c/g/" },
	{ "5.4.1", BASE, TEXT("/g"), "http://a/g" },
	{ "5.4.1", BASE, TEXT("//g"), "http://g/" },
	{ "5.4.1", BASE, TEXT("?y"), "http://a/b/c/d;p?y" },
	{ "5.4.1", BASE, TEXT("g?y"), "http://a/b/c/g?y" },
	{ "5.4.1", BASE, TEXT("#s"), "http://a/b/c/d;p?q" },
	{ "5.4.1", BASE, TEXT("g#s"), "http://a/b/c/g" },
	{ "5.4.1", BASE, TEXT("g?y#s"), "http://a/b/c/g?y" },
	{ "5.4.1", BASE, TEXT(";x"), "http://a/b/c/;x" },
	{ "5.4.1", BASE, TEXT("g;x"), "http://a/b/c/g;x" },
	{ "5.4.1", BASE, TEXT("g;x?y#s"), "http://a/b/c/g;x?y" },
	{ "5.4.1", BASE, TEXT(""), "http://a/b/c/d;p?q" },
	{ "5.4.1", BASE, TEXT("."), "http://a/b/c/" },
	{ "5.4.1", BASE, TEXT("./"), "http://a/b/c/" },
	{ "5.4.1", BASE, TEXT(".."), "http://a/b/" },
	{ "5.4.1", BASE, TEXT("../"), "http://a/b/" },
	{ "5.4.1", BASE, TEXT("../g"), "http://a/b/g" },
	{ "5.4.1", BASE, TEXT("../.."), "http://a/" },
	{ "5.4.1", BASE, TEXT("../../"), "http://a/" },
	{ "5.4.1", BASE, TEXT("../../g"), "http://a/g" },
	/* RFC 3986 5.4.2 */
	{ "5.4.2", BASE, TEXT("../../../g"), "http://a/g" },
	{ "5.4.2", BASE, TEXT("../../../../g"), "http://a/g" },
	{ "5.4.2", BASE, TEXT("/./g"), "http://a/g" },
	{ "5.4.2", BASE, TEXT("/../g"), "http://a/g" },
	{ "5.4.2", BASE, TEXT("g."), "http://a/b/c/g." },
	{ "5.4.2", BASE, TEXT(".g"), "http://a/b/c/.g" },
	{ "5.4.2", BASE, TEXT("g.."), "http://a/b/c/g.." },
	{ "5.4.2", BASE, TEXT("..g"), "http://a/b/c/..g" },
	{ "5.4.2", BASE, TEXT("./../g"), "http://a/b/g" },
	{ "5.4.2", BASE, TEXT("./g/."), "http://a/b/c/g/" },
	{ "5.4.2", BASE, TEXT("g/./h"), "http://a/b/c/g/h" },
	{ "5.4.2", BASE, TEXT("g/../h"), "http://a/b/c/h" },
	{ "5.4.2", BASE, TEXT("g;x=1/./y"), "http://a/b/c/g;x=1/y" },
	{ "5.4.2", BASE, TEXT("g;x=1/../y"), "http://a/b/c/y" },
	{ "5.4.2", BASE, TEXT("g?y/./x"), "http://a/b/c/g?y/./x" },
	{ "5.4.2", BASE, TEXT("g?y/../x"), "http://a/b/c/g?y/../x" },
	{ "5.4.2", BASE, TEXT("g#s/./x"), "http://a/b/c/g" },
	{ "5.4.2", BASE, TEXT("g#s/../x"), "http://a/b/c/g" },
	{ "5.4.2 strict", BASE, TEXT("http:g"), NULL },
	/* other bases */
	{ "5.2.3 a base without a path", "http://a", TEXT("g"), "http://a/g" },
	{ "5.2.3 a base without a path, with a query", "http://a?q", TEXT("g"), "http://a/g" },
	{ "5.2.2 nothing over a base without a path", "http://a", TEXT(""), "http://a/" },
	{ "5.2.2 nothing over a base with a query only", "http://a?q", TEXT(""), "http://a/?q" },
	{ "5.2.2 a query over a base without a path", "http://a", TEXT("?y"), "http://a/?y" },
	{ "5.2.2 an empty query takes the base's away", BASE, TEXT("?"), "http://a/b/c/d;p?" },
	{ "5.2.3 a base that ends with '/'", "http://a/b/", TEXT("g"), "http://a/b/g" },
	{ "5.2.3 a '/' in the base's query", "http://a/b?c/d", TEXT("g"), "http://a/g" },
	{ "5.2.4 empty segments count", BASE, TEXT("/x//../y"), "http://a/x/y" },
	{ "5.2.4 empty segments stay", BASE, TEXT("/x//y"), "http://a/x//y" },
	{ "5.2.4 what is left begins with '//'", BASE, TEXT("/..//g"), "http://a//g" },
	{ "5.2.4 only dots", BASE, TEXT("/.././.."), "http://a/" },
	{ "5.2.2 secure, with a port", "https://a:8443/b", TEXT("/c"), "https://a:8443/c" },
	{ "5.2.2 the base's scheme", "https://a/b", TEXT("//G:444/h?i"), "https://g:444/h?i" },
	{ "5.2.2 '//' over a secure base, its port", "https://a/b", TEXT("//g:443/h"), "https://g/h" },
	{ "5.2.2 '//' over a secure base, another's port", "https://a/b", TEXT("//g:80/"),
		"https://g:80/" },
	/* absolute */
	{ "4.3 as it is", BASE, TEXT("http://g/h?i=j"), "http://g/h?i=j" },
	{ "4.3 the other scheme", BASE, TEXT("https://g/h"), "https://g/h" },
	{ "4.3 without a path", BASE, TEXT("http://g"), "http://g/" },
	{ "6.2.3 without a path, with a query", BASE, TEXT("http://g?h"), "http://g/?h" },
	{ "4.3 without a path, with a fragment", BASE, TEXT("http://g#h"), "http://g/" },
	{ "6.2.2.1 scheme and host in upper case", BASE, TEXT("HTTP://EXAMPLE.Org/A"),
		"http://example.org/A" },
	{ "6.2.3 the scheme's own port", BASE, TEXT("http://g:80/h"), "http://g/h" },
	{ "6.2.3 the other scheme's port", BASE, TEXT("http://g:443/h"), "http://g:443/h" },
	{ "3.2.3 an empty port", BASE, TEXT("http://g:/h"), "http://g/h" },
	{ "3.2.2 an IPv6 address", BASE, TEXT("http://[2001:DB8::1]:8080/h"),
		"http://[2001:db8::1]:8080/h" },
	{ "3.2.2 an IPv6 address, an empty port", BASE, TEXT("http://[::1]:"), "http://[::1]/" },
	{ "5.2.2 dots in an absolute one", BASE, TEXT("http://g/x/../h/."), "http://g/h/" },
	{ "2.1 encodings stay", BASE, TEXT("/%7eA%2fb%2F"), "http://a/%7eA%2fb%2F" },
	{ "4.2 a colon in a later segment", BASE, TEXT("./g:h"), "http://a/b/c/g:h" },
	{ "4.2 a colon in the query", BASE, TEXT("g?h:i"), "http://a/b/c/g?h:i" },
	{ "4.2 a colon in the fragment", BASE, TEXT("#h:i"), "http://a/b/c/d;p?q" },
	{ "3.5 a '?' in the fragment", BASE, TEXT("g#h?i"), "http://a/b/c/g" },
	{ "3.4 a '?' in the query", BASE, TEXT("g?h?i"), "http://a/b/c/g?h?i" },
	/* refused */
	{ "4.2 a colon in the first segment", BASE, TEXT("1:2"), NULL },
	{ "4.2 a colon first", BASE, TEXT(":g"), NULL },
	{ "another scheme", BASE, TEXT("ftp://g/h"), NULL },
	{ "another scheme without authority", BASE, TEXT("mailto:a@b"), NULL },
	{ "a script", BASE, TEXT("javascript:alert(1)"), NULL },
	{ "data", BASE, TEXT("data:,x"), NULL },
	{ "userinfo", BASE, TEXT("http://user@g/h"), NULL },
	{ "userinfo with a password", BASE, TEXT("http://a:b@g/h"), NULL },
	{ "userinfo over the base's scheme", BASE, TEXT("//a@g/h"), NULL },
	{ "no authority", BASE, TEXT("http:///h"), NULL },
	{ "no authority, only a port", BASE, TEXT("http://:80/h"), NULL },
	{ "no authority, an empty port", BASE, TEXT("http://:"), NULL },
	{ "one slash", BASE, TEXT("http:/g"), NULL },
	{ "only a scheme", BASE, TEXT("http:"), NULL },
	{ "only slashes", BASE, TEXT("//"), NULL },
	{ "three slashes", BASE, TEXT("///g"), NULL },
	{ "a port that is none", BASE, TEXT("http://g:x/"), NULL },
	{ "port 0", BASE, TEXT("http://g:0/"), NULL },
	{ "a port too large", BASE, TEXT("http://g:65536/"), NULL },
	{ "two empty ports", BASE, TEXT("http://g::/"), NULL },
	{ "an encoded host", BASE, TEXT("http://%67/"), NULL },
	{ "a broken address", BASE, TEXT("http://[::1/"), NULL },
	{ "an address without brackets", BASE, TEXT("http://::1/"), NULL },
	{ "a blank", BASE, TEXT("/a b"), NULL },
	{ "a blank first", BASE, TEXT(" /a"), NULL },
	{ "a blank last", BASE, TEXT("/a "), NULL },
	{ "a tab", BASE, TEXT("/a\tb"), NULL },
	{ "CR and LF", BASE, TEXT("/a\r\nSet-Cookie: b"), NULL },
	{ "a NUL", BASE, TEXT("/a\0"), NULL },
	{ "an encoded NUL", BASE, TEXT("/a%00"), NULL },
	{ "DEL", BASE, TEXT("/a\x7f"), NULL },
	{ "above 127", BASE, TEXT("/\xc3\xa4"), NULL },
	{ "a control character in the fragment", BASE, TEXT("/a#\n"), NULL },
	{ "a backslash", BASE, TEXT("/a\\b"), NULL },
	{ "a backslash as authority", BASE, TEXT("/\\g/h"), NULL },
	{ "a '%' alone", BASE, TEXT("/a%"), NULL },
	{ "a '%' without hex digits", BASE, TEXT("/a?b=%zz"), NULL },
	{ "dots in disguise", BASE, TEXT("/a/%2e%2e/b"), NULL },
	{ "dots behind an encoded slash", BASE, TEXT("/a%2f../b"), NULL },
	{ "dots with parameters", BASE, TEXT("/a/..;/b"), NULL },
	{ "a base that is relative", "/a", TEXT("/b"), NULL },
	{ "a base of another scheme", "ftp://a/b", TEXT("/b"), NULL },
	{ "an empty base", "", TEXT("http://a/"), NULL },
	/* clang-format on */
};

START_TEST(resolves)
{
	struct slice got = SLICE("untouched");
	struct bytes buffer;
	enum rc rc;

	bytes_init(&buffer, 1000);
	ck_assert_int_eq(bytes_append_slice(&buffer, SLICE("what was before")), RC_OK);
	rc = reference_resolve(slice_of(resolved[_i].base), resolved[_i].reference, &buffer, &got);
	ck_assert_msg(rc == (resolved[_i].want != NULL ? RC_OK : RC_INVALID), "%s: '%.*s' is %s",
		resolved[_i].clause, SLICE_ARGS(resolved[_i].reference), rc_text(rc));
	ASSERT_TEXT(got, slice_of(rc == RC_OK ? resolved[_i].want : "untouched"));
	bytes_done(&buffer);
}
END_TEST

START_TEST(is_bounded)
{
	static const struct slice want = TEXT("http://g/h?i");
	struct slice got;
	struct bytes buffer;

	for (size_t limit = 0; limit <= want.size; limit++) {
		bytes_init(&buffer, limit);
		ck_assert_int_eq(
			reference_resolve(SLICE("http://a/"), SLICE("//g/h?i"), &buffer, &got),
			limit < want.size ? RC_TOO_LARGE : RC_OK);
		bytes_done(&buffer);
	}
}
END_TEST

static const struct {
	const char *clause;
	struct slice text;
	enum rc rc;
	struct url want;
} urls[] = {
	/* clang-format off */
	{ "4.3", TEXT("http://a/b?c"), RC_OK, { false, TEXT("a"), 80, TEXT("/b?c") } },
	{ "4.3 https", TEXT("https://a/b"), RC_OK, { true, TEXT("a"), 443, TEXT("/b") } },
	{ "3.1 upper case", TEXT("HTTPS://A/B"), RC_OK, { true, TEXT("A"), 443, TEXT("/B") } },
	{ "3.2.3 a port", TEXT("http://a:8080/"), RC_OK, { false, TEXT("a"), 8080, TEXT("/") } },
	{ "3.2.3 an empty port", TEXT("http://a:/"), RC_OK, { false, TEXT("a"), 80, TEXT("/") } },
	{ "3.2.2 IPv6", TEXT("http://[::1]:1/x"), RC_OK, { false, TEXT("::1"), 1, TEXT("/x") } },
	{ "6.2.3 no path", TEXT("http://a"), RC_OK, { false, TEXT("a"), 80, TEXT("/") } },
	{ "3.4 an empty query", TEXT("http://a/?"), RC_OK, { false, TEXT("a"), 80, TEXT("/?") } },
	{ "3.3 '//' in a path", TEXT("http://a//b"), RC_OK, { false, TEXT("a"), 80, TEXT("//b") } },
	{ "3.4 no path, a query", TEXT("http://a?b"), RC_UNSUPPORTED, { .port = 0 } },
	{ "4.3 a fragment", TEXT("http://a/b#c"), RC_INVALID, { .port = 0 } },
	{ "4.3 a fragment behind the host", TEXT("http://a#c"), RC_INVALID, { .port = 0 } },
	{ "3.2.1 userinfo", TEXT("http://u@a/"), RC_INVALID, { .port = 0 } },
	{ "3.2.1 userinfo and an empty port", TEXT("http://u:@a/"), RC_INVALID, { .port = 0 } },
	{ "5.2.4 dot segments", TEXT("http://a/b/../c"), RC_INVALID, { .port = 0 } },
	{ "3.1 another scheme", TEXT("ws://a/"), RC_INVALID, { .port = 0 } },
	{ "4.2 relative", TEXT("//a/b"), RC_INVALID, { .port = 0 } },
	{ "4.2 a path", TEXT("/b"), RC_INVALID, { .port = 0 } },
	{ "a blank", TEXT("http://a/b c"), RC_INVALID, { .port = 0 } },
	{ "a NUL in an address", TEXT("http://[::1\0x]/"), RC_INVALID, { .port = 0 } },
	{ "empty", TEXT(""), RC_INVALID, { .port = 0 } },
	/* clang-format on */
};

START_TEST(reads_urls)
{
	struct url url = { .port = 7 };
	enum rc rc = url_parse(urls[_i].text, &url);

	ck_assert_msg(rc == urls[_i].rc, "%s: %s", urls[_i].clause, rc_text(rc));
	ck_assert_uint_eq(url.port, rc == RC_OK ? urls[_i].want.port : 7);
	if (rc != RC_OK)
		return;
	ck_assert(url.secure == urls[_i].want.secure);
	ASSERT_TEXT(url.host, urls[_i].want.host);
	ASSERT_TEXT(url.target, urls[_i].want.target);
}
END_TEST

static const struct {
	const char *a, *b;
	bool same;
} origins[] = {
	{ "http://a/", "http://a/b?c", true },
	{ "http://a", "http://a:80/", true },
	{ "https://a:443", "https://a", true },
	{ "http://Example.org/", "HTTP://example.ORG/", true },
	{ "http://[::a]/", "http://[::A]/", true },
	{ "http://a/", "https://a/", false },
	{ "http://a:443/", "https://a/", false },
	{ "http://a/", "http://a:81/", false },
	{ "http://a/", "http://b/", false },
	{ "http://a/", "http://a.b/", false },
	{ "http://a/", "http://aa/", false },
};

START_TEST(compares_origins)
{
	struct url a, b;

	ck_assert_int_eq(url_parse(slice_of(origins[_i].a), &a), RC_OK);
	ck_assert_int_eq(url_parse(slice_of(origins[_i].b), &b), RC_OK);
	ck_assert(url_same_origin(&a, &b) == origins[_i].same);
	ck_assert(url_same_origin(&b, &a) == origins[_i].same);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("reference");

	ADD_ROWS(tests, resolves, resolved);
	tcase_add_test(tests, is_bounded);
	ADD_ROWS(tests, reads_urls, urls);
	ADD_ROWS(tests, compares_origins, origins);
	return run_case("reference", tests);
}
