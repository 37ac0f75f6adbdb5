/* test_range.c - Range against a length, single ranges, Content-Range (RFC 9110 14). */
#include "http/range.h"

#include "http_fixture.h"

#include "util/bytes.h"

#define U64_MOST "18446744073709551615"

/* want: the parts, "" for 416, NULL where the field is ignored. */
static const struct {
	const char *clause;
	struct slice value;
	uint64_t total;
	const char *want;
} resolved[] = {
	/* clang-format off */
	{ "14.1.2 the first 500 bytes", TEXT("bytes=0-499"), 10000, "0-499" },
	{ "14.1.2 the second 500 bytes", TEXT("bytes=500-999"), 10000, "500-999" },
	{ "14.1.2 the final 500, as a suffix", TEXT("bytes=-500"), 10000, "9500-9999" },
	{ "14.1.2 the final 500, open", TEXT("bytes=9500-"), 10000, "9500-9999" },
	{ "14.1.2 the first and the last byte", TEXT("bytes=0-0,-1"), 10000, "0-0 9999-9999" },
	{ "14.1.2 blanks behind '=' and commas", TEXT("bytes= 0-999, 4500-5499, -1000"), 10000,
		"0-999 4500-5499 9000-9999" },
	{ "14.1.2 touching, the second 500", TEXT("bytes=500-600,601-999"), 10000, "500-999" },
	{ "14.1.2 overlapping, the second 500", TEXT("bytes=500-700,601-999"), 10000, "500-999" },
	{ "14.1.2 last beyond the end", TEXT("bytes=9000-20000"), 10000, "9000-9999" },
	{ "14.1.2 last at the length", TEXT("bytes=9999-10000"), 10000, "9999-9999" },
	{ "14.1.2 the last byte", TEXT("bytes=9999-9999"), 10000, "9999-9999" },
	{ "14.1.2 first at the length", TEXT("bytes=10000-10000"), 10000, "" },
	{ "14.1.2 first at the length, open", TEXT("bytes=10000-"), 10000, "" },
	{ "14.1.2 all of it, open", TEXT("bytes=0-"), 10000, "0-9999" },
	{ "14.1.2 all of it", TEXT("bytes=0-9999"), 10000, "0-9999" },
	{ "14.1.2 a suffix longer than all", TEXT("bytes=-20000"), 10000, "0-9999" },
	{ "14.1.2 a suffix as long as all", TEXT("bytes=-10000"), 10000, "0-9999" },
	{ "14.1.2 a suffix of nothing", TEXT("bytes=-0"), 10000, "" },
	{ "14.1.2 a suffix of nothing in zeros", TEXT("bytes=-000"), 10000, "" },
	{ "14.1.2 one byte", TEXT("bytes=0-0"), 1, "0-0" },
	{ "14.1.2 leading zeros", TEXT("bytes=0007-00000000000000000000000009"), 10, "7-9" },
	{ "14.1.2 one leading zero", TEXT("bytes=07-9"), 10, "7-9" },
	{ "14.1.2 satisfiable beside unsatisfiable", TEXT("bytes=10000-,5-6,-0"), 10000, "5-6" },
	{ "14.1.2 several, none satisfiable", TEXT("bytes=10000-,20000-30000,-0"), 10000, "" },
	/* 14.1.2 large numerals */
	{ "14.1.2 last is UINT64_MAX", TEXT("bytes=0-" U64_MOST), 100, "0-99" },
	{ "14.1.2 last above UINT64_MAX", TEXT("bytes=7-99999999999999999999"), 100, "7-99" },
	{ "14.1.2 first above UINT64_MAX", TEXT("bytes=99999999999999999999-"), 100, "" },
	{ "14.1.2 first is UINT64_MAX", TEXT("bytes=" U64_MOST "-"), UINT64_MAX, "" },
	{ "14.1.2 2^64 is not 0", TEXT("bytes=18446744073709551616-"), 100, "" },
	{ "14.1.2 2^64 + 5 is not 5", TEXT("bytes=0-18446744073709551621"), 100, "0-99" },
	{ "14.1.2 suffix above UINT64_MAX", TEXT("bytes=-99999999999999999999"), 100, "0-99" },
	{ "14.1.2 the last byte of 2^64 - 1", TEXT("bytes=18446744073709551614-"), UINT64_MAX,
		"18446744073709551614-18446744073709551614" },
	{ "14.1.2 all of 2^64 - 1", TEXT("bytes=0-"), UINT64_MAX, "0-18446744073709551614" },
	{ "14.1.2 sums don't wrap", TEXT("bytes=0-18446744073709551613,1-18446744073709551614"),
		UINT64_MAX, NULL },
	{ "14.1.1 both beyond UINT64_MAX, in order",
		TEXT("bytes=99999999999999999998-99999999999999999999"), 100, "" },
	{ "14.1.1 both beyond UINT64_MAX, out of order",
		TEXT("bytes=99999999999999999999-99999999999999999998"), 100, NULL },
	{ "14.1.1 longer than last, beyond UINT64_MAX",
		TEXT("bytes=100000000000000000000-99999999999999999999"), 100, NULL },
	/* 14.1.2 and 14.2 no content */
	{ "14.2 of nothing: a suffix is ignored", TEXT("bytes=-5"), 0, NULL },
	{ "14.1.2 of nothing: an int-range", TEXT("bytes=0-"), 0, "" },
	{ "14.1.2 of nothing: one byte", TEXT("bytes=0-0"), 0, "" },
	{ "14.1.2 of nothing: no suffix", TEXT("bytes=-0"), 0, "" },
	{ "14.1.2 of nothing: one of two satisfiable", TEXT("bytes=0-0,-1"), 0, NULL },
	/* 14.1 unit */
	{ "14.1 units ignore case", TEXT("BYTES=1-2"), 10, "1-2" },
	{ "14.1 units ignore case, mixed", TEXT("Bytes=1-2"), 10, "1-2" },
	{ "14.2 another unit", TEXT("items=0-1"), 10, NULL },
	{ "14.2 a longer unit", TEXT("bytesx=0-1"), 10, NULL },
	{ "14.2 a shorter unit", TEXT("byte=0-1"), 10, NULL },
	{ "14.1.1 no unit", TEXT("0-1"), 10, NULL },
	{ "14.1.1 an empty unit", TEXT("=0-1"), 10, NULL },
	{ "14.1.1 a blank before '='", TEXT("bytes =0-1"), 10, NULL },
	{ "14.1.1 a blank instead of '='", TEXT("bytes 0-1"), 10, NULL },
	{ "14.1.1 two '='", TEXT("bytes==0-1"), 10, NULL },
	/* 5.6.1 lists */
	{ "5.6.3 blanks around the value", TEXT(" \tbytes=1-2\t "), 10, "1-2" },
	{ "5.6.1.2 an empty member first", TEXT("bytes=,1-2"), 10, "1-2" },
	{ "5.6.1.2 empty members all over", TEXT("bytes=, ,1-2,\t,,4-5, ,"), 10, "1-2 4-5" },
	{ "5.6.1.2 blanks before commas", TEXT("bytes=1-2 \t,\t 4-5"), 10, "1-2 4-5" },
	{ "5.6.1.2 nothing but empty members", TEXT("bytes=,,"), 10, NULL },
	{ "14.1.1 an empty set", TEXT("bytes="), 10, NULL },
	{ "14.1.1 a blank set", TEXT("bytes= "), 10, NULL },
	{ "14.1.1 only a unit", TEXT("bytes"), 10, NULL },
	{ "14.1.1 empty", TEXT(""), 10, NULL },
	/* 14.1.1 malformed specs */
	{ "14.1.1 last before first", TEXT("bytes=5-4"), 10, NULL },
	{ "14.1.1 last before first, unsatisfiable", TEXT("bytes=50-40"), 10, NULL },
	{ "14.1.1 one malformed makes all invalid", TEXT("bytes=0-1,5-4"), 10, NULL },
	{ "14.1.1 other-range in the set", TEXT("bytes=0-1,x"), 10, NULL },
	{ "14.1.1 no number", TEXT("bytes=-"), 10, NULL },
	{ "14.1.1 no dash", TEXT("bytes=1"), 10, NULL },
	{ "14.1.1 two dashes", TEXT("bytes=1--2"), 10, NULL },
	{ "14.1.1 a dash behind", TEXT("bytes=1-2-"), 10, NULL },
	{ "14.1.1 a negative suffix", TEXT("bytes=--1"), 10, NULL },
	{ "14.1.1 a plus", TEXT("bytes=+1-2"), 10, NULL },
	{ "14.1.1 blanks within", TEXT("bytes=1 - 2"), 10, NULL },
	{ "14.1.1 a blank before last", TEXT("bytes=1- 2"), 10, NULL },
	{ "14.1.1 a blank between two", TEXT("bytes=1-2 4-5"), 10, NULL },
	{ "14.1.1 hex", TEXT("bytes=0x0-0x1"), 10, NULL },
	{ "14.1.1 letters", TEXT("bytes=a-b"), 10, NULL },
	{ "14.1.1 a fraction", TEXT("bytes=1.0-2"), 10, NULL },
	{ "14.1.1 a semicolon between", TEXT("bytes=1-2;4-5"), 10, NULL },
	{ "14.1.1 a NUL", TEXT("bytes=1-2\0"), 10, NULL },
	{ "14.1.1 quoted", TEXT("bytes=\"1-2\""), 10, NULL },
	/* 14.2, 15.3.7.2 and 17.15 several */
	{ "15.3.7.2 order as asked", TEXT("bytes=8-9,0-1,4-5"), 100, "8-9 0-1 4-5" },
	{ "15.3.7.2 joined at the first's place", TEXT("bytes=10-14,0-1,15-19"), 100, "10-19 0-1" },
	{ "15.3.7.2 joined backwards", TEXT("bytes=10-14,0-1,5-9"), 100, "5-14 0-1" },
	{ "15.3.7.2 one that closes a gap", TEXT("bytes=0-4,10-14,5-9"), 100, "0-14" },
	{ "15.3.7.2 one that closes a gap, others stay", TEXT("bytes=0-4,50-51,10-14,60-61,5-9"),
		100, "0-14 50-51 60-61" },
	{ "15.3.7.2 a gap of one byte stays", TEXT("bytes=0-4,6-9"), 100, "0-4 6-9" },
	{ "15.3.7.2 the same twice", TEXT("bytes=1-2,1-2"), 100, "1-2" },
	{ "15.3.7.2 one inside of another", TEXT("bytes=10-29,15-19"), 100, "10-29" },
	{ "15.3.7.2 one around another", TEXT("bytes=15-19,10-29"), 100, "10-29" },
	{ "15.3.7.2 a suffix that overlaps", TEXT("bytes=90-94,-8"), 100, "90-99" },
	{ "14.2 three overlapping", TEXT("bytes=0-9,5-14,10-19"), 100, NULL },
	{ "14.2 three times the same", TEXT("bytes=1-2,1-2,1-2"), 100, NULL },
	{ "14.2 two pairs that overlap", TEXT("bytes=0-9,5-14,50-59,55-64"), 100, NULL },
	{ "14.2 two overlap, a third stands alone", TEXT("bytes=0-9,5-14,50-59"), 100, "0-14 50-59" },
	{ "17.15 as long as the whole", TEXT("bytes=0-49,50-99"), 100, NULL },
	{ "17.15 as long as the whole, overlapping", TEXT("bytes=0-49,0-49"), 100, NULL },
	{ "17.15 one byte less than the whole", TEXT("bytes=0-49,51-99"), 100, "0-49 51-99" },
	{ "17.15 one byte less than the whole, touching", TEXT("bytes=0-49,50-98"), 100, "0-98" },
	{ "17.15 longer than the whole", TEXT("bytes=0-,0-"), 100, NULL },
	{ "17.15 the whole beside a part", TEXT("bytes=0-,-1"), 100, NULL },
	{ "17.15 the whole beside an unsatisfiable one", TEXT("bytes=0-,100-"), 100, "0-99" },
	{ "17.15 sixteen", TEXT("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,"
		"24-24,26-26,28-28,30-30"), 100, "0-0 2-2 4-4 6-6 8-8 10-10 12-12 14-14 16-16 18-18 "
		"20-20 22-22 24-24 26-26 28-28 30-30" },
	{ "17.15 seventeen", TEXT("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,"
		"24-24,26-26,28-28,30-30,32-32"), 100, NULL },
	{ "17.15 sixteen and a comma", TEXT("bytes=0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,0-,"),
		0, "" },
	{ "17.15 seventeen, none satisfiable",
		TEXT("bytes=9-,9-,9-,9-,9-,9-,9-,9-,9-,9-,9-,9-,9-,9-,9-,9-,9-"), 5, NULL },
	/* clang-format on */
};

