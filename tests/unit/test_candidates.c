/* test_candidates.c - several stored responses asked about at once, If-Range, and what a HEAD says
 * (RFC 9110 13.1.5, RFC 9111 4.3.1, 4.3.4, 4.3.5).
 *
 * Stored responses are rows of fields. Of them "status" makes another status than 200 (206: 10 bytes of
 * 50); else they have 10 bytes, and the Date of NOW. A tag that begins as ours do is one.
 */
#include "policy/conditional.h"

#include "policy_rows.h"

#include "http/date.h"

#define OLD  "last-modified: " DATE_10H
#define TAG  "etag: \"a\""
#define WEAK "etag: W/\"a\""
#define OURS "etag: \"larder-1\""
#define MOST 3

/* clang-format off */
static const struct {
	const char *clause;
	const char *stored;
	const char *request;
	bool holds;
} if_ranges[] = {
	{ "13.1.5: none", TAG, NULL, true },
	{ "13.1.5: none, nothing stored", NULL, NULL, true },
	{ "13.1.5: same strong tag", TAG, "if-range: \"a\"", true },
	{ "13.1.5: other tag", TAG, "if-range: \"b\"", false },
	{ "13.1.5: weak against strong", TAG, "if-range: W/\"a\"", false },
	{ "13.1.5: strong against weak", WEAK, "if-range: \"a\"", false },
	{ "13.1.5: both weak", WEAK, "if-range: W/\"a\"", false },
	{ "13.1.5: a tag where none is stored", OLD, "if-range: \"a\"", false },
	{ "13.1.5: a stored tag without quotes", "etag: a", "if-range: \"a\"", false },
	{ "13.1.5: a tag without quotes", TAG, "if-range: a", false },
	{ "13.1.5: no lists", TAG, "if-range: \"a\", \"b\"", false },
	{ "13.1.5: no *", TAG, "if-range: *", false },
	{ "13.1.5: empty", TAG, "if-range:", false },
	{ "13.1.5: twice", TAG, "if-range: \"a\"\nif-range: \"a\"", false },
	{ "13.1.5: letter case of tags", TAG, "if-range: \"A\"", false },
	{ "13.1.5: exactly the date", OLD, "if-range: " DATE_10H, true },
	{ "13.1.5: later than the date", OLD, "if-range: " DATE_1H, false },
	{ "13.1.5: earlier than the date", "last-modified: " DATE_1H, "if-range: " DATE_10H, false },
	{ "13.1.5: the date in another form", "last-modified: Sun, 06 Nov 1994 08:49:36 GMT", "if-range: Sun Nov  6 08:49:36 1994", true },
	{ "13.1.5: as RFC 850 had it", "last-modified: Sun, 06 Nov 1994 08:49:36 GMT", "if-range: Sunday, 06-Nov-94 08:49:36 GMT", true },
	{ "13.1.5: no date", OLD, "if-range: once", false },
	{ "13.1.5: a stored date that is none", "last-modified: once", "if-range: once", false },
	{ "13.1.5: a date where none is stored", TAG, "if-range: " DATE_10H, false },
	{ "13.1.5: a date beside a stored tag", TAG "\n" OLD, "if-range: " DATE_10H, true },
	{ "8.8.2.2: modified in the second of Date", "last-modified: " DATE_NOW, "if-range: " DATE_NOW, false },
	{ "8.8.2.2: modified after Date", "last-modified: " DATE_NEXT, "if-range: " DATE_NEXT, false },
	{ "8.8.2.2: a second before", "last-modified: Sun, 06 Nov 1994 08:49:36 GMT", "if-range: Sun, 06 Nov 1994 08:49:36 GMT", true },
};

