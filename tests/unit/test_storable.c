/* test_storable.c - what a shared cache may store: request, response -> reason (RFC 9111 3).
 *
 * Each row is one clause. The response came at NOW, at once, with the Date of NOW unless it says
 * otherwise.
 */
#include "policy/storable.h"

#include "policy_rows.h"

#include "policy/freshness.h"

static const struct policy_limits limits = {
	.max_heuristic_ms = 24 * HOUR,
	.heuristic_percent = 10,
	.max_object_bytes = 1000,
	.grace_ms = HOUR,
};

#define OLD   "last-modified: " DATE_10H
#define FRESH "cache-control: max-age=60"
#define TAG   "etag: \"a\""
#define BASIC "authorization: Basic YTpi"

/* clang-format off */
static const struct {
	const char *clause;
	enum method method;
	int status;
	const char *request;
	const char *response;
	enum skip verdict;
} rows[] = {
	/* methods */
	{ "3: GET", METHOD_GET, 200, NULL, FRESH, SKIP_NONE },
	{ "3: HEAD has no body to store", METHOD_HEAD, 200, NULL, FRESH, SKIP_METHOD },
	{ "3: POST", METHOD_POST, 200, NULL, FRESH, SKIP_METHOD },
	{ "3: PUT", METHOD_PUT, 200, NULL, FRESH, SKIP_METHOD },
	{ "3: OPTIONS", METHOD_OPTIONS, 200, NULL, FRESH, SKIP_METHOD },
	{ "3: a method that is not understood", METHOD_OTHER, 200, NULL, FRESH, SKIP_METHOD },

	/* status codes */
	{ "3: interim", METHOD_GET, 103, NULL, FRESH, SKIP_STATUS },
	{ "3: 201, explicit", METHOD_GET, 201, NULL, FRESH, SKIP_NONE },
	{ "3: 204, explicit", METHOD_GET, 204, NULL, FRESH, SKIP_NONE },
	{ "3.3: 206", METHOD_GET, 206, NULL, FRESH, SKIP_PARTIAL },
	{ "3: 302, explicit", METHOD_GET, 302, NULL, FRESH, SKIP_NONE },
	{ "3: 304 is no response of its own", METHOD_GET, 304, NULL, FRESH, SKIP_STATUS },
	{ "3: 307, explicit", METHOD_GET, 307, NULL, FRESH, SKIP_NONE },
	{ "3: 404, explicit", METHOD_GET, 404, NULL, FRESH, SKIP_NONE },
	{ "3: 500, explicit", METHOD_GET, 500, NULL, FRESH, SKIP_NONE },
	{ "3: 503, explicit", METHOD_GET, 503, NULL, FRESH, SKIP_NONE },
	{ "3: unknown, explicit", METHOD_GET, 599, NULL, FRESH, SKIP_NONE },
	{ "3: final, 200", METHOD_GET, 200, NULL, FRESH, SKIP_NONE },
	{ "3: final, 202", METHOD_GET, 202, NULL, FRESH, SKIP_NONE },
	{ "3: final, 203", METHOD_GET, 203, NULL, FRESH, SKIP_NONE },
	{ "3: final, 205", METHOD_GET, 205, NULL, FRESH, SKIP_NONE },
	{ "3: final, 300", METHOD_GET, 300, NULL, FRESH, SKIP_NONE },
	{ "3: final, 301", METHOD_GET, 301, NULL, FRESH, SKIP_NONE },
	{ "3: final, 303", METHOD_GET, 303, NULL, FRESH, SKIP_NONE },
	{ "3: final, 305", METHOD_GET, 305, NULL, FRESH, SKIP_NONE },
	{ "3: final, 308", METHOD_GET, 308, NULL, FRESH, SKIP_NONE },
	{ "3: final, 400", METHOD_GET, 400, NULL, FRESH, SKIP_NONE },
	{ "3: final, 401", METHOD_GET, 401, NULL, FRESH, SKIP_NONE },
	{ "3: final, 402", METHOD_GET, 402, NULL, FRESH, SKIP_NONE },
	{ "3: final, 403", METHOD_GET, 403, NULL, FRESH, SKIP_NONE },
	{ "3: final, 405", METHOD_GET, 405, NULL, FRESH, SKIP_NONE },
	{ "3: final, 406", METHOD_GET, 406, NULL, FRESH, SKIP_NONE },
	{ "3: final, 407", METHOD_GET, 407, NULL, FRESH, SKIP_NONE },
	{ "3: final, 408", METHOD_GET, 408, NULL, FRESH, SKIP_NONE },
	{ "3: final, 409", METHOD_GET, 409, NULL, FRESH, SKIP_NONE },
	{ "3: final, 410", METHOD_GET, 410, NULL, FRESH, SKIP_NONE },
	{ "3: final, 411", METHOD_GET, 411, NULL, FRESH, SKIP_NONE },
	{ "3: final, 413", METHOD_GET, 413, NULL, FRESH, SKIP_NONE },
	{ "3: final, 414", METHOD_GET, 414, NULL, FRESH, SKIP_NONE },
	{ "3: final, 415", METHOD_GET, 415, NULL, FRESH, SKIP_NONE },
	{ "3: final, 417", METHOD_GET, 417, NULL, FRESH, SKIP_NONE },
	{ "3: final, 418", METHOD_GET, 418, NULL, FRESH, SKIP_NONE },
	{ "3: final, 421", METHOD_GET, 421, NULL, FRESH, SKIP_NONE },
	{ "3: final, 422", METHOD_GET, 422, NULL, FRESH, SKIP_NONE },
	{ "3: final, 425", METHOD_GET, 425, NULL, FRESH, SKIP_NONE },
	{ "3: final, 426", METHOD_GET, 426, NULL, FRESH, SKIP_NONE },
	{ "3: final, 428", METHOD_GET, 428, NULL, FRESH, SKIP_NONE },
	{ "3: final, 429", METHOD_GET, 429, NULL, FRESH, SKIP_NONE },
	{ "3: final, 431", METHOD_GET, 431, NULL, FRESH, SKIP_NONE },
	{ "3: final, 451", METHOD_GET, 451, NULL, FRESH, SKIP_NONE },
	{ "3: final, 501", METHOD_GET, 501, NULL, FRESH, SKIP_NONE },
	{ "3: final, 502", METHOD_GET, 502, NULL, FRESH, SKIP_NONE },
	{ "3: final, 504", METHOD_GET, 504, NULL, FRESH, SKIP_NONE },
	{ "3: final, 505", METHOD_GET, 505, NULL, FRESH, SKIP_NONE },
	{ "3: final, 511", METHOD_GET, 511, NULL, FRESH, SKIP_NONE },
	{ "3: final, 299", METHOD_GET, 299, NULL, FRESH, SKIP_NONE },
	{ "3: final, 499", METHOD_GET, 499, NULL, FRESH, SKIP_NONE },
	{ "3: 416 to a range", METHOD_GET, 416, "range: bytes=9-", FRESH, SKIP_PARTIAL },
	{ "3: 416 to none", METHOD_GET, 416, NULL, FRESH, SKIP_NONE },
	{ "3: 412 to If-Match", METHOD_GET, 412, "if-match: \"a\"", FRESH, SKIP_STATUS },
	{ "3: 412 to If-Unmodified-Since", METHOD_GET, 412, "if-unmodified-since: " DATE_1H, FRESH, SKIP_STATUS },
	{ "3: 412 to no precondition", METHOD_GET, 412, NULL, FRESH, SKIP_NONE },

	/* no-store, must-understand */
	{ "5.2.1.5", METHOD_GET, 200, "cache-control: no-store", FRESH, SKIP_REQUEST_NO_STORE },
	{ "5.2.1.5: any case", METHOD_GET, 200, "cache-control: No-Store", FRESH, SKIP_REQUEST_NO_STORE },
	{ "5.2.1.4: no-cache may be stored", METHOD_GET, 200, "cache-control: no-cache", FRESH, SKIP_NONE },
	{ "5.2.2.5", METHOD_GET, 200, NULL, "cache-control: no-store, max-age=60", SKIP_NO_STORE },
	{ "5.2.2.5: second field", METHOD_GET, 200, NULL, FRESH "\ncache-control: no-store", SKIP_NO_STORE },
	{ "5.2.2.5: public doesn't help", METHOD_GET, 200, NULL, "cache-control: public, no-store, max-age=60", SKIP_NO_STORE },
	{ "5.2.2.3: understood", METHOD_GET, 200, NULL, "cache-control: must-understand, no-store, max-age=60", SKIP_NONE },
	{ "5.2.2.3: understood, 404", METHOD_GET, 404, NULL, "cache-control: no-store, must-understand, max-age=60", SKIP_NONE },
	{ "5.2.2.3: not understood", METHOD_GET, 599, NULL, "cache-control: must-understand, max-age=60", SKIP_STATUS },
	{ "5.2.2.3: a gap of the table", METHOD_GET, 418, NULL, "cache-control: must-understand, max-age=60", SKIP_STATUS },
	{ "5.2.2.3: needs freshness still", METHOD_GET, 200, NULL, "cache-control: must-understand, no-store", SKIP_NO_FRESHNESS },

	/* private */
	{ "5.2.2.7", METHOD_GET, 200, NULL, "cache-control: private, max-age=60", SKIP_PRIVATE },
	{ "5.2.2.7: before public", METHOD_GET, 200, NULL, "cache-control: public, private, max-age=60", SKIP_PRIVATE },
	{ "5.2.2.7: before s-maxage", METHOD_GET, 200, NULL, "cache-control: private, s-maxage=60", SKIP_PRIVATE },
	{ "5.2.2.7: qualified", METHOD_GET, 200, NULL, "cache-control: private=\"x-user\", max-age=60\nx-user: me", SKIP_NONE },
	{ "5.2.2.7: qualified, token form", METHOD_GET, 200, NULL, "cache-control: private=x-user, max-age=60", SKIP_NONE },
	{ "5.2.2.7: an empty list", METHOD_GET, 200, NULL, "cache-control: private=\"\", max-age=60", SKIP_PRIVATE },
	{ "5.2.2.7: the body can't be read without", METHOD_GET, 200, NULL, "cache-control: private=\"x-a, Content-Encoding\", max-age=60", SKIP_PRIVATE },
	{ "5.2.2.7: both forms", METHOD_GET, 200, NULL, "cache-control: private=\"x-a\", private, max-age=60", SKIP_PRIVATE },

	/* Authorization */
	{ "3.5", METHOD_GET, 200, BASIC, FRESH, SKIP_AUTHORIZATION },
	{ "3.5: public", METHOD_GET, 200, BASIC, "cache-control: public, max-age=60", SKIP_NONE },
	{ "3.5: s-maxage", METHOD_GET, 200, BASIC, "cache-control: s-maxage=60", SKIP_NONE },
	{ "3.5: must-revalidate", METHOD_GET, 200, BASIC, "cache-control: must-revalidate, max-age=60", SKIP_NONE },
	{ "3.5: proxy-revalidate is not named", METHOD_GET, 200, BASIC, "cache-control: proxy-revalidate, max-age=60", SKIP_AUTHORIZATION },
	{ "3.5: Expires doesn't allow it", METHOD_GET, 200, BASIC, "date: " DATE_NOW "\nexpires: " DATE_NEXT, SKIP_AUTHORIZATION },
	{ "3.5: no-cache doesn't allow it", METHOD_GET, 200, BASIC, "cache-control: no-cache\n" TAG, SKIP_AUTHORIZATION },
	{ "3.5: private stands before", METHOD_GET, 200, BASIC, "cache-control: private, max-age=60", SKIP_PRIVATE },
	{ "3.5: public, and no lifetime", METHOD_GET, 200, BASIC, "cache-control: public", SKIP_NO_FRESHNESS },

	/* Set-Cookie, Vary */
	{ "7.3: Set-Cookie", METHOD_GET, 200, NULL, FRESH "\nset-cookie: a=b", SKIP_SET_COOKIE },
	{ "7.3: Set-Cookie and public", METHOD_GET, 200, NULL, "cache-control: public, max-age=60\nset-cookie: a=b", SKIP_SET_COOKIE },
	{ "4.1: Vary: *", METHOD_GET, 200, NULL, FRESH "\nvary: *", SKIP_VARY_ANY },
	{ "4.1: * in a list", METHOD_GET, 200, NULL, FRESH "\nvary: accept, *", SKIP_VARY_ANY },
	{ "4.1: * behind an empty member", METHOD_GET, 200, NULL, FRESH "\nvary: , *", SKIP_VARY_ANY },
	{ "4.1: * in a second field", METHOD_GET, 200, NULL, FRESH "\nvary: accept\nvary: *", SKIP_VARY_ANY },
	{ "4.1: no field name", METHOD_GET, 200, NULL, FRESH "\nvary: accept language", SKIP_VARY_ANY },
	{ "4.1: Vary", METHOD_GET, 200, NULL, FRESH "\nvary: accept", SKIP_NONE },
	{ "4.1: empty Vary", METHOD_GET, 200, NULL, FRESH "\nvary:", SKIP_NONE },
	{ "4.1: Vary: Cookie, with one", METHOD_GET, 200, "cookie: a=b", FRESH "\nvary: Cookie", SKIP_AUTHORIZATION },
	{ "4.1: Vary: Cookie, without", METHOD_GET, 200, NULL, FRESH "\nvary: Cookie", SKIP_NONE },
	{ "4.1: a cookie that nothing varies by", METHOD_GET, 200, "cookie: a=b", FRESH "\nvary: accept", SKIP_NONE },
	{ "4.1: Vary: Authorization, public", METHOD_GET, 200, BASIC, "cache-control: public, max-age=60\nvary: accept, authorization", SKIP_AUTHORIZATION },

	/* freshness or a validator */
	{ "3: nothing at all", METHOD_GET, 200, NULL, NULL, SKIP_NO_FRESHNESS },
	{ "3: s-maxage", METHOD_GET, 200, NULL, "cache-control: s-maxage=1", SKIP_NONE },
	{ "3: Expires", METHOD_GET, 200, NULL, "date: " DATE_NOW "\nexpires: " DATE_NEXT, SKIP_NONE },
	{ "3: Expires, any final status", METHOD_GET, 500, NULL, "date: " DATE_NOW "\nexpires: " DATE_NEXT, SKIP_NONE },
	{ "5.3: Expires past, no validator", METHOD_GET, 200, NULL, "date: " DATE_NOW "\nexpires: " DATE_1H, SKIP_NO_FRESHNESS },
	{ "5.3: Expires past, validator", METHOD_GET, 200, NULL, "date: " DATE_NOW "\nexpires: " DATE_1H "\n" TAG, SKIP_NONE },
	{ "5.3: Expires: 0", METHOD_GET, 200, NULL, "expires: 0", SKIP_NO_FRESHNESS },
	{ "4.2.2: Last-Modified", METHOD_GET, 200, NULL, OLD, SKIP_NONE },
	{ "4.2.2: 203", METHOD_GET, 203, NULL, OLD, SKIP_NONE },
	{ "4.2.2: 204", METHOD_GET, 204, NULL, OLD, SKIP_NONE },
	{ "4.2.2: 300", METHOD_GET, 300, NULL, OLD, SKIP_NONE },
	{ "4.2.2: 301", METHOD_GET, 301, NULL, OLD, SKIP_NONE },
	{ "4.2.2: 308", METHOD_GET, 308, NULL, OLD, SKIP_NONE },
	{ "4.2.2: 404", METHOD_GET, 404, NULL, OLD, SKIP_NONE },
	{ "4.2.2: 405", METHOD_GET, 405, NULL, OLD, SKIP_NONE },
	{ "4.2.2: 410", METHOD_GET, 410, NULL, OLD, SKIP_NONE },
	{ "4.2.2: 414", METHOD_GET, 414, NULL, OLD, SKIP_NONE },
	{ "4.2.2: 501", METHOD_GET, 501, NULL, OLD, SKIP_NONE },
	{ "4.2.2: not 201", METHOD_GET, 201, NULL, OLD, SKIP_NO_FRESHNESS },
	{ "4.2.2: not 302", METHOD_GET, 302, NULL, OLD, SKIP_NO_FRESHNESS },
	{ "4.2.2: not 303", METHOD_GET, 303, NULL, OLD, SKIP_NO_FRESHNESS },
	{ "4.2.2: not 307", METHOD_GET, 307, NULL, OLD, SKIP_NO_FRESHNESS },
	{ "4.2.2: not 403", METHOD_GET, 403, NULL, OLD, SKIP_NO_FRESHNESS },
	{ "4.2.2: not 500", METHOD_GET, 500, NULL, OLD, SKIP_NO_FRESHNESS },
	{ "4.2.2: not an unknown one", METHOD_GET, 599, NULL, OLD, SKIP_NO_FRESHNESS },
	{ "5.2.2.9: 302 and public", METHOD_GET, 302, NULL, "cache-control: public\n" OLD, SKIP_NONE },
	{ "5.2.2.9: 302, public, no lifetime", METHOD_GET, 302, NULL, "cache-control: public", SKIP_NO_FRESHNESS },
	{ "3: grace alone keeps nothing", METHOD_GET, 200, NULL, "cache-control: max-age=0", SKIP_NO_FRESHNESS },
	{ "3: a validator alone", METHOD_GET, 200, NULL, TAG, SKIP_NONE },
	{ "3: a weak one", METHOD_GET, 200, NULL, "etag: W/\"a\"", SKIP_NONE },
	{ "3: an empty one", METHOD_GET, 200, NULL, "etag:", SKIP_NO_FRESHNESS },
	{ "3: Last-Modified that is no date", METHOD_GET, 200, NULL, "last-modified: long ago", SKIP_NO_FRESHNESS },
	{ "13.2.1: a 404 can't be validated", METHOD_GET, 404, NULL, TAG, SKIP_NO_FRESHNESS },
	{ "13.2.1: nor a 300", METHOD_GET, 300, NULL, TAG, SKIP_NO_FRESHNESS },
	{ "13.2.1: nor a 301", METHOD_GET, 301, NULL, TAG, SKIP_NO_FRESHNESS },
	{ "3: 201 with a validator alone", METHOD_GET, 201, NULL, TAG, SKIP_NO_FRESHNESS },
	{ "3: 201, public, validator", METHOD_GET, 201, NULL, "cache-control: public\n" TAG, SKIP_NONE },
	{ "5.2.2.4: no-cache, validator", METHOD_GET, 200, NULL, "cache-control: no-cache\n" TAG, SKIP_NONE },
	{ "5.2.2.4: no-cache, Last-Modified", METHOD_GET, 200, NULL, "cache-control: no-cache\n" OLD, SKIP_NONE },
	{ "5.2.2.4: no-cache, none", METHOD_GET, 200, NULL, "cache-control: no-cache", SKIP_NO_FRESHNESS },
	{ "5.2.2.4: no-cache, max-age, none", METHOD_GET, 200, NULL, "cache-control: no-cache, max-age=60", SKIP_NO_FRESHNESS },
	{ "5.2.2.4: no-cache=\"field\", none", METHOD_GET, 200, NULL, "cache-control: no-cache=\"x-a\", max-age=60", SKIP_NONE },
	{ "5.2.2.4: no-cache=\"etag\"", METHOD_GET, 200, NULL, "cache-control: no-cache=\"etag\", max-age=60", SKIP_NO_FRESHNESS },
	{ "5.2.2.1: max-age=0, validator", METHOD_GET, 200, NULL, "cache-control: max-age=0\n" TAG, SKIP_NONE },
	{ "5.2.2.1: max-age=0, none", METHOD_GET, 200, NULL, "cache-control: max-age=0", SKIP_NO_FRESHNESS },
	{ "4.2.1: s-maxage=0 before max-age", METHOD_GET, 200, NULL, "cache-control: s-maxage=0, max-age=60", SKIP_NO_FRESHNESS },
	{ "4.2.1: max-age that is no number", METHOD_GET, 200, NULL, "cache-control: max-age=soon", SKIP_NO_FRESHNESS },
	{ "4.2.4: stale on arrival: max-stale may take it", METHOD_GET, 200, NULL, FRESH "\nage: 100", SKIP_NONE },
	{ "5.2.2.2: stale on arrival for ever", METHOD_GET, 200, NULL, "cache-control: max-age=60, must-revalidate\nage: 100", SKIP_NO_FRESHNESS },
	{ "5.2.2.2: fresh on arrival", METHOD_GET, 200, NULL, "cache-control: max-age=60, must-revalidate\nage: 59", SKIP_NONE },
	{ "5861 3: of use while it is refreshed", METHOD_GET, 200, NULL, "cache-control: max-age=0, stale-while-revalidate=9", SKIP_NONE },
	{ "5861 3: no lifetime that could end", METHOD_GET, 200, NULL, "cache-control: stale-while-revalidate=9", SKIP_NO_FRESHNESS },
	{ "5861 4: of use when the origin fails", METHOD_GET, 200, NULL, "cache-control: max-age=0, stale-if-error=9", SKIP_NONE },
	{ "5861 3: forbidden by s-maxage", METHOD_GET, 200, NULL, "cache-control: s-maxage=0, stale-while-revalidate=9", SKIP_NO_FRESHNESS },
	{ "5.2.3: unknown directives", METHOD_GET, 200, NULL, "cache-control: x, y=\"no-store, private\", max-age=60", SKIP_NONE },
	{ "5.4: Pragma in a response says nothing", METHOD_GET, 200, NULL, FRESH "\npragma: no-cache", SKIP_NONE },

	/* size */
	{ "3: too large", METHOD_GET, 200, NULL, FRESH "\ncontent-length: 1001", SKIP_TOO_LARGE },
	{ "3: just not too large", METHOD_GET, 200, NULL, FRESH "\ncontent-length: 1000", SKIP_NONE },
	{ "3: a length that is none", METHOD_GET, 200, NULL, FRESH "\ncontent-length: -1", SKIP_NONE },
	{ "3: private before too large", METHOD_GET, 200, NULL, "cache-control: private\ncontent-length: 1001", SKIP_PRIVATE },
	{ "3: no freshness before too large", METHOD_GET, 200, NULL, "content-length: 1001", SKIP_NO_FRESHNESS },
};

