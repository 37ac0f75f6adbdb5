/* cli/purge/purge.c - `larder purge`: what is stored goes, or has to be validated; wide purges are confirmed.
 *
 * How many entries a wide purge concerns is asked first, by a dry run; what is stored meanwhile is purged, too.
 * Threads: one.
 */
#include "purge.h"

#include "terminal/confirm.h"
#include "shelf.h"
#include "client/view.h"

#include <inttypes.h>
#include <string.h>

#define MANY 1000 /* entries of a prefix or glob that nobody is asked about */

enum { ROUTE = API_OPTION_COUNT, TENANT, SOFT, DRY_RUN, AT, EVERY, LINES, YES, SCOPE, VALUE };

static const struct view_row rows[] = {
	{ "SCOPE", "scope", VIEW_TEXT, false },
	{ "VALUE", "value", VIEW_TEXT, true },
	{ "MODE", "mode", VIEW_TEXT, false },
	{ "MEMORY", "entries.memory", VIEW_COUNT, false },
	{ "DISK", "entries.disk", VIEW_COUNT, false },
	{ "DURABLE", "durable", VIEW_TEXT, false },
	{ "TOOK", "took_ms", VIEW_MS, false },
	{ "ID", "id", VIEW_TEXT, false },
};

static const struct view_row scheduled_rows[] = {
	{ "SCOPE", "scope", VIEW_TEXT, false },
	{ "VALUE", "value", VIEW_TEXT, true },
	{ "NEXT", "next_at", VIEW_TEXT, false },
	{ "EVERY", "every", VIEW_TEXT, false },
	{ "ID", "id", VIEW_TEXT, false },
};

/* ---- confirmation ---- */

enum width { NARROW, WIDE_IF_MANY, WIDE };

static enum width width_of(const char *scope)
{
	static const struct {
		const char *scope;
		enum width width;
	} widths[] = {
		{ "all", WIDE },
		{ "route", WIDE },
		{ "tenant", WIDE },
		{ "older_than", WIDE },
		{ "prefix", WIDE_IF_MANY },
		{ "glob", WIDE_IF_MANY },
	};

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		if (strcmp(widths[i].scope, scope) == 0)
			return widths[i].width;
	}
	return NARROW;
}

static int count_entries(struct client *client, const struct purge_order *order, int64_t *ret)
{
	json_t *results = json_array();
	int code = purge_send(client, order, true, results);

	*ret = purge_sum(results);
	json_decref(results);
	return code;
}

static int ask(struct client *client, const struct purge_order *order)
{
	enum width width = width_of(order->scope);
	char question[256];
	int64_t entries;
	int code;

	if (width == NARROW)
		return EXIT_DONE;
	code = count_entries(client, order, &entries);
	if (code != EXIT_DONE || (width == WIDE_IF_MANY && entries <= MANY))
		return code;
	snprintf(question, sizeof(question), "%" PRId64 " %s (%s)%s will %s. Go on?", entries,
		entries == 1 ? "entry" : "entries", order->scope,
		order->at != NULL || order->every != NULL ? ", as of now," : "",
		strcmp(order->mode, "soft") == 0 ? "be stale" : "be gone");
	return confirm("purge", question);
}

/* ---- the purge ---- */

/* Each with what it was about, which an answer needn't say. */
static void print(const struct purge_order *order, json_t *results)
{
	bool is_scheduled = order->at != NULL || order->every != NULL;
	size_t i;
	json_t *result;

	if (order->values[API_JSON] != NULL) {
		json_dumpf(
			json_array_size(order->items) == 1 ? json_array_get(results, 0) : results,
			stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	json_array_foreach(results, i, result)
		json_object_update_missing(result, json_array_get(order->items, i));
	view_print(is_scheduled ? &VIEW(scheduled_rows) : &VIEW(rows), results, stdout);
}

static int purge(struct client *client, const struct purge_order *order)
{
	bool dry_run = order->values[DRY_RUN] != NULL;
	json_t *results;
	int code = dry_run || order->values[YES] != NULL ? EXIT_DONE : ask(client, order);

	if (code != EXIT_DONE)
		return code;
	results = json_array();
	code = purge_send(client, order, dry_run, results);
	if (json_array_size(results) > 0)
		print(order, results);
	json_decref(results);
	return code;
}

static int run(const char *const *values)
{
	struct purge_order order = {
		.values = values,
		.scope = values[SCOPE],
		.route = values[ROUTE],
		.tenant = values[TENANT],
		.mode = values[SOFT] != NULL ? "soft" : "hard",
		.at = values[AT],
		.every = values[EVERY],
	};
	struct client *client = NULL;
	int code = purge_collect(&order, values[VALUE], values[LINES]);

	if (code == EXIT_DONE)
		code = client_open("purge", values, &client);
	if (code == EXIT_DONE)
		code = purge(client, &order);
	client_close(client);
	purge_order_done(&order);
	return shelf_finish("purge", code);
}

const struct command purge_command = {
	.name = "purge",
	.about = "Purge what is stored, by URL, tag, prefix and so on: for good once it is answered.",
	.details = "all, route, tenant and older_than are confirmed first, and so are prefixes and globs of more than 1000 entries.\n"
		   "Where nobody can be asked, --yes is expected.",
	.options = {
		API_OPTIONS,
		[ROUTE] = { "--route", "PATH", "values are below this route; else whole paths" },
		[TENANT] = { "--tenant", "NAME", "only what is this tenant's" },
		[SOFT] = { "--soft", NULL, "it stays, stale: to be validated before it is used again" },
		[DRY_RUN] = { "--dry-run", NULL, "change nothing, count what it would be" },
		[AT] = { "--at", "MOMENT", "not now but then: 2026-11-21T04:00:00Z" },
		[EVERY] = { "--every", "DURATION", "and again and again: 24h" },
		[LINES] = { "--file", "FILE", "a value a line; - reads standard input" },
		[YES] = { "--yes", NULL, "don't ask" },
		[SCOPE] = { "SCOPE", NULL, "what is purged", .choices = "url key prefix glob tag route tenant older_than negative stale all" },
		[VALUE] = { "VALUE", NULL, "which: /path?query, tag, 1h; not for negative, stale and all", .optional = true, .repeats = true },
	},
	.run = run,
};
