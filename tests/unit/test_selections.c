/* test_selections.c - rows by what a purge is about, by age and by use; and by which index they are found.
 */
#include "records_fixture.h"

#define KEY(text)                                           \
	{                                                   \
		"\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe" text, 32 \
	}

/* found: ids as digits, the ones above 9 as letters: 33 is a, 34 is b. */
static const struct {
	const char *what;
	struct disk_selection selection;
	const char *found;
} selections[] = {
	{ "all", { .scope = DISK_ALL }, "123456789ab" },
	{ "a route", { .scope = DISK_ROUTE, .route = { "/a", 2 } }, "1234567" },
	{ "another", { .scope = DISK_ROUTE, .route = { "/b", 2 } }, "89a" },
	{ "the route without a name", { .scope = DISK_ROUTE }, "b" },
	{ "a route's begin", { .scope = DISK_ROUTE, .route = { "/", 1 } }, "" },
	{ "a tag", { .scope = DISK_TAG, .text = { "red", 3 } }, "128" },
	{ "another tag", { .scope = DISK_TAG, .text = { "blue", 4 } }, "14" },
	{ "no such tag", { .scope = DISK_TAG, .text = { "r", 1 } }, "" },
	{ "a prefix", { .scope = DISK_PREFIX, .route = { "/a", 2 }, .text = { "/a/x", 4 } },
		"123567" },
	{ "a whole target", { .scope = DISK_PREFIX, .route = { "/a", 2 }, .text = { "/a/xy", 5 } },
		"2" },
	{ "0xff at its end",
		{ .scope = DISK_PREFIX, .route = { "/a", 2 }, .text = { "/a/x\xff", 5 } }, "567" },
	{ "twice", { .scope = DISK_PREFIX, .route = { "/a", 2 }, .text = { "/a/x\xff\xff", 6 } },
		"67" },
	{ "0xff only", { .scope = DISK_PREFIX, .route = { "/b", 2 }, .text = { "\xff", 1 } },
		"9a" },
	{ "0xff only, twice",
		{ .scope = DISK_PREFIX, .route = { "/b", 2 }, .text = { "\xff\xff", 2 } }, "9" },
	{ "all prefixes", { .scope = DISK_PREFIX, .route = { "/a", 2 }, .text = { "", 0 } },
		"1234567" },
	{ "another's", { .scope = DISK_PREFIX, .route = { "/b", 2 }, .text = { "/a/xy", 5 } }, "" },
	{ "a begin of any route's", { .scope = DISK_TARGETS, .text = { "/a/x", 4 } }, "1235678b" },
	{ "0xff of any route's", { .scope = DISK_TARGETS, .text = { "\xff", 1 } }, "9a" },
	{ "all begins", { .scope = DISK_TARGETS, .text = { "", 0 } }, "123456789ab" },
	{ "no such begin", { .scope = DISK_TARGETS, .text = { "/zz", 3 } }, "" },
	{ "no such route", { .scope = DISK_PREFIX, .route = { "/c", 2 }, .text = { "/a", 2 } },
		"" },
	{ "age", { .scope = DISK_OLDER_THAN, .before_ms = 1004 }, "123" },
	{ "age of a route", { .scope = DISK_OLDER_THAN, .route = { "/b", 2 }, .before_ms = 1033 },
		"89" },
	{ "a key",
		{ .scope = DISK_KEY,
			.text = KEY("key 3\0\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe"
				    "\xfe\xfe\xfe\xfe\xfe\xfe"),
			.key_hash = 3 },
		"3" },
};

static char letter_of(int64_t id)
{
	return (char)(id < 10 ? '0' + id : 'a' + id - 33);
}

struct listing {
	char text[64];
	size_t size;
	int64_t last;
};

static void list(void *arg, const struct record_entry *entry)
{
	struct listing *listing = arg;

	listing->text[listing->size++] = letter_of(entry->id);
	listing->text[listing->size] = '\0';
	listing->last = entry->id;
}

/* In pieces of one, of two, and of all at once. */
START_TEST(test_selections)
{
	const size_t sizes[] = { 1, 2, 5, SIZE_MAX };
	struct disk_selection selection = selections[_i].selection;
	uint64_t counted = 0;

	put_all();
	ck_assert_int_eq(records_count(database, &selection, &counted), RC_OK);
	ck_assert_msg(counted == strlen(selections[_i].found), "%s: %d", selections[_i].what,
		(int)counted);
	for (size_t i = 0; i < 4; i++) {
		struct listing listing = { .last = -1 };
		struct record_visitor visitor = { list, &listing };
		size_t before;

		do {
			before = listing.size;
			ck_assert_int_eq(
				records_select(database, &selection,
					(struct record_piece){ listing.last, sizes[i] }, &visitor),
				RC_OK);
			ck_assert_uint_le(listing.size - before, sizes[i]);
		} while (listing.size > before);
		ck_assert_msg(strcmp(listing.text, selections[_i].found) == 0, "%s: %s",
			selections[_i].what, listing.text);
	}
}
END_TEST

/* The key without its hash: slower, and found; with another's: not where it is looked for. */
START_TEST(test_key_without_hash)
{
	char key[32];
	struct disk_selection selection = { .scope = DISK_KEY, .text = { key, sizeof(key) } };
	uint64_t counted = 9;

	put_all();
	memset(key, 0xfe, sizeof(key));
	snprintf(key + 8, sizeof(key) - 8, "key %d", 33);
	ck_assert_int_eq(records_count(database, &selection, &counted), RC_OK);
	ck_assert_uint_eq(counted, 1);
	selection.key_hash = 33;
	ck_assert_int_eq(records_count(database, &selection, &counted), RC_OK);
	ck_assert_uint_eq(counted, 1);
	selection.key_hash = 64;
	ck_assert_int_eq(records_count(database, &selection, &counted), RC_OK);
	ck_assert_uint_eq(counted, 0);
}
END_TEST

