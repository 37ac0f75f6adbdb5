/* records_fixture.h - a writer's connection to a database of its own, and rows from recipes.
 *
 * Ownership: set_up() makes what tear_down() removes.
 */
#pragma once

#include "disk/records.h"

#include "database_fixture.h"

static struct database *database;

static inline void set_up(void)
{
	in_directory();
	database = opened_for(DATABASE_WRITER);
}

static inline void tear_down(void)
{
	database_close(database);
	out_of_directory();
}

/* An entry of a few words; the rest is made from the id. */
struct recipe {
	int64_t id;
	const char *route, *target, *tags[3];
	int64_t artifact;
	size_t body;
};

static inline enum rc put(const struct recipe *recipe)
{
	char key[32], body[4096];
	struct slice tags[3];
	struct record_write write = {
		.entry = { .id = recipe->id,
			.route = slice_of(recipe->route),
			.tenant = 0,
			.namespace_version = UINT64_MAX - (uint64_t)recipe->id,
			.target = slice_of(recipe->target),
			.slot = UINT32_MAX - (uint32_t)recipe->id,
			.epoch = (uint64_t)1 << 63 | (uint64_t)recipe->id,
			.status = 200 + (int)(recipe->id % 100),
			.stored_ms = 1000 + recipe->id,
			.expires_ms = 2000 - recipe->id,
			.used_ms = 3000 - recipe->id,
			.source_version = SLICE("2026_04"),
			.bytes = 10 + recipe->body,
			.body_bytes = recipe->body,
			.artifact = recipe->artifact },
		.record = SLICE("the record"),
		.body = { body, recipe->artifact == 0 ? recipe->body : 0 },
		.tags = tags,
	};

	memset(body, 'b', sizeof(body));
	memset(key, 0xfe, sizeof(key));
	snprintf(key + 8, sizeof(key) - 8, "key %d", (int)recipe->id);
	write.entry.key = (struct slice){ key, sizeof(key) };
	while (write.tag_count < 3 && recipe->tags[write.tag_count] != NULL) {
		tags[write.tag_count] = slice_of(recipe->tags[write.tag_count]);
		write.tag_count++;
	}
	return records_put(database, &write);
}

static const struct recipe rows[] = {
	{ 1, "/a", "/a/x", { "red", "blue" }, 0, 1 },
	{ 2, "/a", "/a/xy", { "red", "red" }, 0, 2 },
	{ 3, "/a", "/a/xz", { NULL }, 0, 3 },
	{ 4, "/a", "/a/y", { "blue", NULL }, 0, 4 },
	{ 5, "/a", "/a/x\xff", { NULL }, 0, 5 },
	{ 6, "/a", "/a/x\xff\xff\xff", { NULL }, 0, 6 },
	{ 7, "/a",
		"/a/x\xff\xff"
		"a",
		{ NULL }, 0, 7 },
	{ 8, "/b", "/a/x", { "red", "green" }, 0, 8 },
	{ 9, "/b", "\xff\xff", { "re" }, 0, 9 },
	{ 33, "/b", "\xff", { "reds" }, 0, 10 },
	{ 34, "", "/a/x", { NULL }, 0, 10 },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static inline void put_all(void)
{
	for (size_t i = 0; i < ROWS; i++)
		ck_assert_int_eq(put(&rows[i]), RC_OK);
}
