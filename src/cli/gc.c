/* cli/gc.c - `larder gc`: what is of no use goes, and the space it took comes back. Progress goes to standard error
 * where that is a terminal. */
#include "cli/command.h"

#include "terminal/progress.h"
#include "shelf.h"

#include "observe/jsonline.h"
#include "util/readable.h"

#include <inttypes.h>
#include <stdio.h>

enum { CONFIG, DISK, DRY_RUN, JSON };

/* What struct depot_swept says: members, and words for them. */
static const struct {
	const char *name;
	const char *about;
	size_t at;
} amounts[] = {
	{ "expired", "entries that are of no use any more", offsetof(struct depot_swept, expired) },
	{ "evicted", "entries used longest ago, for room", offsetof(struct depot_swept, evicted) },
	{ "unreferenced", "files whose last entry went",
		offsetof(struct depot_swept, unreferenced) },
	{ "orphans", "files that no entry ever had", offsetof(struct depot_swept, orphans) },
	{ "strays", "files that are none of larder's", offsetof(struct depot_swept, strays) },
	{ "temporary", "files that a crash left in tmp/", offsetof(struct depot_swept, temporary) },
	{ "aside", "corrupt databases of more than a week ago",
		offsetof(struct depot_swept, aside) },
};
#define AMOUNTS (sizeof(amounts) / sizeof(amounts[0]))

static const struct depot_amount *amount_of(const struct depot_swept *swept, size_t i)
{
	return (const struct depot_amount *)((const char *)swept + amounts[i].at);
}

static void print_json(const struct depot_swept *swept, bool dry_run, bool bounded)
{
	struct jsonline line;

	jsonline_begin(&line);
	for (size_t i = 0; i < AMOUNTS; i++) {
		jsonline_open(&line, amounts[i].name, '{');
		jsonline_number(&line, "count", (int64_t)amount_of(swept, i)->count);
		jsonline_number(&line, "bytes", (int64_t)amount_of(swept, i)->bytes);
		jsonline_close(&line, '}');
	}
	jsonline_number(&line, "database_bytes", (int64_t)swept->database_bytes);
	jsonline_number(&line, "freed_bytes", (int64_t)swept->freed_bytes);
	jsonline_truth(&line, "bounded", bounded);
	jsonline_truth(&line, "dry_run", dry_run);
	jsonline_print(&line, stdout);
}

static void print(const struct depot_swept *swept, bool dry_run, bool bounded)
{
	char text[READABLE_TEXT];

	for (size_t i = 0; i < AMOUNTS; i++) {
		const struct depot_amount *amount = amount_of(swept, i);

		printf("%-12s %10" PRIu64 " %9s  %s\n", amounts[i].name, amount->count,
			readable_size(amount->bytes, text), amounts[i].about);
	}
	printf("%-12s %10s %9s  pages of the database\n", "database", "",
		readable_size(swept->database_bytes, text));
	printf("%-12s %10s %9s  %s\n", "freed", "", readable_size(swept->freed_bytes, text),
		dry_run ? "would come back" : "came back");
	if (!bounded)
		puts("note: without --config the bound is not known, and nothing is evicted for "
		     "room");
}

static void show_progress(void *arg, const char *stage, uint64_t done, uint64_t total)
{
	progress_show(arg, stage, done, total);
}

static int sweep(struct depot *depot, const char *const *values)
{
	bool dry_run = values[DRY_RUN] != NULL, bounded = depot_bound(depot) > 0;
	struct progress progress = { 0 };
	struct depot_swept swept;
	enum rc rc = depot_sweep(
		depot, &(struct depot_sweeping){ dry_run, show_progress, &progress }, &swept);

	progress_clear(&progress);
	if (rc != RC_OK)
		return shelf_failed("gc", depot, rc);
	if (values[JSON] != NULL)
		print_json(&swept, dry_run, bounded);
	else
		print(&swept, dry_run, bounded);
	return EXIT_DONE;
}

static int run(const char *const *values)
{
	const struct shelf_choice choice = { "gc", values[CONFIG], values[DISK] };
	SCOPED(depot) depot = NULL;
	int code = shelf_open(&choice, values[DRY_RUN] != NULL ? DEPOT_LOOK : DEPOT_CHANGE, &depot);

	if (code == EXIT_DONE)
		code = sweep(depot, values);
	return shelf_finish("gc", code);
}

const struct command gc_command = {
	.name = "gc",
	.about = "Remove from the disk what is of no use any more.",
	.options = {
		[CONFIG] = { "--config", "FILE", "the configuration: cache.disk" },
		[DISK] = { "--disk", "DIR", "or the store's directory; its bound is not known then" },
		[DRY_RUN] = { "--dry-run", NULL, "change nothing, say what would go" },
		[JSON] = { "--json", NULL, "a JSON object" },
	},
	.run = run,
};
