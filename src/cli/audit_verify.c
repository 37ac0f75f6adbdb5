/* cli/audit_verify.c - `larder audit verify`: was a line of the audit log changed, taken out or put in?
 *
 * Reads files only; works beside a server that is writing. The first line that is bad is told, since all behind
 * it prove nothing.
 */
#include "cli/command.h"

#include "observe/audit_chain.h"
#include "observe/jsonline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES, EXPECT, JSON };

struct reading {
	struct chain_check check;
	const char *fault; /* NULL: none so far */
	char *fault_file;  /* of the list of names */
	uint64_t fault_line;
	size_t unfinished;  /* bytes of a last line without an end */
	const char *wanted; /* a hash; NULL: none */
	bool expected;      /* it was met */
};

static void note_fault(struct reading *reading, const char *fault, char *file, uint64_t line)
{
	reading->fault = fault;
	reading->fault_file = file;
	reading->fault_line = line;
}

/* false: there is no need to read on. */
static bool take_line(struct reading *reading, struct slice line, char *file, uint64_t number)
{
	uint64_t back;
	const char *fault = chain_check_line(&reading->check, line, &back);

	if (fault != NULL) {
		note_fault(reading, fault, file, number - back);
		return false;
	}
	if (reading->wanted != NULL && strcmp(reading->wanted, reading->check.chain.last) == 0)
		reading->expected = true;
	return true;
}

/* What it ends with without a line feed is being written, or was torn: the next line will tell. */
static void read_lines(struct reading *reading, FILE *from, char *file)
{
	char *line = NULL;
	size_t capacity = 0;
	uint64_t number = 0, back;
	ssize_t got;

	chain_check_file(&reading->check);
	reading->unfinished = 0;
	while (reading->fault == NULL && (got = getline(&line, &capacity, from)) > 0) {
		if (line[got - 1] != '\n') {
			reading->unfinished = (size_t)got;
			break;
		}
		if (!take_line(reading, (struct slice){ line, (size_t)got - 1 }, file, ++number))
			break;
	}
	free(line);
	if (reading->fault == NULL && chain_check_end(&reading->check, &back) != NULL)
		note_fault(
			reading, chain_check_end(&reading->check, &back), file, number + 1 - back);
}

/* The hash that is asked for: so are the lines behind it. */
static bool is_missing(const struct reading *reading)
{
	return reading->wanted != NULL && !reading->expected;
}

/* ---- what is said ---- */

static void say_json(const struct reading *reading)
{
	const struct chain_check *check = &reading->check;
	struct jsonline line;

	jsonline_begin(&line);
	jsonline_truth(&line, "whole", reading->fault == NULL);
	jsonline_number(&line, "lines", (int64_t)check->lines);
	jsonline_number(&line, "first_seq", (int64_t)check->first_seq);
	jsonline_number(&line, "last_seq", (int64_t)check->chain.seq);
	jsonline_text(&line, "last_hash", slice_of(check->chain.last));
	jsonline_number(&line, "torn", (int64_t)check->torn);
	jsonline_number(&line, "unfinished_bytes", (int64_t)reading->unfinished);
	if (reading->fault != NULL) {
		jsonline_text(&line, "file", slice_of(reading->fault_file));
		jsonline_number(&line, "line", (int64_t)reading->fault_line);
		jsonline_text(&line, "fault", slice_of(reading->fault));
	}
	if (reading->wanted != NULL)
		jsonline_truth(&line, "expected_found", reading->expected);
	jsonline_print(&line, stdout);
}

static void say(const struct reading *reading)
{
	const struct chain_check *check = &reading->check;

	if (reading->fault != NULL)
		printf("%s:%" PRIu64 ": %s\n", reading->fault_file, reading->fault_line,
			reading->fault);
	printf("%" PRIu64 " lines hang together", check->lines);
	if (check->lines > 0)
		printf(", %" PRIu64 " to %" PRIu64 "; the last hash is\n%s", check->first_seq,
			check->chain.seq, check->chain.last);
	putchar('\n');
	if (is_missing(reading))
		printf("%s is none of theirs: lines are missing\n", reading->wanted);
	if (check->torn > 0)
		printf("broken off, as lines behind tell: %" PRIu64 "\n", check->torn);
	if (reading->unfinished > 0)
		printf("%zu bytes of a line at the end: it is being written, or was broken off\n",
			reading->unfinished);
}

/* Names have line feeds between them. false: one can't be read. */
static bool read_files(struct reading *reading, char *names)
{
	char *rest = names, *name;

	while (reading->fault == NULL && (name = strsep(&rest, "\n")) != NULL) {
		FILE *from = fopen(name, "re");
		bool bad;

		if (from == NULL) {
			fprintf(stderr, "larder audit verify: %s: %s\n", name, strerror(errno));
			return false;
		}
		read_lines(reading, from, name);
		bad = ferror(from) != 0;
		fclose(from);
		if (bad) {
			fprintf(stderr, "larder audit verify: %s: it can't be read\n", name);
			return false;
		}
	}
	return true;
}

static int run(const char *const *values)
{
	struct reading reading = { .wanted = values[EXPECT] };
	char *names = strdup(values[FILES]);
	int code = EXIT_USAGE;

	if (names == NULL)
		return EXIT_FAILED;
	chain_check_init(&reading.check);
	if (read_files(&reading, names)) {
		(values[JSON] != NULL ? say_json : say)(&reading);
		code = reading.fault == NULL && !is_missing(&reading) ? EXIT_DONE : EXIT_FAILED;
	}
	free(names);
	return fflush(stdout) == 0 ? code : EXIT_FAILED;
}

const struct command audit_verify_command = {
	.name = "audit verify",
	.about = "Say whether an audit log is whole, or which line is the first that isn't.",
	.details = "Files that were rotated are given in the order in which they were written. Lines that are missing at the "
		   "end can't be seen from the files alone: keep the last hash elsewhere, and give it with --expect.",
	.options = {
		[FILES] = { "FILE", NULL, "the files, the oldest first", .repeats = true },
		[EXPECT] = { "--expect", "HASH", "a hash that must be among them" },
		[JSON] = { "--json", NULL, "one line of JSON" },
	},
	.run = run,
};
