/* audit_fixture.h - an audit log in a directory of its own, written, bent by hand, and checked.
 *
 * Threads: the test's. Ownership: audit_set_up() makes the directory, audit_tear_down() removes it.
 */
#pragma once

#include "audit/audit.h"

#include "observe/audit_chain.h"
#include "util/alloc.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static char path[96], moved[96];

static inline void audit_set_up(void)
{
	snprintf(directory, sizeof(directory), "/tmp/larder-audit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/audit", directory);
	snprintf(moved, sizeof(moved), "%s/audit.1", directory);
}

static inline void audit_tear_down(void)
{
	unlink(path);
	unlink(moved);
	rmdir(directory);
}

static inline struct audit *opened(void)
{
	struct audit *audit = NULL;
	struct bytes fault;

	bytes_init(&fault, 4096);
	ck_assert_msg(audit_open(path, &audit, &fault) == RC_OK, "%s", fault.data);
	bytes_done(&fault);
	return audit;
}

static inline enum rc reopened(struct audit *audit, const char *at)
{
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, 4096);
	rc = audit_reopen(audit, at, &fault);
	ck_assert((fault.size > 0) == (rc != RC_OK));
	bytes_done(&fault);
	return rc;
}

/* count lines, each after a reservation. */
static inline void write_lines(struct audit *audit, int count)
{
	for (int i = 0; i < count; i++) {
		json_t *line = json_pack("{s:s, s:{s:i}}", "who", "ops", "told", "number", i);

		ck_assert_int_eq(audit_reserve(audit), RC_OK);
		ck_assert_int_eq(audit_write(audit, line, AUDIT_RESERVED), RC_OK);
		json_decref(line);
	}
}

/* free() it. */
static inline char *contents(const char *at)
{
	FILE *file = fopen(at, "r");
	char *text = xalloc(1 << 20);

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_lt(fread(text, 1, (1 << 20) - 1, file), (1 << 20) - 1);
	fclose(file);
	return text;
}

static inline void put(const char *at, const char *text, size_t size)
{
	int fd = open(at, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert(fd >= 0 && write(fd, text, size) == (ssize_t)size);
	close(fd);
}

static inline void append(const char *at, const char *text)
{
	int fd = open(at, O_WRONLY | O_APPEND);

	ck_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* The number of the first bad line of a text (1 the first), 0: there is none. */
static inline uint64_t first_bad(struct chain_check *check, const char *text)
{
	struct slice rest = slice_of(text);
	uint64_t number = 0, back;

	chain_check_file(check);
	while (rest.size > 0) {
		number++;
		if (chain_check_line(check, slice_cut(&rest, '\n'), &back) != NULL)
			return number - back;
	}
	return chain_check_end(check, &back) != NULL ? number + 1 - back : 0;
}

static inline uint64_t first_bad_of(const char *text)
{
	struct chain_check check;

	chain_check_init(&check);
	return first_bad(&check, text);
}

/* Of the file: it is whole, and has so many lines. */
static inline void check_whole(const char *at, uint64_t lines)
{
	struct chain_check check;
	char *text = contents(at);
	uint64_t bad;

	chain_check_init(&check);
	bad = first_bad(&check, text);
	ck_assert_msg(bad == 0, "line %d:\n%s", (int)bad, text);
	ck_assert_uint_eq(check.lines, lines);
	free(text);
}