#define ALL_KINDS                                                                           \
	"date: x\nConnection: close, X-Hop\nx-hop: 1\nkeep-alive: 5\ntransfer-encoding: chunked\n" \
	"age: 5\ncontent-length: 3\nforwarded: for=a\nretry-after: 9\nx-request-id: 7\nx-new: y"

static const struct {
	const char *clause;
	enum fields_for purpose;
	const char *response;
	const char *kept;
} field_rows[] = {
	{ "9110 7.6.1", FIELDS_SENT_ON, ALL_KINDS, "date: x\nretry-after: 9\nx-request-id: 7\nx-new: y" },
	{ "3.1: stored", FIELDS_STORED, ALL_KINDS, "date: x\nx-new: y" },
	{ "3.1: as they came, in order", FIELDS_STORED, "B: 1\nA: 2\nb: 3\nX-Odd:", "B: 1\nA: 2\nb: 3\nX-Odd: " },
	{ "3.1: proxy fields", FIELDS_STORED, "proxy-authenticate: Basic\nproxy-authentication-info: x\na: 1", "a: 1" },
	{ "3.1: several Connection fields", FIELDS_STORED, "connection: a\nconnection: b, c\na: 1\nB: 2\nc: 3\nd: 4", "d: 4" },
	{ "5.2.2.7: sent on to who asked", FIELDS_SENT_ON, "cache-control: private=\"x-a\"\nX-A: 1", "cache-control: private=\"x-a\"\nX-A: 1" },
	{ "5.2.2.7: not stored", FIELDS_STORED, "cache-control: private=\"x-a, x-b\"\nX-A: 1\nx-b: 2\nx-c: 3", "cache-control: private=\"x-a, x-b\"\nx-c: 3" },
	{ "5.2.2.4: not stored", FIELDS_STORED, "cache-control: no-cache=\"x-a\"\nX-A: 1\nx-c: 3", "cache-control: no-cache=\"x-a\"\nx-c: 3" },
	{ "5.2.2.4: taken as unqualified: all kept", FIELDS_STORED, "cache-control: no-cache=\"etag, x-a\"\nETag: 1\nx-a: 2", "cache-control: no-cache=\"etag, x-a\"\nETag: 1\nx-a: 2" },
	{ "7.3: a cookie is kept", FIELDS_STORED, "set-cookie: a=b\nx-a: 1\nSet-Cookie: c=d", "set-cookie: a=b\nx-a: 1\nSet-Cookie: c=d" },
	{ "7.3: cookies are stripped", FIELDS_STORED_NO_COOKIES, "set-cookie: a=b\nx-a: 1\nSet-Cookie: c=d", "x-a: 1" },
	{ "7.3: not for who asked", FIELDS_SENT_ON, "set-cookie: a=b\nx-a: 1", "set-cookie: a=b\nx-a: 1" },
	{ "7.3: stripped as else stored", FIELDS_STORED_NO_COOKIES, ALL_KINDS, "date: x\nx-new: y" },
	{ "limits of rates", FIELDS_STORED, "RateLimit: a\nratelimit-policy: b\nX-RateLimit-Remaining-Search: 1\nx-rate-limit-limit: 5\nX-Rate-Limit-Reset: 1\nx-concurrency-limit: 1\nx-rated: 1", "x-rated: 1" },
	{ "limits of rates, for who asked", FIELDS_SENT_ON, "X-RateLimit-Remaining-Search: 1\nx-a: 1", "X-RateLimit-Remaining-Search: 1\nx-a: 1" },
	{ "ids of requests", FIELDS_STORED, "x-correlation-id: a\nX-Amzn-RequestId: b\nCF-Ray: c\nRequest-Id: d\nx-a: 1", "x-a: 1" },
	{ "3.1: no fields", FIELDS_STORED, NULL, "" },
};
/* clang-format on */

