/* test_records.c - rows by id, files, facts, and what triggers make of them: against a model.
 */
#include "records_fixture.h"

static bool check_row(void *arg, const struct record_row *row)
{
	int64_t *seen = arg;

	ck_assert(slice_equal(row->record, SLICE("the record")));
	ck_assert_uint_eq(row->body.size, row->artifact == 0 ? (size_t)row->id : 0);
	for (size_t i = 0; i < row->body.size; i++)
		ck_assert_int_eq(row->body.data[i], 'b');
	*seen = *seen * 1000 + row->id % 1000;
	return row->id % 1000 != 99;
}

/* Ids next to one another that are not of the range don't come; nor does what is behind a refusal. */
START_TEST(test_a_range)
{
	const int64_t ids[] = { 63, 64, 66, 95, 96, 99, 100 };
	const struct {
		int64_t first, seen;
	} ranges[] = { { 32, 63 }, { 64, 64066095 }, { 96, 96099 }, { 128, 0 } };

	ck_assert_int_eq(record_id(UINT64_MAX), INT64_MAX - 31);
	ck_assert_int_eq(record_id((uint64_t)1 << 63 | 31), 0);
	for (size_t i = 0; i < 7; i++)
		ck_assert_int_eq(put(&(struct recipe){ .id = ids[i],
					 .route = "/",
					 .target = "/x",
					 .body = (size_t)ids[i] }),
			RC_OK);
	for (size_t i = 0; i < 4; i++) {
		int64_t seen = 0;

		ck_assert_int_eq(records_visit(database, ranges[i].first, check_row, &seen), RC_OK);
		ck_assert_int_eq(seen, ranges[i].seen);
	}
}
END_TEST

static void check_entry(void *arg, const struct record_entry *entry)
{
	ck_assert_int_eq(entry->id, 77);
	ck_assert_uint_eq(entry->key.size, 32);
	ck_assert_str_eq(entry->key.data + 8, "key 77");
	ck_assert(slice_equal(entry->route, SLICE("/route")));
	ck_assert(slice_equal(entry->target, SLICE("/route/target")));
	ck_assert(slice_equal(entry->source_version, SLICE("2026_04")));
	ck_assert_uint_eq(entry->namespace_version, UINT64_MAX - 77);
	ck_assert_uint_eq(entry->slot, UINT32_MAX - 77);
	ck_assert_uint_eq(entry->epoch, ((uint64_t)1 << 63) + 77);
	ck_assert_int_eq(entry->status, 277);
	ck_assert_int_eq(entry->stored_ms, 1077);
	ck_assert_int_eq(entry->expires_ms, 1923);
	ck_assert_int_eq(entry->used_ms, 3000);
	ck_assert_uint_eq(entry->bytes, 15);
	ck_assert_uint_eq(entry->body_bytes, 5);
	ck_assert_int_eq(entry->artifact, 0);
	++*(int *)arg;
}

START_TEST(test_an_entry_comes_back)
{
	const struct disk_selection all = { .scope = DISK_ALL };
	int seen = 0;

	ck_assert_int_eq(
		put(&(struct recipe){ 77, "/route", "/route/target", { NULL }, 0, 5 }), RC_OK);
	ck_assert_int_eq(records_used(database, 77, 3000), RC_OK);
	ck_assert_int_eq(records_used(database, 77, 2990), RC_OK); /* told late */
	ck_assert_int_eq(records_used(database, 78, 2990), RC_OK);
	ck_assert_int_eq(records_select(database, &all, (struct record_piece){ -1, 9 },
				 &(struct record_visitor){ check_entry, &seen }),
		RC_OK);
	ck_assert_int_eq(seen, 1);
	ck_assert_int_eq(records_remove(database, 77), RC_OK);
	ck_assert_int_eq(records_remove(database, 77), RC_ABSENT);
}
END_TEST

