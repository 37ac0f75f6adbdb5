/* test_uri.c - request targets and base URLs: what is taken, and the canonical form. */
#include "http/uri.h"

#include "http_fixture.h"

static const struct {
	struct slice raw;
	enum rc rc;
	const char *path;
	const char *query; /* NULL: none */
} targets[] = {
	{ TEXT("/"), RC_OK, "/", NULL },
	{ TEXT("/a/b"), RC_OK, "/a/b", NULL },
	{ TEXT("/a?b=c"), RC_OK, "/a", "b=c" },
	{ TEXT("/a?"), RC_OK, "/a", "" },
	{ TEXT("/a?b?c=/../d"), RC_OK, "/a", "b?c=/../d" },
	{ TEXT("//a//b/"), RC_OK, "//a//b/", NULL },
	{ TEXT("/search?query=DOI:%2210.1/x%22&x=[a]|{b}^`<>\"'"), RC_OK, "/search",
		"query=DOI:%2210.1/x%22&x=[a]|{b}^`<>\"'" },
	{ TEXT("/a%2fb%2Fc%5cd"), RC_OK, "/a%2fb%2Fc%5cd", NULL },
	{ TEXT("/.well-known/..a/a../...;x/%2e%2e%2e"), RC_OK,
		"/.well-known/..a/a../...;x/%2e%2e%2e", NULL },
	{ TEXT("/a;b=../c"), RC_OK, "/a;b=../c", NULL },
	{ TEXT("/%252e%252e/"), RC_OK, "/%252e%252e/", NULL },
	{ TEXT("/;/x"), RC_OK, "/;/x", NULL },
	/* form */
	{ TEXT(""), RC_INVALID, NULL, NULL },
	{ TEXT("*"), RC_INVALID, NULL, NULL },
	{ TEXT("a/b"), RC_INVALID, NULL, NULL },
	{ TEXT("?a"), RC_INVALID, NULL, NULL },
	{ TEXT("http://host/a"), RC_INVALID, NULL, NULL },
	{ TEXT("/a#b"), RC_INVALID, NULL, NULL },
	{ TEXT("/a\\b"), RC_INVALID, NULL, NULL },
	{ TEXT("/a b"), RC_INVALID, NULL, NULL },
	{ TEXT("/a\tb"), RC_INVALID, NULL, NULL },
	{ TEXT("/a\0b"), RC_INVALID, NULL, NULL },
	{ TEXT("/a\r\nX: y"), RC_INVALID, NULL, NULL },
	{ TEXT("/a\x7f"), RC_INVALID, NULL, NULL },
	{ TEXT("/\xc3\xa4"), RC_INVALID, NULL, NULL },
	{ TEXT("/a?\xff"), RC_INVALID, NULL, NULL },
	{ TEXT("/%"), RC_INVALID, NULL, NULL },
	{ TEXT("/%2"), RC_INVALID, NULL, NULL },
	{ TEXT("/%2g"), RC_INVALID, NULL, NULL },
	{ TEXT("/%g2"), RC_INVALID, NULL, NULL },
	{ TEXT("/a?q=50%"), RC_INVALID, NULL, NULL },
	{ TEXT("/a?q=%%41"), RC_INVALID, NULL, NULL },
	{ TEXT("/a%00"), RC_INVALID, NULL, NULL },
	{ TEXT("/a?b=%00"), RC_INVALID, NULL, NULL },
	/* path confusion */
	{ TEXT("/."), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/.."), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/./a"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/../b"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/.."), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/..?b"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/%2e%2e/b"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/%2E%2e/b"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/.%2e/b"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/%2e./b"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/%2e"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/..%2fb"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/..%5Cb"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a%2f../b"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a%2F%2e%2E%2fb"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a%5c.."), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/..;/b"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/..;x=1/b"), RC_UNSUPPORTED, NULL, NULL },
	{ TEXT("/a/%2e%2e%3bx"), RC_UNSUPPORTED, NULL, NULL },
};

START_TEST(splits)
{
	struct target target = { .path = SLICE("untouched") };

	ck_assert_int_eq(target_split(targets[_i].raw, &target), targets[_i].rc);
	if (targets[_i].rc != RC_OK) {
		ASSERT_TEXT(target.path, SLICE("untouched"));
		return;
	}
	ASSERT_TEXT(target.path, slice_of(targets[_i].path));
	ck_assert((target.query.data == NULL) == (targets[_i].query == NULL));
	ASSERT_TEXT(target.query, slice_of(targets[_i].query));
}
END_TEST

static const struct {
	const char *raw;
	const char *canonical;
} forms[] = {
	{ "/", "/" },
	{ "/a/B?c=D", "/a/B?c=D" },
	{ "/a?", "/a?" },
	{ "/%41%7a%30%2d%2E%5f%7E", "/Az0-._~" },
	{ "/%7euser/%61", "/~user/a" },
	{ "/a%2fb%5c%3a", "/a%2Fb%5C%3A" },
	{ "/a?q=%22x%22+y%20z%c3%a4", "/a?q=%22x%22+y%20z%C3%A4" },
	{ "/a?q=\"x\"", "/a?q=\"x\"" },
	{ "/%2541", "/%2541" },
	{ "/%25%34%31", "/%2541" },
	{ "/%3Fa%23%26%3D?%26%3f", "/%3Fa%23%26%3D?%26%3F" },
	{ "/a%2eb", "/a.b" },
};