static void put_ranges(struct bytes *b, const struct ranges *ranges)
{
	for (size_t i = 0; i < ranges->count; i++)
		ck_assert_int_eq(bytes_format(b, "%s%llu-%llu", i > 0 ? " " : "",
					 (unsigned long long)ranges->items[i].first,
					 (unsigned long long)ranges->items[i].last),
			RC_OK);
}

START_TEST(resolves)
{
	struct ranges ranges = { .count = 77 };
	enum range_answer answer = range_resolve(resolved[_i].value, resolved[_i].total, &ranges);
	enum range_answer want = resolved[_i].want == NULL   ? RANGE_WHOLE
				 : resolved[_i].want[0] == 0 ? RANGE_UNSATISFIABLE
							     : RANGE_PARTS;
	struct bytes text;

	ck_assert_msg(answer == want, "%s: %d, not %d", resolved[_i].clause, answer, want);
	if (answer != RANGE_PARTS) {
		ck_assert_uint_eq(ranges.count, 77);
		return;
	}
	bytes_init(&text, 1000);
	put_ranges(&text, &ranges);
	ck_assert_msg(slice_equal(bytes_slice(&text), slice_of(resolved[_i].want)),
		"%s: '%s', not '%s'", resolved[_i].clause, text.data, resolved[_i].want);
	bytes_done(&text);
}
END_TEST

