/* database_fixture.h - a directory for each test, the database in it, and other programs at it.
 *
 * Ownership: what in_directory() makes out_of_directory() removes.
 */
#pragma once

#include "disk/connection.h"

#include <check.h>
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[64];
static char path[128];
static struct bytes fault;

static inline void in_directory(void)
{
	snprintf(directory, sizeof(directory), "/tmp/larder-database-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/a%%b?c#d.db", directory);
	bytes_init(&fault, 4096);
}

static inline void out_of_directory(void)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char name[512];

	while ((entry = readdir(dir)) != NULL) {
		snprintf(name, sizeof(name), "%s/%s", directory, entry->d_name);
		unlink(name);
	}
	closedir(dir);
	rmdir(directory);
	bytes_done(&fault);
}

/* Names and content of everything in the directory in one number; without indexes of WALs where these are
 * made anew by whoever looks. */
static inline uint64_t fingerprint(bool with_index)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	uint64_t all = 1;

	while ((entry = readdir(dir)) != NULL) {
		char name[512];
		uint64_t one = 14695981039346656037u;
		FILE *file;

		if (entry->d_name[0] == '.' ||
			(!with_index && strstr(entry->d_name, "-shm") != NULL))
			continue;
		snprintf(name, sizeof(name), "%s/%s", directory, entry->d_name);
		file = fopen(name, "rb");
		for (const char *c = entry->d_name; *c != '\0'; c++)
			one = (one ^ (unsigned char)*c) * 1099511628211u;
		for (int c = getc(file); c != EOF; c = getc(file))
			one = (one ^ (uint64_t)c) * 1099511628211u;
		all += one; /* in whatever order they are listed */
		fclose(file);
	}
	closedir(dir);
	return all;
}

static inline enum rc open_for(enum database_use use, struct database **ret)
{
	const struct database_options options = { .path = path, .use = use };

	return database_open(&options, ret, &fault);
}

static inline struct database *opened_for(enum database_use use)
{
	struct database *database = NULL;
	enum rc rc = open_for(use, &database);

	ck_assert_msg(rc == RC_OK, "%s: %s", rc_text(rc), bytes_slice(&fault).data);
	return database;
}

/* By another program. */
static inline void outside(const char *sql)
{
	sqlite3 *handle = NULL;
	char *error = NULL;

	ck_assert_int_eq(sqlite3_open(path, &handle), SQLITE_OK);
	sqlite3_exec(handle, sql, NULL, NULL, &error);
	ck_assert_msg(error == NULL, "%s: %s", sql, error);
	sqlite3_close(handle);
}

static inline void make_one(void)
{
	struct database *database = opened_for(DATABASE_WRITER);

	database_close(database);
}

static inline enum rc set_fact(struct database *database, const char *name, size_t size)
{
	SCOPED(query) query = NULL;
	char *value = calloc(1, size + 1);
	enum rc rc = query_begin(database, STATEMENT_FACT_SET, &query);

	if (rc == RC_OK)
		rc = query_bind_blob(query, 1, slice_of(name));
	if (rc == RC_OK)
		rc = query_bind_blob(query, 2, (struct slice){ value, size });
	if (rc == RC_OK)
		rc = query_run(query);
	free(value);
	return rc;
}

/* Its size, or -1. */
static inline int64_t fact(struct database *database, const char *name)
{
	SCOPED(query) query = NULL;
	enum rc rc;

	ck_assert_int_eq(query_begin(database, STATEMENT_FACT, &query), RC_OK);
	ck_assert_int_eq(query_bind_blob(query, 1, slice_of(name)), RC_OK);
	rc = query_row(query);
	ck_assert(rc == RC_OK || rc == RC_ABSENT);
	return rc == RC_OK ? (int64_t)query_blob(query, 0).size : -1;
}

static inline void copy(const char *from, const char *suffix)
{
	char name[256], buffer[65536];
	FILE *in, *out;
	size_t size;

	snprintf(name, sizeof(name), "%s%s", from, suffix);
	in = fopen(name, "rb");
	snprintf(name, sizeof(name), "%s%s", path, suffix);
	out = fopen(name, "wb");
	while ((size = fread(buffer, 1, sizeof(buffer), in)) > 0)
		fwrite(buffer, 1, size, out);
	fclose(in);
	fclose(out);
}

/* What kill -9 would leave of the database at path, which is open, becomes the one at path. */
static inline void as_if_killed(void)
{
	char from[128];

	memcpy(from, path, sizeof(from));
	snprintf(path, sizeof(path), "%s/killed", directory);
	copy(from, "");
	copy(from, "-wal");
}