static const struct {
	const char *clause;
	const char *stored[MOST];
	const char *sent; /* NULL: RC_ABSENT */
} additions[] = {
	{ "4.3.1: two tags", { "etag: \"a\"", "etag: \"b\"" }, "if-none-match: \"a\", \"b\"" },
	{ "4.3.1: three", { "etag: \"a\"", "etag: \"b\"", "etag: \"c\"" }, "if-none-match: \"a\", \"b\", \"c\"" },
	{ "4.3.1: each once", { "etag: \"a\"", "etag: \"b\"", "etag: \"a\"" }, "if-none-match: \"a\", \"b\"" },
	{ "4.3.1: weak and strong are two", { "etag: \"a\"", "etag: W/\"a\"" }, "if-none-match: \"a\", W/\"a\"" },
	{ "4.3.1: no date for several", { "etag: \"a\"\n" OLD, "etag: \"b\"" }, "if-none-match: \"a\", \"b\"" },
	{ "4.3.1: one of two has a tag", { OLD, "etag: \"b\"" }, "if-none-match: \"b\"" },
	{ "4.3.1: none has a tag", { OLD, OLD }, NULL },
	{ "4.3.1: none has anything", { "x-a: 1", "x-b: 1" }, NULL },
	{ "4.3.1: one alone, as ever", { "etag: \"a\"\n" OLD }, "if-none-match: \"a\"\nif-modified-since: " DATE_10H },
	{ "4.3.1: one alone, date", { OLD }, "if-modified-since: " DATE_10H },
	{ "4.3.1: one alone, none", { "x-a: 1" }, NULL },
	{ "4.3.1: nothing stored", { NULL }, NULL },
	{ "4.3.1: a tag without quotes spoils a list", { "etag: a", "etag: \"b\"" }, "if-none-match: \"b\"" },
	{ "4.3.1: a comma in a tag", { "etag: \"a,b\"", "etag: \"b\"" }, "if-none-match: \"a,b\", \"b\"" },
	{ "4.3.1: an empty tag", { "etag: \"\"", "etag: \"b\"" }, "if-none-match: \"\", \"b\"" },
	{ "13.2.1: a 404's is not asked about", { "status: 404\netag: \"a\"", "etag: \"b\"" }, "if-none-match: \"b\"" },
	{ "13.2.1: nor a 301's", { "status: 301\netag: \"a\"", "status: 301\netag: \"b\"" }, NULL },
	{ "a tag of ours is nothing to the origin", { OURS }, NULL },
	{ "its own date is", { OURS "\n" OLD }, "if-modified-since: " DATE_10H },
	{ "nor is it one of several", { OURS, "etag: \"b\"" }, "if-none-match: \"b\"" },
	{ "4.3.2: nor a part's", { "status: 206\netag: \"a\"", "etag: \"b\"" }, "if-none-match: \"b\"" },
	{ "4.3.2: the same tag, of a part and of a whole", { "status: 206\netag: \"a\"", "etag: \"a\"", "etag: \"b\"" }, "if-none-match: \"a\", \"b\"" },
};

static const struct {
	const char *clause;
	const char *stored[MOST];
	const char *not_modified;
	size_t picked; /* from 1; 0: none */
} picks[] = {
	{ "4.3.4: the strong one", { "etag: \"a\"", "etag: \"b\"" }, "etag: \"b\"", 2 },
	{ "4.3.4: the other strong one", { "etag: \"a\"", "etag: \"b\"" }, "etag: \"a\"", 1 },
	{ "4.3.4: an unknown one", { "etag: \"a\"", "etag: \"b\"" }, "etag: \"c\"", 0 },
	{ "4.3.4: strong is not weak", { "etag: W/\"a\"", "etag: \"b\"" }, "etag: \"a\"", 0 },
	{ "4.3.4: weak names weak", { "etag: W/\"a\"", "etag: \"b\"" }, "etag: W/\"a\"", 1 },
	{ "4.3.4: weak names strong", { "etag: \"a\"", "etag: \"b\"" }, "etag: W/\"a\"", 1 },
	{ "4.3.4: of equals the most recent", { "date: " DATE_1H "\netag: \"a\"", "date: " DATE_NOW "\netag: \"a\"" }, "etag: \"a\"", 2 },
	{ "4.3.4: the most recent, in any order", { "date: " DATE_NOW "\netag: \"a\"", "date: " DATE_1H "\netag: \"a\"" }, "etag: \"a\"", 1 },
	{ "4.3.4: the most recent weak one", { "date: " DATE_1H "\netag: W/\"a\"", "date: " DATE_NOW "\netag: W/\"a\"", "etag: \"b\"" }, "etag: W/\"a\"", 2 },
	{ "4.3.4: as old as one another: the first", { "etag: \"a\"", "etag: \"a\"" }, "etag: \"a\"", 1 },
	{ "4.3.4: a date that names one", { "last-modified: " DATE_1H, OLD }, OLD, 2 },
	{ "4.3.4: a date that names none", { "last-modified: " DATE_1H, "last-modified: " DATE_NOW }, OLD, 0 },
	{ "4.3.4: tags asked, a date told", { "etag: \"a\"\nlast-modified: " DATE_1H, "etag: \"b\"\n" OLD }, OLD, 2 },
	{ "4.3.4: nothing told, several asked", { "etag: \"a\"", "etag: \"b\"" }, "x-a: 1", 0 },
	{ "4.3.4: nothing told, one asked", { "etag: \"a\"" }, "x-a: 1", 1 },
	{ "4.3.4: one asked, its tag", { "etag: \"a\"" }, "etag: \"a\"", 1 },
	{ "4.3.4: one asked, another tag", { "etag: \"a\"" }, "etag: \"b\"", 0 },
	{ "4.3.4: nothing asked", { NULL }, "etag: \"a\"", 0 },
	{ "4.3.4: a 404 was not asked about", { "status: 404\netag: \"a\"", "etag: \"b\"" }, "etag: \"a\"", 0 },
	{ "4.3.4: nor a part", { "status: 206\netag: \"a\"", "etag: \"b\"" }, "etag: \"a\"", 0 },
	{ "4.3.4: a tag for what has one of ours", { OURS "\n" OLD }, "etag: \"a\"\n" OLD, 1 },
	{ "4.3.4: a date for what has one of ours", { OURS "\n" OLD }, OLD, 1 },
	{ "4.3.4: ours, told by another", { OURS, "etag: \"b\"" }, "etag: \"larder-1\"", 0 },
	{ "4.3.4: a tag for what has none", { OLD, "etag: \"b\"" }, "etag: \"a\"\n" OLD, 0 },
};