START_TEST(storable_row)
{
	struct headers request_fields, response_fields;
	struct request_view request;
	struct response_view response;
	enum skip got;

	rows_begin();
	request_fields = row_headers(rows[_i].request);
	response_fields = row_headers(rows[_i].response);
	request_view_init(&request, rows[_i].method, &request_fields);
	response_view_init(&response, rows[_i].status, &response_fields);
	response.requested_ms = response.responded_ms = NOW;
	got = storable_check(&request, &response, &limits);
	ck_assert_msg(
		got == rows[_i].verdict, "row %d (%s): %s", _i, rows[_i].clause, skip_text(got));
}
END_TEST

static const struct {
	const char *clause;
	const char *response;
	enum cookie_rule rule;
	enum skip verdict;
} cookie_rows[] = {
	{ "7.3: refused", FRESH "\nset-cookie: a=b", COOKIE_REFUSE, SKIP_SET_COOKIE },
	{ "7.3: stripped", FRESH "\nset-cookie: a=b", COOKIE_STRIP, SKIP_NONE },
	{ "7.3: kept", FRESH "\nset-cookie: a=b", COOKIE_KEEP, SKIP_NONE },
	{ "7.3: none", FRESH, COOKIE_REFUSE, SKIP_NONE },
	{ "7.3: private in any case", "cache-control: private\nset-cookie: a=b", COOKIE_KEEP,
		SKIP_PRIVATE },
	{ "7.3: no-store in any case", "cache-control: no-store\nset-cookie: a=b", COOKIE_STRIP,
		SKIP_NO_STORE },
	{ "5.2.2.7: private=\"set-cookie\" leaves it out",
		"cache-control: private=\"Set-Cookie\", max-age=60\nset-cookie: a=b", COOKIE_REFUSE,
		SKIP_NONE },
	{ "5.2.2.4: no-cache=\"set-cookie\" leaves it out",
		"cache-control: no-cache=\"x-a, set-cookie\", max-age=60\nset-cookie: a=b",
		COOKIE_REFUSE, SKIP_NONE },
	{ "5.2.2.7: another field's", "cache-control: private=\"x-a\", max-age=60\nset-cookie: a=b",
		COOKIE_REFUSE, SKIP_SET_COOKIE },
};

