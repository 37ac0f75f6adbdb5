/* cli/verify.c - `larder verify`: is all that a store says so?
 *
 * Faults and the summary go to standard output, progress to standard error where that is a terminal.
 */
#include "cli/command.h"

#include "terminal/progress.h"
#include "shelf.h"

#include "observe/jsonline.h"
#include "util/readable.h"

#include <inttypes.h>
#include <stdio.h>

#define MOST_LINE ((size_t)1 << 20)

enum { CONFIG, DISK, REPAIR, JSON };

struct telling {
	bool json;
	bool repairs;
	struct progress progress;
};

static void found_json(const struct telling *t, const struct depot_finding *finding)
{
	struct jsonline line;

	jsonline_begin(&line);
	jsonline_text(&line, "fault", slice_of(depot_fault_name(finding->kind)));
	jsonline_text(&line, "about", slice_of(depot_fault_words(finding->kind)));
	jsonline_text(&line, "where", finding->where);
	if (finding->id != 0)
		jsonline_number(&line, "id", finding->id);
	jsonline_text(&line, "detail", slice_of(finding->detail));
	jsonline_truth(&line, "repaired", t->repairs && !finding->is_left);
	jsonline_print(&line, stdout);
}

static void found(void *arg, const struct depot_finding *finding)
{
	struct telling *t = arg;
	struct bytes where;

	progress_clear(&t->progress);
	if (t->json) {
		found_json(t, finding);
		return;
	}
	bytes_init(&where, MOST_LINE);
	readable_append(&where, finding->where);
	if (finding->where.size == 0 && finding->id != 0)
		(void)!bytes_format(&where, "entry %" PRId64, finding->id);
	printf("%-12s  %s%s%s%s%s%s%s\n", depot_fault_name(finding->kind),
		where.size > 0 ? where.data : "", where.size > 0 ? ": " : "",
		depot_fault_words(finding->kind), finding->detail[0] != '\0' ? " (" : "",
		finding->detail, finding->detail[0] != '\0' ? ")" : "",
		!t->repairs        ? ""
		: finding->is_left ? "; left"
				   : "; repaired");
	bytes_done(&where);
}

static void progress(void *arg, const char *stage, uint64_t done, uint64_t total)
{
	struct telling *t = arg;

	progress_show(&t->progress, stage, done, total);
}

static void summary_json(const struct depot_verdict *v, const struct depot *depot)
{
	struct jsonline line;

	jsonline_begin(&line);
	jsonline_number(&line, "entries", (int64_t)v->entries);
	jsonline_number(&line, "inline_bytes", (int64_t)v->inline_bytes);
	jsonline_number(&line, "files", (int64_t)v->files);
	jsonline_number(&line, "file_bytes", (int64_t)v->file_bytes);
	jsonline_number(&line, "used_bytes", (int64_t)v->used_bytes);
	jsonline_number(&line, "size_bytes", (int64_t)depot_bound(depot));
	jsonline_number(&line, "room_bytes", (int64_t)v->room_bytes);
	jsonline_truth(&line, "cramped", depot_is_cramped(depot, v));
	jsonline_number(&line, "faults", (int64_t)v->faults);
	jsonline_number(&line, "left", (int64_t)v->left);
	jsonline_number(&line, "larder", depot_holder(depot));
	jsonline_print(&line, stdout);
}

static void print_size(const char *name, uint64_t bytes)
{
	char text[READABLE_TEXT];

	printf("%-9s %12s\n", name, readable_size(bytes, text));
}

static void summary(const struct depot_verdict *v, const struct depot *depot, bool repairs)
{
	char text[READABLE_TEXT];

	printf("%-9s %12" PRIu64 "  %s in the database\n", "entries", v->entries,
		readable_size(v->inline_bytes, text));
	printf("%-9s %12" PRIu64 "  %s\n", "files", v->files, readable_size(v->file_bytes, text));
	print_size("used", v->used_bytes);
	if (depot_bound(depot) > 0)
		print_size("bound", depot_bound(depot));
	print_size("free", v->room_bytes);
	if (depot_is_cramped(depot, v))
		puts("note: beyond cache.disk.size, or less is free than cache.disk.free_floor");
	if (repairs)
		printf("%-9s %12" PRIu64 "  %" PRIu64 " repaired\n", "faults", v->faults,
			v->faults - v->left);
	else
		printf("%-9s %12" PRIu64 "\n", "faults", v->faults);
	if (v->left > 0 && repairs && depot_holder(depot) != 0)
		puts("note: what is left may need larder to be stopped");
}

static int verify(struct depot *depot, struct telling *t)
{
	const struct depot_listener listener = {
		.found = found,
		.progress = progress,
		.arg = t,
	};
	struct depot_verdict verdict;
	enum rc rc = depot_verify(depot, &listener, &verdict);

	progress_clear(&t->progress);
	if (rc != RC_OK)
		return shelf_failed("verify", depot, rc);
	if (t->json)
		summary_json(&verdict, depot);
	else
		summary(&verdict, depot, t->repairs);
	return verdict.left > 0 ? EXIT_FAILED : EXIT_DONE;
}

static int run(const char *const *values)
{
	const struct shelf_choice choice = { "verify", values[CONFIG], values[DISK] };
	struct telling telling = { .json = values[JSON] != NULL,
		.repairs = values[REPAIR] != NULL };
	SCOPED(depot) depot = NULL;
	int code = shelf_open(&choice, telling.repairs ? DEPOT_REPAIR : DEPOT_VERIFY, &depot);

	if (code == EXIT_DONE)
		code = verify(depot, &telling);
	return shelf_finish("verify", code);
}

const struct command verify_command = {
	.name = "verify",
	.about = "Read all that is stored on the disk and say what is wrong with it.",
	.options = {
		[CONFIG] = { "--config", "FILE", "the configuration: cache.disk" },
		[DISK] = { "--disk", "DIR", "or the store's directory" },
		[REPAIR] = { "--repair", NULL, "remove what is damaged, count anew" },
		[JSON] = { "--json", NULL, "a JSON object a line; the last is the summary" },
	},
	.run = run,
};
