/* test_gunzip.c - undoing gzip (RFC 1952): members, faults, pieces of any size, limits. */
#include "http/gunzip.h"

#include "http_fixture.h"

#include "util/bytes.h"

#include <string.h>
#include <zlib.h>

#define MIB (1024 * 1024)

static const struct gunzip_limits wide = { 1 << 30, 10000 };

/* want: what is inside; NULL: refused. Clauses without another number are those of RFC 1952. */
static const struct {
	const char *clause;
	struct slice data;
	const char *want;
} rows[] = {
	/* clang-format off */
	{ "2.3 a member",
		TEXT("\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000"),
		"hello" },
	{ "2.3 an empty body",
		TEXT("\037\213\010\000\000\000\000\000\000\003\003\000\000\000\000\000\000\000"
		"\000\000"),
		"" },
	{ "3.2.4 RFC 1951 a stored block",
		TEXT("\037\213\010\000\000\000\000\000\000\003\001\005\000\372\377hello\206"
		"\246\020\066\005\000\000\000"),
		"hello" },
	{ "2.3.1 FTEXT",
		TEXT("\037\213\010\001\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000"),
		"hello" },
	{ "2.3.1 FEXTRA",
		TEXT("\037\213\010\004\000\000\000\000\000\003\005\000ab\001\000x\313\110\315"
		"\311\311\007\000\206\246\020\066\005\000\000\000"),
		"hello" },
	{ "2.3.1 FNAME",
		TEXT("\037\213\010\010\000\000\000\000\000\003name\056txt\000\313\110\315\311"
		"\311\007\000\206\246\020\066\005\000\000\000"),
		"hello" },
	{ "2.3.1 FCOMMENT",
		TEXT("\037\213\010\020\000\000\000\000\000\003a\040comment\000\313\110\315\311"
		"\311\007\000\206\246\020\066\005\000\000\000"),
		"hello" },
	{ "2.3.1 FHCRC",
		TEXT("\037\213\010\002\000\000\000\000\000\003\247w\313\110\315\311\311\007"
		"\000\206\246\020\066\005\000\000\000"),
		"hello" },
	{ "2.3.1 all of them",
		TEXT("\037\213\010\037\000\000\000\000\000\003\001\000xname\000comment\000\334"
		"\052\313\110\315\311\311\007\000\206\246\020\066\005\000\000\000"),
		"hello" },
	{ "2.2 two members",
		TEXT("\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000\037\213\010\000\000\000\000\000\000\003\123"
		"\050\317\057\312\111\001\000\313\102\073\112\006\000\000\000"),
		"hello world" },
	{ "2.2 with empty ones among them",
		TEXT("\037\213\010\000\000\000\000\000\000\003\003\000\000\000\000\000\000\000"
		"\000\000\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007"
		"\000\206\246\020\066\005\000\000\000\037\213\010\000\000\000\000\000\000"
		"\003\003\000\000\000\000\000\000\000\000\000\037\213\010\000\000\000\000"
		"\000\000\003\003\000\000\000\000\000\000\000\000\000\037\213\010\000\000"
		"\000\000\000\000\003\123\050\317\057\312\111\001\000\313\102\073\112\006"
		"\000\000\000\037\213\010\000\000\000\000\000\000\003\003\000\000\000\000"
		"\000\000\000\000\000"),
		"hello world" },
	{ "2.3.1 FHCRC is wrong",
		TEXT("\037\213\010\002\000\000\000\000\000\003\246w\313\110\315\311\311\007"
		"\000\206\246\020\066\005\000\000\000"),
		NULL },
	{ "2.3.1.2 a reserved flag",
		TEXT("\037\213\010\040\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000"),
		NULL },
	{ "2.3.1 another method",
		TEXT("\037\213\007\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000"),
		NULL },
	{ "2.3.1 ID1 is wrong",
		TEXT("\036\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000"),
		NULL },
	{ "2.3.1 ID2 is wrong",
		TEXT("\037\235\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000"),
		NULL },
	{ "2.3.1 CRC32 is wrong",
		TEXT("\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\207"
		"\246\020\066\005\000\000\000"),
		NULL },
	{ "2.3.1 ISIZE is wrong",
		TEXT("\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\006\000\000\000"),
		NULL },
	{ "2.3.1 no member at all",
		TEXT(""),
		NULL },
	{ "RFC 1950 zlib",
		TEXT("x\234\313\110\315\311\311\007\000\006\054\002\025"),
		NULL },
	{ "RFC 1951 raw deflate",
		TEXT("\313\110\315\311\311\007\000"),
		NULL },
	{ "not compressed",
		TEXT("hello"),
		NULL },
	{ "RFC 1951 3.2.3 block type 3",
		TEXT("\037\213\010\000\000\000\000\000\000\003\007\206\246\020\066\005\000\000"
		"\000"),
		NULL },
	{ "RFC 1951 3.2.4 LEN against NLEN",
		TEXT("\037\213\010\000\000\000\000\000\000\003\001\005\000\373\377hello\206"
		"\246\020\066\005\000\000\000"),
		NULL },
	{ "RFC 1951 3.2.5 a distance before the start",
		TEXT("\037\213\010\000\000\000\000\000\000\003\003\002\000\000\000\000\000\000"
		"\000\000\000"),
		NULL },
	{ "2.2 text behind the end",
		TEXT("\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000x"),
		NULL },
	{ "2.2 zeros behind the end",
		TEXT("\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000\000\000\000\000\000\000\000\000"),
		NULL },
	{ "2.2 a member that is not one behind the end",
		TEXT("\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000\037\214\010\000\000\000\000\000\000\003\123"
		"\050\317\057\312\111\001\000\313\102\073\112\006\000\000\000"),
		NULL },
	{ "2.2 the second is broken",
		TEXT("\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000\037\213\010\000\000\000\000\000\000\003\123"
		"\050\317\057\312\111\001\000\001\000\000\000\006\000\000\000"),
		NULL },
	{ "2.2 the second is cut short",
		TEXT("\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000\037\213\010\000\000\000\000\000\000\003\123"
		"\050\317\057\312\111\001\000\313\102\073\112\006\000\000"),
		NULL },
	{ "2.2 the second has only begun",
		TEXT("\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\007\000\206"
		"\246\020\066\005\000\000\000\037"),
		NULL },
	/* clang-format on */
};