START_TEST(cookie_row)
{
	struct policy_limits rule = limits;
	struct headers none, fields;
	struct request_view request;
	struct response_view response;
	enum skip got;

	rows_begin();
	none = row_headers(NULL);
	fields = row_headers(cookie_rows[_i].response);
	request_view_init(&request, METHOD_GET, &none);
	response_view_init(&response, 200, &fields);
	response.requested_ms = response.responded_ms = NOW;
	rule.set_cookie = cookie_rows[_i].rule;
	got = storable_check(&request, &response, &rule);
	ck_assert_msg(got == cookie_rows[_i].verdict, "row %d (%s): %s", _i, cookie_rows[_i].clause,
		skip_text(got));
}
END_TEST

START_TEST(fields_row)
{
	struct headers response, kept;

	rows_begin();
	response = row_headers(field_rows[_i].response);
	headers_init(&kept, &row_arena);
	fields_end_to_end(&response, field_rows[_i].purpose, &kept);
	ck_assert_msg(slice_equal(slice_of(row_text(&kept)), slice_of(field_rows[_i].kept)),
		"row %d (%s): %s", _i, field_rows[_i].clause, row_text(&kept));
}
END_TEST

/* RFC 9111 5.2.2.4, 5.2.2.7 */
START_TEST(fields_are_reserved_when_they_are_there)
{
	struct headers private, no_cache, absent, plain;

	rows_begin();
	private = row_headers("cache-control: private=\"x-a\"\nX-A: 1");
	no_cache = row_headers("x-a: 1\ncache-control: no-cache=\"x-b, x-a\"");
	absent = row_headers("cache-control: private=\"x-a\"\nx-b: 1");
	plain = row_headers("cache-control: max-age=60\nx-a: 1");
	ck_assert(fields_reserved(&private));
	ck_assert(fields_reserved(&no_cache));
	ck_assert(!fields_reserved(&absent));
	ck_assert(!fields_reserved(&plain));
}
END_TEST

