/* tests/unit/upstream_sending.h - tests of what is sent: bodies, methods, fields, targets.
 *
 * A part of test_upstream.c, which lists them.
 */
#pragma once

#include "upstream_fixture.h"

static const struct upload_row {
	bool chunked, pauses;
	size_t size;
} UPLOADS[] = {
	{ false, false, 5 },
	{ false, false, 30000 },
	{ false, true, 30000 },
	{ true, false, 5 },
	{ true, true, 30000 },
	{ true, false, 0 },
	{ false, false, 0 },
};

START_TEST(test_uploads)
{
	const struct upload_row *row = &UPLOADS[_i];
	char text[30001] = "";
	struct probe p;
	char *echoed;

	for (size_t i = 0; i < row->size; i++)
		text[i] = pattern_at(i);
	probe_init(&p);
	p.pauses = row->pauses;
	p.upload = (struct slice){ text, row->size };
	run_to_end(&p, ask_with("POST", "/echo", &p, row->chunked));
	ck_assert_msg(p.rc == RC_OK, "%s (%s)", rc_text(p.rc), p.detail);
	echoed = strstr(p.body.data, "\r\n\r\n");
	ck_assert(strncmp(p.body.data, "POST /echo HTTP/1.1\r\n", 21) == 0);
	ck_assert((strstr(p.body.data, "chunked\r\n") != NULL) == row->chunked);
	ck_assert((strstr(p.body.data, "Content-Length") != NULL) == !row->chunked);
	ck_assert(strstr(p.body.data, "Expect") == NULL);
	if (!row->chunked)
		ck_assert_str_eq(echoed + 4, text);
	if (row->pauses)
		ck_assert_uint_gt(p.pause_count, 10);
	probe_done(&p);
}
END_TEST

/* The answer is whole while the upload hangs: nobody waits for the rest. */
START_TEST(test_answer_before_upload)
{
	struct probe p;
	static char text[4000000];

	memset(text, 'x', sizeof(text));
	probe_init(&p);
	p.upload = (struct slice){ text, sizeof(text) };
	run_to_end(&p, ask_with("POST", "/early", &p, true));
	ck_assert_msg(p.rc == RC_OK, "%s (%s)", rc_text(p.rc), p.detail);
	ck_assert_int_eq(p.status, 413);
	ck_assert_str_eq(p.body.data, "no");
	probe_done(&p);
}
END_TEST

/* One handle serves them all, one after the other: nothing of one shows in the next. */
static const struct sent_row {
	const char *method, *target;
	bool has_body;
	const char *sent; /* the request's head without Host */
} SENT[] = {
	{ "POST", "/echo?q=%2f..%41&b={}|", true, "Content-Length: 3\r\n" },
	{ "GET", "/echo/../a/./b", false, "" },
	{ "DELETE", "/echo", false, "" },
	{ "POST", "/echo", false, "Content-Length: 0\r\n" },
	{ "PUT", "/echo", true, "Content-Length: 3\r\n" },
	{ "OPTIONS", "/echo", false, "" },
	{ "GET", "/echo", true, "Content-Length: 3\r\n" },
	{ "GET", "/echo", false, "" },
};

static void assert_sent(const struct sent_row *row)
{
	char want[512], *host;
	struct probe p;

	probe_init(&p);
	p.upload = SLICE("abc");
	run_to_end(&p, row->has_body ? ask_with(row->method, row->target, &p, false)
				     : ask(row->method, row->target));
	ck_assert_msg(p.rc == RC_OK, "%s (%s)", rc_text(p.rc), p.detail);
	snprintf(want, sizeof(want), "%s %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n%s", row->method,
		row->target, server->url + 7, row->has_body ? "" : row->sent,
		row->has_body ? row->sent : "", row->has_body ? "abc" : "");
	ck_assert_str_eq(p.body.data, want);
	host = strstr(p.body.data, "Host:");
	ck_assert(host != NULL && strstr(host + 1, "Host:") == NULL);
	probe_done(&p);
}

START_TEST(test_nothing_leaks)
{
	struct probe p;

	for (size_t i = 0; i < sizeof(SENT) / sizeof(SENT[0]); i++) {
		assert_sent(&SENT[i]);
		probe_init(&p);
		run_to_end(&p, ask("HEAD", "/head"));
		ck_assert_int_eq(p.rc, RC_OK);
		ck_assert(origin_last_starts(server, "HEAD /head HTTP/1.1\r\nHost"));
		probe_done(&p);
	}
}
END_TEST

START_TEST(test_fields_sent)
{
	struct probe p;

	headers_add(&fields, SLICE("Host"), SLICE("elsewhere"));
	headers_add(&fields, SLICE("accept"), SLICE("text/xml"));
	headers_add(&fields, SLICE("X-Empty"), SLICE(""));
	headers_add(&fields, SLICE("Transfer-Encoding"), SLICE("chunked"));
	headers_add(&fields, SLICE("Accept-Encoding"), SLICE("gzip"));
	headers_add(&fields, SLICE("x-empty"), SLICE("2"));
	probe_init(&p);
	run_to_end(&p, ask("GET", "/echo"));
	ck_assert_int_eq(p.rc, RC_OK);
	ck_assert_str_eq(strstr(strstr(p.body.data, "Host: 127"), "\r\n"),
		"\r\naccept: text/xml\r\nX-Empty:\r\nAccept-Encoding: gzip\r\nx-empty: 2\r\n\r\n");
	probe_done(&p);
}
END_TEST

static const struct refused_row {
	const char *method, *target, *value;
	enum rc rc;
} REFUSED[] = {
	{ "GET", "/a b", "", RC_INVALID },
	{ "GET", "/a\r\nB: c", "", RC_INVALID },
	{ "GET", "/a#b", "", RC_INVALID },
	{ "GET", "a", "", RC_INVALID },
	{ "GE T", "/", "", RC_INVALID },
	{ "", "/", "", RC_INVALID },
	{ "GET", "/", "b\r\nC: d", RC_INVALID },
	{ "CONNECT", "/", "", RC_UNSUPPORTED },
};

START_TEST(test_refused)
{
	const struct refused_row *row = &REFUSED[_i];
	struct fetch fetch = ask(row->method, row->target);
	struct probe p;

	probe_init(&p);
	headers_add(&fields, SLICE("a"), slice_of(row->value));
	ck_assert_int_eq(probe_start(&p, loop, &fetch), row->rc);
	ck_assert_uint_eq(p.ends, 0);
	probe_done(&p);
}
END_TEST