START_TEST(undoes_all_at_once)
{
	struct body *body = NULL;
	enum rc rc = gunzip_all(rows[_i].data, &wide, &body);

	ck_assert_msg(rc == (rows[_i].want != NULL ? RC_OK : RC_INVALID), "%s: %s", rows[_i].clause,
		rc_text(rc));
	ck_assert((body != NULL) == (rc == RC_OK));
	if (body == NULL)
		return;
	ASSERT_TEXT(((struct slice){ body->data, body->size }), slice_of(rows[_i].want));
	body_unref(body);
}
END_TEST

/* Input in pieces of in_size, output in pieces of out_size. */
static enum rc read_pieces(struct slice data, size_t in_size, size_t out_size, struct bytes *ret)
{
	SCOPED(gunzip) g = gunzip_new(&wide);
	struct slice piece = { data.data, 0 };
	char out[64];
	size_t count;
	enum rc rc;

	for (;;) {
		rc = gunzip_read(g, &piece, out, out_size, &count);
		if (rc != RC_OK && rc != RC_ABSENT)
			return rc;
		ck_assert((rc == RC_ABSENT) == (gunzip_is_whole(g) && piece.size == 0));
		ck_assert_int_eq(bytes_append(ret, out, count), RC_OK);
		if (count > 0 || piece.size > 0)
			continue;
		if (data.size == 0)
			return gunzip_is_whole(g) ? RC_OK : RC_INVALID;
		piece = (struct slice){ data.data, in_size < data.size ? in_size : data.size };
		data = slice_skip(data, piece.size);
	}
}