static const struct {
	const char *clause;
	int status;
	const char *stored;
	const char *head;
	enum head_verdict verdict;
} heads[] = {
	{ "4.3.5: all the same", 200, "etag: \"a\"\n" OLD, "etag: \"a\"\n" OLD "\ncontent-length: 10", HEAD_UPDATES },
	{ "4.3.5: the tag alone", 200, "etag: \"a\"\n" OLD, "etag: \"a\"", HEAD_UPDATES },
	{ "4.3.5: the date alone", 200, "etag: \"a\"\n" OLD, OLD, HEAD_UPDATES },
	{ "4.3.5: the length alone", 200, "etag: \"a\"\n" OLD, "content-length: 10", HEAD_UPDATES },
	{ "4.3.5: another tag", 200, "etag: \"a\"\n" OLD, "etag: \"b\"\n" OLD, HEAD_OUTDATES },
	{ "4.3.5: weak is another value", 200, "etag: \"a\"\n" OLD, "etag: W/\"a\"", HEAD_OUTDATES },
	{ "4.3.5: weak, both", 200, "etag: W/\"a\"", "etag: W/\"a\"", HEAD_UPDATES },
	{ "4.3.5: another date", 200, "etag: \"a\"\n" OLD, "etag: \"a\"\nlast-modified: " DATE_1H, HEAD_OUTDATES },
	{ "4.3.5: another length", 200, "etag: \"a\"\n" OLD, "etag: \"a\"\ncontent-length: 11", HEAD_OUTDATES },
	{ "4.3.5: no length that can be read", 200, "etag: \"a\"\n" OLD, "etag: \"a\"\ncontent-length: x", HEAD_OUTDATES },
	{ "4.3.5: length 0", 200, "etag: \"a\"\n" OLD, "etag: \"a\"\ncontent-length: 0", HEAD_OUTDATES },
	{ "4.3.5: a tag where none was", 200, OLD, "etag: \"a\"", HEAD_OUTDATES },
	{ "4.3.5: a date where none was", 200, "etag: \"a\"", OLD, HEAD_OUTDATES },
	{ "4.3.5: no validators, same length", 200, "x-a: 1", "content-length: 10", HEAD_UPDATES },
	{ "4.3.5: no validators, other length", 200, "x-a: 1", "content-length: 9", HEAD_OUTDATES },
	{ "4.3.5: nothing to compare on either side", 200, "x-a: 1", "x-a: 2", HEAD_UPDATES },
	{ "4.3.5: nothing of what the GET had", 200, "etag: \"a\"\n" OLD, "x-a: 2", HEAD_SAYS_NOTHING },
	{ "4.3.5: no tag where there is one of ours", 200, OURS, "x-a: 1", HEAD_UPDATES },
	{ "4.3.5: another tag than ours", 200, OURS, "etag: \"a\"", HEAD_OUTDATES },
	{ "4.3.5: another coding", 200, "etag: \"a\"\ncontent-encoding: gzip", "etag: \"a\"", HEAD_OUTDATES },
	{ "4.3.5: the same coding", 200, "etag: \"a\"\ncontent-encoding: gzip", "etag: \"a\"\ncontent-encoding: GZIP", HEAD_UPDATES },
	{ "4.3.5: 304 is no 200", 304, "etag: \"a\"\n" OLD, "etag: \"a\"", HEAD_SAYS_NOTHING },
	{ "4.3.5: 204", 204, "etag: \"a\"\n" OLD, "etag: \"a\"", HEAD_SAYS_NOTHING },
	{ "4.3.5: 301", 301, "etag: \"a\"\n" OLD, "etag: \"a\"", HEAD_SAYS_NOTHING },
	{ "4.3.5: 404", 404, "etag: \"a\"\n" OLD, "etag: \"b\"", HEAD_SAYS_NOTHING },
	{ "4.3.5: 503", 503, "etag: \"a\"\n" OLD, "content-length: 0", HEAD_SAYS_NOTHING },
	{ "4.3.5: 200 for a stored 404", 200, "status: 404\netag: \"a\"", "etag: \"a\"", HEAD_OUTDATES },
	{ "4.3.5: 200 for a stored 301", 200, "status: 301", "content-length: 10", HEAD_OUTDATES },
	{ "4.3.5: a part: its whole's length", 200, "status: 206\netag: \"a\"", "etag: \"a\"\ncontent-length: 50", HEAD_UPDATES },
	{ "4.3.5: a part: not its own length", 200, "status: 206\netag: \"a\"", "etag: \"a\"\ncontent-length: 10", HEAD_OUTDATES },
};
/* clang-format on */