static const struct {
	const char *clause;
	struct slice value;
	enum rc rc;
	struct range_request want;
} singles[] = {
	/* clang-format off */
	{ "14.1.1 first and last", TEXT("bytes=3-7"), RC_OK, { false, 3, false, 7 } },
	{ "14.1.1 one byte", TEXT("bytes=0-0"), RC_OK, { false, 0, false, 0 } },
	{ "14.1.1 open", TEXT("bytes=3-"), RC_OK, { false, 3, true, 0 } },
	{ "14.1.1 suffix", TEXT("bytes=-7"), RC_OK, { true, 0, false, 7 } },
	{ "14.1.2 a suffix of nothing", TEXT("bytes=-0"), RC_OK, { true, 0, false, 0 } },
	{ "14.1.2 large numerals", TEXT("bytes=1-99999999999999999999"), RC_OK,
		{ false, 1, false, UINT64_MAX } },
	{ "14.1 unit in another case", TEXT("bYTES=1-2"), RC_OK, { false, 1, false, 2 } },
	{ "5.6.1.2 empty members", TEXT("bytes=, 1-2 ,"), RC_OK, { false, 1, false, 2 } },
	{ "14.1.1 two", TEXT("bytes=1-2,4-5"), RC_UNSUPPORTED, { false, 0, false, 0 } },
	{ "14.1.1 seventeen", TEXT("bytes=1-,2-,3-,4-,5-,6-,7-,8-,9-,1-,2-,3-,4-,5-,6-,7-,8-"),
		RC_UNSUPPORTED, { false, 0, false, 0 } },
	{ "14.1.1 two, one malformed", TEXT("bytes=1-2,5-4"), RC_INVALID, { false, 0, false, 0 } },
	{ "14.1.1 last before first", TEXT("bytes=2-1"), RC_INVALID, { false, 0, false, 0 } },
	{ "14.2 another unit", TEXT("pages=1-2"), RC_INVALID, { false, 0, false, 0 } },
	{ "14.1.1 no number", TEXT("bytes=-"), RC_INVALID, { false, 0, false, 0 } },
	{ "14.1.1 an empty set", TEXT("bytes="), RC_INVALID, { false, 0, false, 0 } },
	/* clang-format on */
};