START_TEST(undoes_in_pieces)
{
	static const size_t sizes[] = { 1, 2, 7, 64 };
	struct bytes b;

	bytes_init(&b, 1000);
	for (size_t i = 0; i < 16; i++) {
		enum rc rc;

		bytes_clear(&b);
		rc = read_pieces(rows[_i].data, sizes[i / 4], sizes[i % 4], &b);
		ck_assert_msg(rc == (rows[_i].want != NULL ? RC_OK : RC_INVALID), "%s: %s",
			rows[_i].clause, rc_text(rc));
		if (rc == RC_OK)
			ASSERT_TEXT(bytes_slice(&b), slice_of(rows[_i].want));
	}
	bytes_done(&b);
}
END_TEST

/* RFC 1952 2.2: whole only behind a member, wherever the input breaks off. */
START_TEST(cut_short_is_not_whole)
{
	size_t first = rows[0].data.size;
	char two[128];

	memcpy(two, rows[0].data.data, first);
	memcpy(two + first, rows[0].data.data, first);
	for (size_t size = 0; size <= 2 * first; size++) {
		SCOPED(gunzip) g = gunzip_new(&wide);
		struct slice in = { two, size };
		char out[64];
		size_t count;
		bool whole = size == first || size == 2 * first;

		ck_assert_int_eq(
			gunzip_read(g, &in, out, sizeof(out), &count), whole ? RC_ABSENT : RC_OK);
		ck_assert(gunzip_is_whole(g) == whole);
		ck_assert_uint_eq(in.size, 0);
	}
}
END_TEST

START_TEST(goes_on_behind_a_member)
{
	SCOPED(gunzip) g = gunzip_new(&wide);
	char out[64];
	size_t count;

	for (int i = 0; i < 3; i++) {
		struct slice in = rows[0].data, none = { NULL, 0 };

		ck_assert_int_eq(gunzip_read(g, &in, out, sizeof(out), &count), RC_ABSENT);
		ASSERT_TEXT(((struct slice){ out, count }), SLICE("hello"));
		ck_assert_int_eq(gunzip_read(g, &none, out, sizeof(out), &count), RC_ABSENT);
		ck_assert_uint_eq(count, 0);
	}
}
END_TEST

START_TEST(stops_behind_each_member)
{
	SCOPED(gunzip) g = gunzip_new(&wide);
	char out[64], twice[128];
	size_t size = rows[0].data.size, count;
	struct slice in = { twice, 2 * size };

	for (size_t i = 0; i < in.size; i++)
		twice[i] = rows[0].data.data[i % size];
	gunzip_by_member(g);
	ck_assert(gunzip_read(g, &in, out, sizeof(out), &count) == RC_OK && in.size == size);
	ck_assert(gunzip_read(g, &in, out, sizeof(out), &count) == RC_ABSENT && count == 5);
}
END_TEST

START_TEST(faults_are_final)
{
	SCOPED(gunzip) g = gunzip_new(&wide);
	struct slice in = SLICE("x"), good = rows[0].data;
	char out[64];
	size_t count;

	ck_assert_int_eq(gunzip_read(g, &in, out, sizeof(out), &count), RC_OK);
	in = SLICE("x");
	ck_assert_int_eq(gunzip_read(g, &in, out, sizeof(out), &count), RC_INVALID);
	ck_assert_int_eq(gunzip_read(g, &good, out, sizeof(out), &count), RC_INVALID);
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(good.size, rows[0].data.size);
	ck_assert(!gunzip_is_whole(g));
}
END_TEST

/* size times the same byte, or bytes that don't compress, as gzip. */
static struct slice squeeze(size_t size, bool noise)
{
	unsigned char *plain = calloc(1, size + 1);
	uLong most = compressBound((uLong)size) + 32;
	Bytef *packed = malloc(most);
	z_stream z = { .avail_in = (uInt)size, .next_in = plain, .avail_out = (uInt)most };
	uint32_t state = 1;

	for (size_t i = 0; noise && i < size; i++) {
		state = state * 1664525 + 1013904223;
		plain[i] = (unsigned char)(state >> 24);
	}
	z.next_out = packed;
	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_int_eq(deflateEnd(&z), Z_OK);
	free(plain);
	return (struct slice){ (char *)packed, z.total_out };
}