static const struct {
	const char *response;
	bool verdict;
} for_all_rows[] = {
	{ FRESH, false },
	{ NULL, false },
	{ "cache-control: public, max-age=60", true },
	{ "cache-control: s-maxage=0", true },
	{ "cache-control: max-age=60\ncache-control: must-revalidate", true },
	{ "cache-control: proxy-revalidate", false },
};

/* RFC 9111 3.5: kept with what is stored, for requests with Authorization that come later. */
START_TEST(for_all_row)
{
	struct headers response;
	struct response_view view;

	rows_begin();
	response = row_headers(for_all_rows[_i].response);
	response_view_init(&view, 200, &response);
	ck_assert_msg(
		freshness_of(&view, &limits).for_all == for_all_rows[_i].verdict, "row %d", _i);
}
END_TEST

START_TEST(each_reason_has_its_own_words)
{
	for (int i = 0; i < SKIP_COUNT; i++) {
		ck_assert_str_ne(skip_text((enum skip)i), "unknown");
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(skip_text((enum skip)i), skip_text((enum skip)j));
	}
	ck_assert_str_eq(skip_text(SKIP_COUNT), "unknown");
	ck_assert_str_eq(skip_text(SKIP_VARY_ANY), "vary-any");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storable");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, storable_row, 0, ROWS(rows));
	tcase_add_loop_test(cases, cookie_row, 0, ROWS(cookie_rows));
	tcase_add_loop_test(cases, fields_row, 0, ROWS(field_rows));
	tcase_add_loop_test(cases, for_all_row, 0, ROWS(for_all_rows));
	tcase_add_test(cases, fields_are_reserved_when_they_are_there);
	tcase_add_test(cases, each_reason_has_its_own_words);
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}