static struct body ten_bytes = { .size = 10 };

static struct object stored_object(const char *fields)
{
	struct object object = {
		.status = 200,
		.freshness = { .date_ms = NOW, .responded_ms = NOW + 500 },
		.headers = row_headers(fields),
		.body = &ten_bytes,
	};
	uint32_t from = 0;
	const struct field *status = headers_next_named(&object.headers, SLICE("status"), &from);
	uint64_t value;

	if (status != NULL && slice_to_u64(status->value, &value))
		object.status = (int)value;
	object.tagged = slice_starts(headers_get(&object.headers, FIELD_ETAG), SLICE("\"larder-"));
	if (object.status == 206)
		object.part = (struct object_part){ true, 0, 50 };
	if (headers_has(&object.headers, FIELD_DATE))
		ck_assert_int_eq(date_parse(headers_get(&object.headers, FIELD_DATE), NOW,
					 &object.freshness.date_ms),
			RC_OK);
	return object;
}

/* Fills ret with the objects of a row and returns how many there are. */
static size_t stored_objects(
	const char *const stored[MOST], struct object objects[MOST], struct object *ret[MOST])
{
	size_t count = 0;

	while (count < MOST && stored[count] != NULL) {
		objects[count] = stored_object(stored[count]);
		ret[count] = &objects[count];
		count++;
	}
	return count;
}

START_TEST(if_range_row)
{
	struct object object;
	struct headers request;

	rows_begin();
	object = stored_object(if_ranges[_i].stored);
	request = row_headers(if_ranges[_i].request);
	ck_assert_msg(conditional_if_range_holds(&request, &object) == if_ranges[_i].holds,
		"row %d (%s)", _i, if_ranges[_i].clause);
}
END_TEST

START_TEST(addition_row)
{
	const char *sent = additions[_i].sent;
	struct object objects[MOST], *list[MOST];
	struct headers got;
	size_t count;

	rows_begin();
	count = stored_objects(additions[_i].stored, objects, list);
	headers_init(&got, &row_arena);
	ck_assert_msg(
		conditional_add_candidates(list, count, &got) == (sent != NULL ? RC_OK : RC_ABSENT),
		"row %d (%s)", _i, additions[_i].clause);
	ck_assert_msg(slice_equal(slice_of(row_text(&got)), slice_of(sent)), "row %d (%s): %s", _i,
		additions[_i].clause, row_text(&got));
}
END_TEST

START_TEST(pick_row)
{
	struct object objects[MOST], *list[MOST], *got;
	struct headers not_modified;
	size_t count;

	rows_begin();
	count = stored_objects(picks[_i].stored, objects, list);
	not_modified = row_headers(picks[_i].not_modified);
	got = conditional_pick(list, count, &not_modified);
	ck_assert_msg(got == (picks[_i].picked > 0 ? list[picks[_i].picked - 1] : NULL),
		"row %d (%s)", _i, picks[_i].clause);
}
END_TEST

START_TEST(head_row)
{
	struct object object;
	struct headers head;
	enum head_verdict got;

	rows_begin();
	object = stored_object(heads[_i].stored);
	head = row_headers(heads[_i].head);
	got = conditional_judge_head(&object, heads[_i].status, &head);
	ck_assert_msg(got == heads[_i].verdict, "row %d (%s): %d", _i, heads[_i].clause, (int)got);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("candidates");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, if_range_row, 0, ROWS(if_ranges));
	tcase_add_loop_test(cases, addition_row, 0, ROWS(additions));
	tcase_add_loop_test(cases, pick_row, 0, ROWS(picks));
	tcase_add_loop_test(cases, head_row, 0, ROWS(heads));
	suite_add_tcase(suite, cases);
	return rows_run(suite);
}