/* Zeros are packed to about one in a thousand. */
static const struct {
	const char *what;
	size_t size;
	bool noise;
	struct gunzip_limits limits;
	enum rc rc;
} bounds[] = {
	{ "as many bytes as the limit", 100000, true, { 100000, 100 }, RC_OK },
	{ "one byte above the limit", 100001, true, { 100000, 100 }, RC_TOO_LARGE },
	{ "nothing, limit 0", 0, false, { 0, 1 }, RC_OK },
	{ "one byte, limit 0", 1, false, { 0, 1 }, RC_TOO_LARGE },
	{ "the ratio doesn't count up to a MiB", MIB, false, { UINT64_MAX, 1 }, RC_OK },
	{ "the ratio counts beyond", MIB + 1, false, { UINT64_MAX, 100 }, RC_TOO_LARGE },
	{ "a bomb", 64 * MIB, false, { UINT64_MAX, 500 }, RC_TOO_LARGE },
	{ "a bomb somewhat above its ratio", 8 * MIB, false, { UINT64_MAX, 900 }, RC_TOO_LARGE },
	{ "a bomb within its ratio", 8 * MIB, false, { UINT64_MAX, 1100 }, RC_OK },
	{ "a bomb within its ratio, too long", 8 * MIB, false, { 8 * MIB - 1, 1100 },
		RC_TOO_LARGE },
	{ "noise at ratio 1", 3 * MIB, true, { UINT64_MAX, 1 }, RC_OK },
};

static void check_at_once(int row, struct slice packed)
{
	struct body *body = NULL;
	enum rc rc = gunzip_all(packed, &bounds[row].limits, &body);

	ck_assert_msg(rc == bounds[row].rc, "%s: %s", bounds[row].what, rc_text(rc));
	ck_assert((body != NULL) == (rc == RC_OK));
	if (body != NULL) {
		ck_assert_uint_eq(body->size, bounds[row].size);
		body_unref(body);
	}
}

static void check_streamed(int row, struct slice packed)
{
	SCOPED(gunzip) g = gunzip_new(&bounds[row].limits);
	static char out[65536];
	size_t count, sum = 0;
	enum rc rc;

	do {
		rc = gunzip_read(g, &packed, out, sizeof(out), &count);
		sum += count;
	} while (rc == RC_OK);
	ck_assert_msg(rc == (bounds[row].rc == RC_OK ? RC_ABSENT : bounds[row].rc), "%s: %s",
		bounds[row].what, rc_text(rc));
	ck_assert(gunzip_is_whole(g) == (rc == RC_ABSENT));
	ck_assert(rc != RC_ABSENT || sum == bounds[row].size);
}

START_TEST(is_bounded)
{
	struct slice packed = squeeze(bounds[_i].size, bounds[_i].noise);

	check_at_once(_i, packed);
	check_streamed(_i, packed);
	free((char *)packed.data);
}
END_TEST

/* Little of the input is looked at before a bomb is given up, even with room for all of it. */
START_TEST(gives_bombs_up_early)
{
	const struct gunzip_limits limits = { UINT64_MAX, 10 };
	SCOPED(gunzip) g = gunzip_new(&limits);
	struct slice packed = squeeze(16 * MIB, false), rest = packed;
	char *out = malloc(16 * MIB);
	size_t count;

	ck_assert_int_eq(gunzip_read(g, &rest, out, 16 * MIB, &count), RC_TOO_LARGE);
	ck_assert_uint_gt(rest.size, packed.size / 2);
	ck_assert(!gunzip_is_whole(g));
	free(out);
	free((char *)packed.data);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("gunzip");

	tcase_set_timeout(tests, 60);
	ADD_ROWS(tests, undoes_all_at_once, rows);
	ADD_ROWS(tests, undoes_in_pieces, rows);
	tcase_add_test(tests, cut_short_is_not_whole);
	tcase_add_test(tests, goes_on_behind_a_member);
	tcase_add_test(tests, stops_behind_each_member);
	tcase_add_test(tests, faults_are_final);
	ADD_ROWS(tests, is_bounded, bounds);
	tcase_add_test(tests, gives_bombs_up_early);
	return run_case("gunzip", tests);
}
