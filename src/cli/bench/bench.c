/* cli/bench/bench.c - `larder bench`: what each tier takes on this machine, and what larder saves before an origin. */
#include "bench.h"

#include "cli/command.h"

#include "util/slice.h"
#include "util/units.h"

#include <stdio.h>
#include <stdlib.h>

#define ENTRIES       1000
#define MOST_ENTRIES  1000000
#define SIZE          4096
#define MOST_SIZE     ((int64_t)64 << 20)
#define SECONDS       10
#define MOST_SECONDS  3600
#define REQUESTS      10
#define MOST_REQUESTS 100

enum { DISK, COUNT, BYTES, LONGEST, UPSTREAM, PROXY, ASKS, JSON };

/* From 1 to most. */
static bool take_number(const char *text, int64_t most, int64_t *number)
{
	int64_t found;

	if (text == NULL)
		return true;
	if (units_parse_count(slice_of(text), &found) != RC_OK || found < 1 || found > most)
		return false;
	*number = found;
	return true;
}

static int usage(const char *option, const char *expected)
{
	fprintf(stderr, "larder bench: %s: %s is expected\n", option, expected);
	return EXIT_USAGE;
}

static const char *temporary(void)
{
	const char *path = getenv("TMPDIR");

	return path != NULL && path[0] == '/' ? path : "/tmp";
}

static int parse(const char *const *values, struct bench *bench)
{
	int64_t entries = ENTRIES, size = SIZE, seconds = SECONDS, requests = REQUESTS;

	if (!take_number(values[COUNT], MOST_ENTRIES, &entries))
		return usage("--entries", "a number from 1 to 1000000");
	if (values[BYTES] != NULL && (units_parse_size(slice_of(values[BYTES]), &size) != RC_OK ||
					     size < 1 || size > MOST_SIZE))
		return usage("--size", "a size up to 64MiB");
	if (!take_number(values[LONGEST], MOST_SECONDS, &seconds))
		return usage("--seconds", "a number from 1 to 3600");
	if (!take_number(values[ASKS], MOST_REQUESTS, &requests))
		return usage("--requests", "a number from 1 to 100");
	bench->directory = values[DISK] != NULL ? values[DISK] : temporary();
	bench->entries = (size_t)entries;
	bench->size = (size_t)size;
	bench->measure_ms = seconds * 1000;
	bench->requests = (size_t)requests;
	bench->origin = values[UPSTREAM];
	bench->proxy = values[PROXY];
	return EXIT_DONE;
}

static int measure(struct bench *bench)
{
	enum rc rc = bench_tiers(bench);

	if (rc == RC_OK && (bench->origin != NULL || bench->proxy != NULL))
		rc = bench_origin(bench);
	if (rc == RC_INVALID)
		return usage("--upstream, --proxy", "a URL of http or https");
	if (rc != RC_OK)
		fprintf(stderr, "larder bench: %s\n", rc_text(rc));
	return rc == RC_OK ? EXIT_DONE : EXIT_FAILED;
}

static int run(const char *const *values)
{
	struct bench bench = { 0 };
	int code = parse(values, &bench);

	if (code == EXIT_DONE)
		code = measure(&bench);
	if (code == EXIT_DONE && values[JSON] != NULL)
		bench_print_json(&bench);
	else if (code == EXIT_DONE)
		bench_print(&bench);
	bench_done(&bench);
	return fflush(stdout) == 0 ? code : EXIT_FAILED;
}

const struct command bench_command = {
	.name = "bench",
	.about = "Measure the tiers on this machine, and an origin with and without larder.",
	.options = {
		[DISK] = { "--disk", "DIR", "where a store is made and removed again; /tmp" },
		[COUNT] = { "--entries", "N", "responses to be stored; 1000" },
		[BYTES] = { "--size", "BYTES", "of a body; 4KiB" },
		[LONGEST] = { "--seconds", "S", "for one series at most; 10" },
		[UPSTREAM] = { "--upstream", "URL", "also time GET requests to this origin" },
		[PROXY] = { "--proxy", "URL", "and the same resource through a larder" },
		[ASKS] = { "--requests", "N", "of each kind; 10, at most 100" },
		[JSON] = { "--json", NULL, "a JSON object" },
	},
	.run = run,
};
