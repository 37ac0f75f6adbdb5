/* test_warc.c - WARC files as exports: larder's own, others', cut anywhere and with any byte changed. Round trips and
 * what becomes of it are in tests/e2e/76_exchange_warc.py and 76_exchange_archives.py.
 */
#include "store/parcels.h"

#include "run_case.h"
#include "util/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST ((size_t)64 * 1024)

static char path[] = "/tmp/larder-warc-XXXXXX";

/* ---- what is read of a file ---- */

struct outcome {
	enum rc opened;
	enum rc ended;
	unsigned taken, refused, passed;
	char bodies[64];
};

static void take(struct parcel *parcel, struct outcome *ret)
{
	const struct body *body = parcel->object->body;
	size_t room = sizeof(ret->bodies) - strlen(ret->bodies) - 1;

	ret->taken++;
	strncat(ret->bodies, body->data, body->size < room ? body->size : room);
	parcel_done(parcel);
}

static struct outcome read_file(const char *from)
{
	struct outcome ret = { 0 };
	struct parcels *parcels = NULL;
	struct parcel parcel;
	const char *why;

	ret.opened = parcels_open(from, &parcels);
	if (ret.opened != RC_OK)
		return ret;
	while ((ret.ended = parcels_next(parcels, &parcel, &why)) == RC_OK ||
		ret.ended == RC_INVALID) {
		if (ret.ended == RC_OK)
			take(&parcel, &ret);
		else
			ret.refused++;
		ck_assert_uint_gt(parcels_place(parcels), 0);
	}
	for (unsigned i = 0; i < PARCELS_PASSED_COUNT; i++) {
		ck_assert_ptr_nonnull(parcels_passed_text((enum parcels_passed)i));
		ret.passed += (unsigned)parcels_passed(parcels, (enum parcels_passed)i);
	}
	parcels_close(parcels);
	return ret;
}

static struct outcome read_bytes(const char *data, size_t size)
{
	int fd;
	struct outcome ret;

	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	close(fd);
	ret = read_file(path);
	unlink(path);
	return ret;
}

/* ---- others' records ---- */

static size_t add(char *at, size_t size, const char *fields, const char *block)
{
	int length = snprintf(at + size, MOST - size,
		"WARC/1.1\r\nWARC-Record-ID: <urn:uuid:%zu>\r\n"
		"WARC-Date: 2026-11-21T17:11:04Z\r\nContent-Length: %zu\r\n%s\r\n%s\r\n\r\n",
		size, strlen(block), fields, block);

	ck_assert_int_lt(length, (int)(MOST - size));
	return size + (size_t)length;
}

#define RESPONSE \
	"WARC-Type: response\r\nWARC-Target-URI: http://o/a\r\nContent-Type: application/http\r\n"
#define REQUEST \
	"WARC-Type: request\r\nWARC-Target-URI: http://o/a\r\nContent-Type: application/http\r\n"
#define OK(more)  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" more
#define GET(more) "GET /a HTTP/1.1\r\nHost: o\r\n" more "\r\n"