START_TEST(reads_single_ranges)
{
	struct range_request request = { .first = 77 };
	enum rc rc = range_parse_single(singles[_i].value, &request);

	ck_assert_msg(rc == singles[_i].rc, "%s: %s", singles[_i].clause, rc_text(rc));
	if (rc != RC_OK) {
		ck_assert_uint_eq(request.first, 77);
		return;
	}
	ck_assert(request.is_suffix == singles[_i].want.is_suffix);
	ck_assert(request.open == singles[_i].want.open);
	ck_assert_uint_eq(request.first, singles[_i].want.first);
	ck_assert_uint_eq(request.last, singles[_i].want.last);
}
END_TEST

static const struct {
	const char *clause;
	struct slice value;
	enum rc rc;
	struct content_range want;
} contents[] = {
	/* clang-format off */
	{ "14.4 the first 500", TEXT("bytes 0-499/1234"), RC_OK, { 0, 499, 1234 } },
	{ "14.4 the last 500", TEXT("bytes 734-1233/1234"), RC_OK, { 734, 1233, 1234 } },
	{ "14.4 one byte of one", TEXT("bytes 0-0/1"), RC_OK, { 0, 0, 1 } },
	{ "14.1 unit in another case", TEXT("BYTES 0-0/1"), RC_OK, { 0, 0, 1 } },
	{ "5.6.3 blanks around", TEXT(" bytes 0-0/1\t"), RC_OK, { 0, 0, 1 } },
	{ "14.4 leading zeros", TEXT("bytes 00-01/002"), RC_OK, { 0, 1, 2 } },
	{ "14.4 up to UINT64_MAX", TEXT("bytes 0-18446744073709551614/" U64_MOST), RC_OK,
		{ 0, UINT64_MAX - 1, UINT64_MAX } },
	{ "14.4 the total is unknown", TEXT("bytes 42-1233/*"), RC_UNSUPPORTED, { 0, 0, 0 } },
	{ "14.4 unknown, last before first", TEXT("bytes 5-4/*"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 unsatisfied", TEXT("bytes */1234"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 last before first", TEXT("bytes 5-4/10"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 total is last", TEXT("bytes 0-4/4"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 total below last", TEXT("bytes 0-4/3"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 total 0", TEXT("bytes 0-0/0"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 total above UINT64_MAX", TEXT("bytes 0-1/99999999999999999999"), RC_INVALID,
		{ 0, 0, 0 } },
	{ "14.4 all above UINT64_MAX",
		TEXT("bytes 99999999999999999997-99999999999999999998/99999999999999999999"),
		RC_INVALID, { 0, 0, 0 } },
	{ "14.4 another unit", TEXT("items 0-1/2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 '=' as in Range", TEXT("bytes=0-1/2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 no unit", TEXT("0-1/2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 two blanks", TEXT("bytes  0-1/2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 a tab", TEXT("bytes\t0-1/2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 blanks within", TEXT("bytes 0 - 1/2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 blanks around '/'", TEXT("bytes 0-1 / 2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 no total", TEXT("bytes 0-1/"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 no slash", TEXT("bytes 0-1"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 open", TEXT("bytes 0-/2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 suffix", TEXT("bytes -1/2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 something behind", TEXT("bytes 0-1/2x"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 something behind '*'", TEXT("bytes 0-1/*x"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 two of them", TEXT("bytes 0-1/2, bytes 0-1/2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 a sign", TEXT("bytes +0-1/2"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 only a unit", TEXT("bytes"), RC_INVALID, { 0, 0, 0 } },
	{ "14.4 empty", TEXT(""), RC_INVALID, { 0, 0, 0 } },
	/* clang-format on */
};

START_TEST(reads_content_ranges)
{
	struct content_range range = { .first = 77 };
	enum rc rc = content_range_parse(contents[_i].value, &range);

	ck_assert_msg(rc == contents[_i].rc, "%s: %s", contents[_i].clause, rc_text(rc));
	if (rc != RC_OK) {
		ck_assert_uint_eq(range.first, 77);
		return;
	}
	ck_assert_uint_eq(range.first, contents[_i].want.first);
	ck_assert_uint_eq(range.last, contents[_i].want.last);
	ck_assert_uint_eq(range.total, contents[_i].want.total);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("range");

	ADD_ROWS(tests, resolves, resolved);
	ADD_ROWS(tests, reads_single_ranges, singles);
	ADD_ROWS(tests, reads_content_ranges, contents);
	return run_case("range", tests);
}