START_TEST(canonicalises)
{
	struct bytes once, twice;

	bytes_init(&once, 100);
	bytes_init(&twice, 100);
	ck_assert_int_eq(target_canonical(slice_of(forms[_i].raw), &once), RC_OK);
	ASSERT_TEXT(bytes_slice(&once), slice_of(forms[_i].canonical));
	ck_assert_int_eq(target_canonical(bytes_slice(&once), &twice), RC_OK);
	ASSERT_TEXT(bytes_slice(&twice), slice_of(forms[_i].canonical));
	bytes_done(&once);
	bytes_done(&twice);
}
END_TEST

START_TEST(canonical_is_bounded)
{
	struct bytes b;

	bytes_init(&b, 4);
	ck_assert_int_eq(target_canonical(SLICE("/abcd"), &b), RC_TOO_LARGE);
	bytes_clear(&b);
	ck_assert_int_eq(target_canonical(SLICE("/ab%20"), &b), RC_TOO_LARGE);
	bytes_clear(&b);
	ck_assert_int_eq(target_canonical(SLICE("/%61%62%63"), &b), RC_OK);
	ASSERT_TEXT(bytes_slice(&b), SLICE("/abc"));
	bytes_clear(&b);
	ck_assert_int_eq(target_canonical(SLICE("/%6"), &b), RC_INVALID);
	bytes_done(&b);
}
END_TEST

static const struct {
	const char *text;
	const char *host; /* NULL: refused */
	const char *path;
	uint16_t port;
	bool secure;
} urls[] = {
	{ "http://example.org", "example.org", "", 80, false },
	{ "https://example.org", "example.org", "", 443, true },
	{ "https://www.ebi.ac.uk/europepmc/webservices/rest", "www.ebi.ac.uk",
		"/europepmc/webservices/rest", 443, true },
	{ "HTTP://Example.ORG:8080/", "Example.ORG", "", 8080, false },
	{ "http://127.0.0.1:1/a//", "127.0.0.1", "/a", 1, false },
	{ "http://[::1]:9000/x", "::1", "/x", 9000, false },
	{ "https://[2001:db8::1]", "2001:db8::1", "", 443, true },
	{ "http://a_b-c:65535", "a_b-c", "", 65535, false },
	{ "http://h/a%20b", "h", "/a%20b", 80, false },
	{ "", NULL, NULL, 0, false },
	{ "http", NULL, NULL, 0, false },
	{ "http:/", NULL, NULL, 0, false },
	{ "http://", NULL, NULL, 0, false },
	{ "http:///x", NULL, NULL, 0, false },
	{ "ftp://host", NULL, NULL, 0, false },
	{ "host:80", NULL, NULL, 0, false },
	{ "http://user@host/", NULL, NULL, 0, false },
	{ "http://user:pass@host/", NULL, NULL, 0, false },
	{ "http://host?q", NULL, NULL, 0, false },
	{ "http://host/?q", NULL, NULL, 0, false },
	{ "http://host/a?", NULL, NULL, 0, false },
	{ "http://host/#f", NULL, NULL, 0, false },
	{ "http://host/a/../b", NULL, NULL, 0, false },
	{ "http://host/a b", NULL, NULL, 0, false },
	{ "http://ho st/", NULL, NULL, 0, false },
	{ "http://host:", NULL, NULL, 0, false },
	{ "http://host:0", NULL, NULL, 0, false },
	{ "http://host:65536", NULL, NULL, 0, false },
	{ "http://host:-1", NULL, NULL, 0, false },
	{ "http://host:80x", NULL, NULL, 0, false },
	{ "http://:80", NULL, NULL, 0, false },
	{ "http://::1/", NULL, NULL, 0, false },
	{ "http://[::1", NULL, NULL, 0, false },
	{ "http://[]", NULL, NULL, 0, false },
	{ "http://[::1]x", NULL, NULL, 0, false },
	{ "http://[::g]", NULL, NULL, 0, false },
	{ "http://[1.2.3.4]", NULL, NULL, 0, false },
	{ "http://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", NULL, NULL, 0, false },
};

START_TEST(reads_base_urls)
{
	struct base_url url = { .port = 7 };
	bool taken = base_url_parse(slice_of(urls[_i].text), &url) == RC_OK;

	ck_assert_msg(taken == (urls[_i].host != NULL), "%s", urls[_i].text);
	ck_assert_uint_eq(url.port, taken ? urls[_i].port : 7);
	if (!taken)
		return;
	ASSERT_TEXT(url.host, slice_of(urls[_i].host));
	ASSERT_TEXT(url.path, slice_of(urls[_i].path));
	ck_assert(url.secure == urls[_i].secure);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("uri");

	ADD_ROWS(tests, splits, targets);
	ADD_ROWS(tests, canonicalises, forms);
	tcase_add_test(tests, canonical_is_bounded);
	ADD_ROWS(tests, reads_base_urls, urls);
	return run_case("uri", tests);
}
