/* cli/entries_server.c - `larder entries` of a larder that runs: memory and disk, as it tells them. entries.h. */
#include "entries.h"

#include "limit.h"
#include "client/pages.h"

#include "util/units.h"

#include <stdlib.h>

#define MOST_PATH ((size_t)1 << 20)

static const struct view_row rows[] = {
	{ "STATE", "state", VIEW_STATE, false },
	{ "TIER", "tier", VIEW_TEXT, false },
	{ "STATUS", "status", VIEW_COUNT, false },
	{ "SIZE", "size", VIEW_SIZE, false },
	{ "AGE", "age_ms", VIEW_MS, false },
	{ "TTL", "ttl_ms", VIEW_MS, false },
	{ "HITS", "hits", VIEW_COUNT, false },
	{ "ID", "id", VIEW_TEXT, false },
	{ "TENANT", "tenant", VIEW_RARE, false },
	{ "TYPE", "type", VIEW_TEXT, true },
	{ "TARGET", "target", VIEW_TEXT, true },
	{ "VARIANT", "variant", VIEW_LIST, true },
};

/* Statuses are no filter of the API's. */
static bool has_status(const void *arg, const json_t *item)
{
	return view_number(item, "status") == *(const int64_t *)arg;
}

static void write_path(const char *const *values, struct bytes *path)
{
	static const struct {
		int option;
		const char *parameter;
	} filters[] = {
		{ ENTRIES_ROUTE, "route" },
		{ ENTRIES_PREFIX, "prefix" },
		{ ENTRIES_TAG, "tag" },
		{ ENTRIES_STATE, "state" },
		{ ENTRIES_TIER, "tier" },
		{ ENTRIES_TENANT, "tenant" },
		{ ENTRIES_SORT, "sort" },
	};

	(void)!bytes_append_slice(path, SLICE("/entries"));
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		client_query(path, filters[i].parameter, values[filters[i].option]);
}

int entries_ask(const char *const *values, bool *ret_away)
{
	struct pages pages = { .values = values, .view = &VIEW(rows) };
	struct client *client;
	int64_t status = 0;
	struct bytes path;
	int code = limit_take("entries", values[ENTRIES_LIMIT], &pages.limit);

	if (code == EXIT_DONE)
		code = client_open("entries", values, &client);
	if (code != EXIT_DONE)
		return code;
	bytes_init(&path, MOST_PATH);
	write_path(values, &path);
	pages.path = path.data;
	if (values[ENTRIES_STATUS] != NULL &&
		units_parse_count(slice_of(values[ENTRIES_STATUS]), &status) == RC_OK)
		pages.wanted = has_status;
	pages.arg = &status;
	code = pages_print(client, &pages);
	*ret_away = client_is_away(client);
	client_close(client);
	bytes_done(&path);
	return code;
}