static const struct {
	const char *what;
	const char *fields, *block;
	const char *request_fields, *request;
	unsigned taken, refused, passed;
	const char *body;
} others[] = {
	{ "a response", RESPONSE, OK("\r\nbody"), NULL, NULL, 1, 0, 0, "body" },
	{ "with its length", RESPONSE, OK("Content-Length: 4\r\n\r\nbody"), NULL, NULL, 1, 0, 0,
		"body" },
	{ "in chunks", RESPONSE,
		OK("Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\n\r\n"), NULL,
		NULL, 1, 0, 0, "body" },
	{ "in broken chunks", RESPONSE, OK("Transfer-Encoding: chunked\r\n\r\n2\r\nbody"), NULL,
		NULL, 0, 1, 0, "" },
	{ "with nothing in it", RESPONSE, OK("\r\n"), NULL, NULL, 1, 0, 0, "" },
	{ "of a secure place",
		"WARC-Type: response\r\nWARC-Target-URI: <https://o/a?b=c>\r\nContent-Type: "
		"application/http;msgtype=response\r\n",
		OK("\r\nbody"), NULL, NULL, 1, 0, 0, "body" },
	{ "with a digest",
		RESPONSE "WARC-Payload-Digest: sha1:AKBN5X6QRXOA5TRCBO4FEOG4AQ52HIKF\r\n",
		OK("\r\nbody"), NULL, NULL, 0, 1, 0, "" },
	{ "with its digest",
		RESPONSE
		"WARC-Payload-Digest: "
		"sha256:230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5\r\n",
		OK("\r\nbody"), NULL, NULL, 1, 0, 0, "body" },
	{ "by a digest nobody knows", RESPONSE "WARC-Payload-Digest: blake3:0011\r\n",
		OK("\r\nbody"), NULL, NULL, 1, 0, 0, "body" },
	{ "that isn't there", RESPONSE, "HTTP/1.1 404 Not Found\r\n\r\nno", NULL, NULL, 0, 0, 1,
		"" },
	{ "that goes elsewhere", RESPONSE, "HTTP/1.1 301 M\r\nLocation: /b\r\n\r\n", NULL, NULL, 0,
		0, 1, "" },
	{ "cut", RESPONSE "WARC-Truncated: length\r\n", OK("\r\nbo"), NULL, NULL, 0, 0, 1, "" },
	{ "in segments", RESPONSE "WARC-Segment-Number: 1\r\n", OK("\r\nbo"), NULL, NULL, 0, 0, 1,
		"" },
	{ "no head", RESPONSE, "no head at all", NULL, NULL, 0, 1, 0, "" },
	{ "a field without a name", RESPONSE, "HTTP/1.1 200 OK\r\n: x\r\n\r\nbody", NULL, NULL, 0,
		1, 0, "" },
	{ "of a dns lookup",
		"WARC-Type: response\r\nWARC-Target-URI: dns:o\r\nContent-Type: text/dns\r\n",
		"o 1 IN A", NULL, NULL, 0, 0, 1, "" },
	{ "a resource",
		"WARC-Type: resource\r\nContent-Type: text/plain\r\nWARC-Target-URI: "
		"http://o/a\r\n",
		"x", NULL, NULL, 0, 0, 1, "" },
	{ "a revisit",
		"WARC-Type: revisit\r\nContent-Type: application/http\r\nWARC-Target-URI: "
		"http://o/a\r\n",
		OK("\r\n"), NULL, NULL, 0, 0, 1, "" },
	{ "metadata of somebody",
		"WARC-Type: metadata\r\nContent-Type: application/warc-fields\r\n", "a: b\r\n",
		NULL, NULL, 0, 0, 0, "" },
	{ "to a GET", RESPONSE, OK("\r\nbody"), REQUEST "WARC-Concurrent-To: <urn:uuid:0>\r\n",
		GET(""), 1, 0, 0, "body" },
	{ "to a GET with fields", RESPONSE, OK("Vary: Accept\r\n\r\nbody"),
		REQUEST "WARC-Concurrent-To: <urn:uuid:0>\r\n", GET("Accept: text/plain\r\n"), 1, 0,
		0, "body" },
	{ "to a POST", RESPONSE, OK("\r\nbody"), REQUEST "WARC-Concurrent-To: <urn:uuid:0>\r\n",
		"POST /a HTTP/1.1\r\nHost: o\r\n\r\n", 0, 0, 1, "" },
	{ "to credentials", RESPONSE, OK("\r\nbody"),
		REQUEST "WARC-Concurrent-To: <urn:uuid:0>\r\n",
		GET("Authorization: Basic eDp5\r\n"), 0, 0, 1, "" },
	{ "to a cookie", RESPONSE, OK("\r\nbody"), REQUEST "WARC-Concurrent-To: <urn:uuid:0>\r\n",
		GET("Cookie: a=b\r\n"), 0, 0, 1, "" },
	{ "to what is no request", RESPONSE, OK("\r\nbody"),
		REQUEST "WARC-Concurrent-To: <urn:uuid:0>\r\n", "what?", 0, 0, 1, "" },
	{ "to another's request", RESPONSE, OK("\r\nbody"),
		REQUEST "WARC-Concurrent-To: <urn:uuid:9>\r\n", GET(""), 1, 0, 0, "body" },
	{ "to one that isn't there", RESPONSE "WARC-Concurrent-To: <urn:uuid:7>\r\n",
		OK("\r\nbody"), NULL, NULL, 0, 0, 1, "" },
};