/* More rows than PIECES pieces: the other way through the tables tells the same. */
START_TEST(test_a_long_prefix)
{
	const struct disk_selection selection = {
		.scope = DISK_PREFIX, .route = SLICE("/a"), .text = SLICE("/a/1")
	};
	int64_t after = -1, sum = 0;
	uint64_t counted = 0;

	for (int i = 0; i < 200; i++) {
		char target[32];

		snprintf(target, sizeof(target), "/a/%d", 199 - i);
		ck_assert_int_eq(put(&(struct recipe){ i, "/a", target, { NULL }, 0, 1 }), RC_OK);
	}
	ck_assert_int_eq(records_count(database, &selection, &counted), RC_OK);
	ck_assert_uint_eq(counted, 111); /* 1, 10..19, 100..199 */
	for (int piece = 0; piece < 40; piece++) {
		struct listing listing = { .last = after };

		ck_assert_int_eq(
			records_select(database, &selection, (struct record_piece){ after, 3 },
				&(struct record_visitor){ list, &listing }),
			RC_OK);
		ck_assert_uint_eq(listing.size, piece < 37 ? 3 : 0);
		ck_assert(listing.last > after || piece >= 37);
		after = listing.last;
		sum += (int64_t)listing.size;
	}
	ck_assert_int_eq(sum, 111);
	ck_assert_int_eq(after, 198); /* target /a/1 */
}
END_TEST

START_TEST(test_by_age_and_use)
{
	struct listing listing = { .size = 0 };
	struct record_visitor visitor = { list, &listing };

	put_all();
	ck_assert_int_eq(records_expired(database, 1993, 2, &visitor), RC_OK);
	ck_assert_str_eq(listing.text, "ba"); /* expired first first; at its time, too */
	listing.size = 0;
	ck_assert_int_eq(records_expired(database, 1992, 9, &visitor), RC_OK);
	ck_assert_str_eq(listing.text, "ba98");
	listing.size = 0;
	ck_assert_int_eq(records_used(database, 34, 9999), RC_OK);
	ck_assert_int_eq(records_idle(database, 3, &visitor), RC_OK);
	ck_assert_str_eq(listing.text, "a98");
}
END_TEST

/* What may look at all rows, and by what the others must find theirs (the plan's words). */
static const struct {
	enum statement statement;
	const char *sql;
} all_statements[] = {
#define STATEMENT(id, sql) { STATEMENT_##id, sql },
#include "disk/statements.def"
#undef STATEMENT
};

static const struct {
	enum statement statement;
	const char *by; /* NULL: may look at all */
} plans[] = {
	{ STATEMENT_RECORDS, "SEARCH records USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
	{ STATEMENT_COUNT_PREFIX, "entries_by_target (route=? AND target>? AND target<?)" },
	{ STATEMENT_COUNT_TARGETS, "entries_by_target (route=? AND target>? AND target<?)" },
	{ STATEMENT_SELECT_BEGINS, "entries_by_target (route=? AND target>? AND target<?)" },
	{ STATEMENT_SELECT_BEGINS_SCAN, "INTEGER PRIMARY KEY (rowid>?)" },
	{ STATEMENT_SELECT_WHOLE, "PRIMARY KEY (rowid>?)" },
	{ STATEMENT_SELECT_PREFIX, "entries_by_target (route=? AND target>? AND target<?)" },
	{ STATEMENT_EXPIRED, "entries_by_expiry (expires_ms<?)" },
	{ STATEMENT_IDLE, "entries_by_use" },
	{ STATEMENT_ARTIFACTS_UNREFERENCED, "artifacts_unreferenced" },
	{ STATEMENT_SELECT_TAG, "PRIMARY KEY (tag=? AND entry>?)" },
	{ STATEMENT_COUNT_OLDER, "SCAN entries" },
	{ STATEMENT_SELECT_ROUTE, "INTEGER PRIMARY KEY (rowid>?)" },
	{ STATEMENT_SELECT_PREFIX_SCAN, "INTEGER PRIMARY KEY (rowid>?)" },
	{ STATEMENT_SELECT_OLDER_ROUTE, "INTEGER PRIMARY KEY (rowid>?)" },
	{ STATEMENT_IDS, "PRIMARY KEY (rowid>?)" },
};

START_TEST(test_plans)
{
	char sql[2048], plan[2048] = "";
	sqlite3_stmt *statement = NULL;

	snprintf(
		sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", all_statements[plans[_i].statement].sql);
	ck_assert_int_eq(
		sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		size_t size = strlen(plan);

		snprintf(plan + size, sizeof(plan) - size, "%s; ",
			(const char *)sqlite3_column_text(statement, 3));
	}
	sqlite3_finalize(statement);
	ck_assert_msg(strstr(plan, plans[_i].by) != NULL, "%s: %s", sql, plan);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *suite = suite_create("selections");
	TCase *tests = tcase_create("selections");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, test_selections, 0, COUNT(selections));
	tcase_add_test(tests, test_key_without_hash);
	tcase_add_test(tests, test_a_long_prefix);
	tcase_add_test(tests, test_by_age_and_use);
	tcase_add_loop_test(tests, test_plans, 0, COUNT(plans));
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