START_TEST(test_ids)
{
	int64_t ids[4];
	size_t count = 9;

	ck_assert_int_eq(records_ids(database, -1, ids, 4, &count), RC_OK);
	ck_assert_uint_eq(count, 0);
	put_all();
	ck_assert_int_eq(put(&(struct recipe){ 0, "/", "/", { NULL }, 0, 0 }), RC_OK);
	ck_assert_int_eq(records_ids(database, -1, ids, 4, &count), RC_OK);
	ck_assert_uint_eq(count, 4);
	ck_assert_int_eq(ids[0], 0);
	ck_assert_int_eq(records_ids(database, 9, ids, 4, &count), RC_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(ids[1], 34);
	ck_assert_int_eq(records_ids(database, 34, ids, 4, &count), RC_OK);
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* A file whose digest and sums are made from its number. */
static struct artifact artifact_of(unsigned number, uint64_t *sums)
{
	struct artifact artifact = { .size = number * (ARTIFACT_PIECE / 2), .sums = sums };

	memset(artifact.digest, (int)number, DIGEST_SIZE);
	artifact.sum_count = (number + 1) / 2;
	for (size_t i = 0; i < artifact.sum_count; i++)
		sums[i] = 0x0102030405060708u * (number + i);
	return artifact;
}

START_TEST(test_artifact_rows)
{
	uint64_t sums[8];
	struct artifact artifact = artifact_of(5, sums), read = { .size = 0 };
	int64_t id = 0, again = 0;

	ck_assert_int_eq(records_artifact_known(database, artifact.digest), RC_ABSENT);
	ck_assert_int_eq(records_artifact(database, &artifact, &id), RC_OK);
	ck_assert_int_eq(records_artifact(database, &artifact, &again), RC_OK);
	ck_assert_int_eq(id, again);
	ck_assert_int_eq(records_artifact_known(database, artifact.digest), RC_OK);
	ck_assert_int_eq(records_artifact_read(database, id, &read), RC_OK);
	ck_assert_uint_eq(read.size, artifact.size);
	ck_assert_uint_eq(read.sum_count, 3);
	ck_assert_mem_eq(read.sums, sums, sizeof(sums[0]) * 3);
	ck_assert_mem_eq(read.digest, artifact.digest, DIGEST_SIZE);
	free(read.sums);
	ck_assert_int_eq(put(&(struct recipe){ 1, "/", "/", { NULL }, id, 9 }), RC_OK);
	ck_assert_int_eq(records_artifact_remove(database, id), RC_ABSENT); /* it is in use */
	ck_assert_int_eq(records_remove(database, 1), RC_OK);
	ck_assert_int_eq(records_artifact_remove(database, id), RC_OK);
	ck_assert_int_eq(records_artifact_remove(database, id), RC_ABSENT);
	ck_assert_int_eq(records_artifact_read(database, id, &read), RC_ABSENT);
	ck_assert_int_eq(put(&(struct recipe){ 1, "/", "/", { NULL }, id, 9 }), RC_INVALID);
	artifact = artifact_of(6, sums);
	ck_assert_int_eq(records_artifact(database, &artifact, &again), RC_OK);
	ck_assert_int_gt(again, id); /* never that id again */
	ck_assert_int_eq(sqlite3_exec(database->handle, "UPDATE artifacts SET size = size + 1",
				 NULL, NULL, NULL),
		SQLITE_OK);
	ck_assert_int_eq(records_artifact_read(database, again, &read), RC_CORRUPT);
}
END_TEST

#define MODEL_IDS   40
#define MODEL_FILES 6

static struct model {
	struct record_totals totals;
	bool there[MODEL_IDS];
	size_t body[MODEL_IDS];
	int file[MODEL_IDS];        /* or -1 */
	int64_t files[MODEL_FILES]; /* ids, or 0 */
} model;

static unsigned refs_of(int file)
{
	unsigned refs = 0;

	for (int i = 0; i < MODEL_IDS; i++)
		refs += model.there[i] && model.file[i] == file;
	return refs;
}

static void model_put(int id, int file, size_t body)
{
	uint64_t sums[8];
	struct artifact artifact = artifact_of((unsigned)file + 1, sums);

	if (file >= 0)
		ck_assert_int_eq(records_artifact(database, &artifact, &model.files[file]), RC_OK);
	ck_assert_int_eq(put(&(struct recipe){ id, "/", "/x", { "a", "b" },
				 file >= 0 ? model.files[file] : 0, body }),
		RC_OK);
	model.there[id] = true;
	model.body[id] = body;
	model.file[id] = file;
}

static void model_remove(int id)
{
	ck_assert_int_eq(records_remove(database, id), model.there[id] ? RC_OK : RC_ABSENT);
	model.there[id] = false;
}

static void remember(void *arg, int64_t id, const unsigned char digest[static DIGEST_SIZE])
{
	*(int64_t *)arg = id;
	ck_assert_int_eq(model.files[digest[0] - 1], id);
	ck_assert_uint_eq(refs_of(digest[0] - 1), 0);
}

static void model_collect(void)
{
	int64_t id = 0;

	ck_assert_int_eq(records_unreferenced(database, 1, remember, &id), RC_OK);
	if (id != 0)
		ck_assert_int_eq(records_artifact_remove(database, id), RC_OK);
	for (int i = 0; i < MODEL_FILES; i++) {
		if (id == 0) /* none was found: none there is */
			ck_assert(model.files[i] == 0 || refs_of(i) > 0);
		if (id != 0 && model.files[i] == id)
			model.files[i] = 0;
	}
}

static void check_model(void)
{
	struct record_totals want = { 0 }, have = { 0 };
	const struct disk_selection tagged = { .scope = DISK_TAG, .text = SLICE("b") };
	uint64_t tags = 0;

	for (int i = 0; i < MODEL_IDS; i++) {
		want.entries += model.there[i];
		want.inline_bytes += model.there[i] ? 10 + model.body[i] : 0;
		want.body_bytes += model.there[i] ? model.body[i] : 0;
	}
	for (int i = 0; i < MODEL_FILES; i++) {
		want.artifacts += model.files[i] != 0;
		want.artifact_bytes +=
			model.files[i] != 0 ? (uint64_t)(i + 1) * (ARTIFACT_PIECE / 2) : 0;
	}
	ck_assert_int_eq(records_totals(database, &have), RC_OK);
	ck_assert_mem_eq(&have, &want, sizeof(have));
	ck_assert_int_eq(records_count(database, &tagged, &tags), RC_OK);
	ck_assert_uint_eq(tags, want.entries);
}

/* Seed _i. Each round is a transaction; some are rolled back. */
START_TEST(test_against_a_model)
{
	unsigned state = 12345u + (unsigned)_i * 7919u;

	model = (struct model){ .there = { false } };
	for (int round = 0; round < 100; round++) {
		struct model before = model;

		ck_assert_int_eq(database_begin(database), RC_OK);
		for (int step = 0; step < 20; step++) {
			int id;

			state = state * 1103515245u + 12345u;
			id = (int)(state >> 8) % MODEL_IDS;
			if ((state >> 24) % 4 > 0)
				model_put(id,
					(int)(state >> 16) % (2 * MODEL_FILES) - MODEL_FILES < 0
						? -1
						: (int)(state >> 16) % MODEL_FILES,
					(state >> 20) % 3000);
			else
				model_remove(id);
			if ((state >> 28) % 4 == 0)
				model_collect();
		}
		if (state % 5 == 0) {
			database_rollback(database);
			model = before;
		} else {
			ck_assert_int_eq(database_commit(database), RC_OK);
		}
		check_model();
	}
}
END_TEST

/* No room in the middle of a put: after the rollback all is as before, and goes on when there is room. */
START_TEST(test_full_in_a_put)
{
	const struct recipe large = { 999, "/", "/x", { "a" }, 0, 4000 };
	enum rc rc = RC_OK;

	model = (struct model){ .there = { false } };
	for (int id = 0; id < MODEL_IDS; id++)
		model_put(id, id % 3 - 1, 100);
	sqlite3_exec(
		database->handle, "PRAGMA max_page_count = 1", NULL, NULL, NULL); /* as it is */
	ck_assert_int_eq(database_begin(database), RC_OK);
	for (int i = 0; i < 100 && rc == RC_OK; i++) {
		struct recipe recipe = large;

		recipe.id += i;
		rc = put(&recipe);
	}
	ck_assert_int_eq(rc, RC_FULL);
	database_rollback(database);
	check_model();
	sqlite3_exec(database->handle, "PRAGMA max_page_count = 10000", NULL, NULL, NULL);
	ck_assert_int_eq(put(&large), RC_OK);
}
END_TEST

START_TEST(test_facts_and_clear)
{
	struct bytes value;
	struct record_totals totals;

	bytes_init(&value, 8);
	ck_assert_int_eq(records_fact(database, SLICE("name"), &value), RC_ABSENT);
	ck_assert_int_eq(records_fact_set(database, SLICE("name"), SLICE("old")), RC_OK);
	ck_assert_int_eq(records_fact_set(database, SLICE("name"), SLICE("new\0er")), RC_OK);
	ck_assert_int_eq(records_fact(database, SLICE("name"), &value), RC_OK);
	ck_assert(slice_equal(bytes_slice(&value), SLICE("new\0er")));
	ck_assert_int_eq(records_fact(database, SLICE("name"), &value), RC_TOO_LARGE);
	put_all();
	ck_assert_int_eq(database_begin(database), RC_OK);
	ck_assert_int_eq(records_clear(database), RC_OK);
	ck_assert_int_eq(records_fact(database, SLICE("name"), &value), RC_ABSENT);
	database_rollback(database);
	ck_assert_int_eq(records_totals(database, &totals), RC_OK);
	ck_assert_uint_eq(totals.entries, ROWS);
	ck_assert_int_eq(database_begin(database), RC_OK);
	ck_assert_int_eq(records_clear(database), RC_OK);
	ck_assert_int_eq(records_fact_set(database, SLICE("name"), SLICE("x")), RC_OK);
	ck_assert_int_eq(database_commit(database), RC_OK);
	ck_assert_int_eq(records_totals(database, &totals), RC_OK);
	ck_assert_uint_eq(totals.entries + totals.inline_bytes + totals.body_bytes, 0);
	put_all(); /* statements and triggers are as they were */
	ck_assert_int_eq(records_totals(database, &totals), RC_OK);
	ck_assert_uint_eq(totals.entries, ROWS);
	bytes_done(&value);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("records");
	TCase *tests = tcase_create("records");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, test_a_range);
	tcase_add_test(tests, test_an_entry_comes_back);
	tcase_add_test(tests, test_ids);
	tcase_add_test(tests, test_artifact_rows);
	tcase_add_loop_test(tests, test_against_a_model, 0, 4);
	tcase_add_test(tests, test_full_in_a_put);
	tcase_add_test(tests, test_facts_and_clear);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