START_TEST(test_of_others)
{
	char *text = xalloc(MOST);
	struct outcome told;
	size_t size = add(text, 0, others[_i].fields, others[_i].block);

	if (others[_i].request != NULL)
		size = add(text, size, others[_i].request_fields, others[_i].request);
	told = read_bytes(text, size);
	free(text);
	ck_assert_msg(told.opened == RC_OK && told.ended == RC_ABSENT, "%s: %s, then %s",
		others[_i].what, rc_text(told.opened), rc_text(told.ended));
	ck_assert_msg(told.taken == others[_i].taken && told.refused == others[_i].refused &&
			      told.passed == others[_i].passed,
		"%s: %u taken, %u refused, %u passed", others[_i].what, told.taken, told.refused,
		told.passed);
	ck_assert_str_eq(told.bodies, others[_i].body);
}
END_TEST

static const struct {
	const char *what, *text;
} damaged[] = {
	{ "another version",
		"WARC/9.9\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n" },
	{ "no length", "WARC/1.1\r\nWARC-Type: warcinfo\r\n\r\n\r\n\r\n" },
	{ "a length that is none",
		"WARC/1.1\r\nWARC-Type: warcinfo\r\nContent-Length: x\r\n\r\n\r\n\r\n" },
	{ "a huge length", "WARC/1.1\r\nWARC-Type: warcinfo\r\nContent-Length: "
			   "99999999999999999999\r\n\r\n\r\n\r\n" },
	{ "no type", "WARC/1.1\r\nContent-Length: 0\r\n\r\n\r\n\r\n" },
};

START_TEST(test_what_is_no_record)
{
	struct outcome told = read_bytes(damaged[_i].text, strlen(damaged[_i].text));

	ck_assert_msg(told.opened != RC_OK || told.ended != RC_OK, "%s", damaged[_i].what);
	ck_assert_uint_eq(told.taken, 0);
}
END_TEST

/* ---- whole files ---- */

static char *load(const char *name, size_t *ret_size)
{
	const char *corpus = getenv("CORPUS");
	char file[4096];
	char *data = xalloc(MOST);
	FILE *from;

	snprintf(file, sizeof(file), "%s/warc/%s", corpus != NULL ? corpus : "tests/fuzz/corpus",
		name);
	from = fopen(file, "rb");
	ck_assert_msg(from != NULL, "%s", file);
	*ret_size = fread(data, 1, MOST, from);
	fclose(from);
	return data;
}

static const struct {
	const char *name;
	enum rc ended;
	unsigned taken;
} files[] = {
	{ "own", RC_ABSENT, 2 },
	{ "own_gz", RC_ABSENT, 2 },
	{ "bare", RC_ABSENT, 1 },
	{ "wget", RC_ABSENT, 2 },
	{ "wget_gz", RC_ABSENT, 2 },
};

START_TEST(test_a_file)
{
	size_t size;
	char *data = load(files[_i].name, &size);
	struct outcome told = read_bytes(data, size);

	free(data);
	ck_assert_int_eq(told.opened, RC_OK);
	ck_assert_int_eq(told.ended, files[_i].ended);
	ck_assert_uint_eq(told.taken, files[_i].taken);
	ck_assert_uint_eq(told.refused, 0);
}
END_TEST

/* What larder wrote has an end: what lacks it is told. */
START_TEST(test_cut_anywhere)
{
	size_t size;
	char *data = load(files[_i].name, &size);

	for (size_t cut = 1; cut < size; cut += size / 150 + 1) {
		struct outcome told = read_bytes(data, cut);

		ck_assert_msg(told.opened != RC_OK || told.ended != RC_ABSENT || _i >= 2,
			"%s, cut at %zu of %zu: %u", files[_i].name, cut, size, told.taken);
		ck_assert_uint_le(told.taken, files[_i].taken);
	}
	free(data);
}
END_TEST

/* Of larder's own files each byte of an entry is under a digest: none comes back as another. */
START_TEST(test_any_byte_changed)
{
	struct outcome whole;
	size_t size;
	char *data = load(files[_i].name, &size);

	whole = read_bytes(data, size);
	for (size_t at = 0; at < size; at += size / 300 + 1) {
		struct outcome told;

		data[at] ^= 1;
		told = read_bytes(data, size);
		data[at] ^= 1;
		ck_assert_uint_le(told.taken, whole.taken);
		if (told.opened == RC_OK && told.taken == whole.taken && _i < 2)
			ck_assert_str_eq(told.bodies, whole.bodies);
	}
	free(data);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("warc");

	ADD_ROWS(tests, test_of_others, others);
	ADD_ROWS(tests, test_what_is_no_record, damaged);
	ADD_ROWS(tests, test_a_file, files);
	ADD_ROWS(tests, test_cut_anywhere, files);
	ADD_ROWS(tests, test_any_byte_changed, files);
	return run_case("warc", tests);
}
