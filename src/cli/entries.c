/* cli/entries.c - `larder entries`: what is stored, one line each; a larder that runs is asked, or its disk is read.
 *
 * Of the disk in the order in which it lies there, printed as it is read; sorted, ids and what they are sorted by are kept
 * (with targets their text too), at most four times --limit of them, and each is read again to be printed.
 */
#include "entries.h"

#include "cli/command.h"

#include "client/client.h"
#include "limit.h"
#include "shelf.h"

#include "observe/jsonline.h"
#include "policy/freshness.h"
#include "proxy/standing.h"
#include "util/clock.h"
#include "util/ranking.h"
#include "util/readable.h"
#include "util/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MOST_LINE ((size_t)1 << 20)

/*	X(id, "as written"): largest, oldest, latest used first; targets from a to z */
#define SORT_TABLE(X)   \
	X(SIZE, "size") \
	X(AGE, "age")   \
	X(USED, "used") \
	X(TARGET, "target")

enum sort {
#define X(id, word) SORT_##id,
	SORT_TABLE(X)
#undef X
		SORT_COUNT
};

struct listing {
	struct depot_filter filter;
	int64_t status;      /* 0: any */
	enum standing state; /* STANDING_COUNT: any */
	enum sort sort;      /* SORT_COUNT: as they lie */
	size_t limit;        /* SIZE_MAX: all */
	bool json;
	bool has_tenants;
	int64_t now_ms;
	size_t printed;
	struct ranking *ranking; /* of what is sorted */
};

static struct slice variant_text(const struct object *object, struct bytes *ret)
{
	HEADERS_EACH(at, &object->variant) {
		if (ret->size > 0)
			(void)!bytes_append_char(ret, ' ');
		readable_append(ret, at->name);
		(void)!bytes_append_char(ret, '=');
		readable_append(ret, at->value);
	}
	return bytes_slice(ret);
}

static void print_json(const struct listing *l, const struct depot_entry *e)
{
	const struct object *o = e->object;
	struct jsonline line;

	jsonline_begin(&line);
	jsonline_hex(&line, "key", e->key.bytes);
	jsonline_number(&line, "id", e->id);
	jsonline_text(&line, "tenant", key_tenant(e->key));
	jsonline_text(&line, "route", e->route);
	jsonline_text(&line, "target", e->target);
	jsonline_number(&line, "status", o->status);
	jsonline_text(&line, "state", slice_of(standing_word(standing_of(e, l->now_ms))));
	jsonline_number(&line, "size", (int64_t)e->body_bytes);
	jsonline_text(&line, "type", headers_get(&o->headers, FIELD_CONTENT_TYPE));
	jsonline_number(&line, "age_ms", freshness_age_ms(&o->freshness, l->now_ms));
	jsonline_number(&line, "ttl_ms", freshness_left_ms(&o->freshness, l->now_ms));
	jsonline_number(&line, "used_ms", e->used_ms);
	jsonline_number(&line, "expires_ms", e->expires_ms);
	jsonline_text(&line, "body", e->in_file ? SLICE("file") : SLICE("inline"));
	jsonline_truth(&line, "gzipped", o->gzipped);
	jsonline_open(&line, "variant", '{');
	HEADERS_EACH(at, &o->variant)
		jsonline_text(&line, at->name.data, at->value);
	jsonline_close(&line, '}');
	jsonline_print(&line, stdout);
}

static void print_heading(const struct listing *l)
{
	printf("%-7s %6s %7s %7s %8s %8s %-6s ", "STATE", "STATUS", "SIZE", "AGE", "TTL", "USED",
		"BODY");
	if (l->has_tenants)
		printf("%-12s ", "TENANT");
	printf("%-24s %s\n", "TYPE", "TARGET");
}

static void print_tenant(const struct depot_entry *e)
{
	struct bytes tenant;

	bytes_init(&tenant, MOST_LINE);
	readable_append(&tenant, key_tenant(e->key));
	printf("%-12s ", tenant.size > 0 ? tenant.data : "-");
	bytes_done(&tenant);
}

static void print_line(const struct listing *l, const struct depot_entry *e)
{
	const struct object *o = e->object;
	char size[READABLE_TEXT], age[READABLE_TEXT], ttl[READABLE_TEXT], used[READABLE_TEXT];
	struct bytes type, target, variant;

	bytes_init(&type, MOST_LINE);
	bytes_init(&target, MOST_LINE);
	bytes_init(&variant, MOST_LINE);
	readable_append(&type, headers_get(&o->headers, FIELD_CONTENT_TYPE));
	readable_append(&target, e->target);
	variant_text(o, &variant);
	printf("%-7s %6d %7s %7s %8s %8s %-6s ", standing_word(standing_of(e, l->now_ms)),
		o->status, readable_size(e->body_bytes, size),
		readable_duration(freshness_age_ms(&o->freshness, l->now_ms), age),
		readable_duration(freshness_left_ms(&o->freshness, l->now_ms), ttl),
		readable_duration(l->now_ms - e->used_ms, used), e->in_file ? "file" : "inline");
	if (l->has_tenants)
		print_tenant(e);
	printf("%-24s %s%s%s%s\n", type.size > 0 ? type.data : "-", target.data,
		variant.size > 0 ? " [" : "", variant.size > 0 ? variant.data : "",
		variant.size > 0 ? "]" : "");
	bytes_done(&type);
	bytes_done(&target);
	bytes_done(&variant);
}

static bool print_entry(void *arg, const struct depot_entry *entry)
{
	struct listing *l = arg;

	if (l->json)
		print_json(l, entry);
	else
		print_line(l, entry);
	return ++l->printed < l->limit && !ferror(stdout);
}

static bool is_wanted(const struct listing *l, const struct depot_entry *entry)
{
	return (l->status == 0 || entry->object->status == l->status) &&
	       (l->state == STANDING_COUNT || standing_of(entry, l->now_ms) == l->state);
}

static bool show(void *arg, const struct depot_entry *entry)
{
	return !is_wanted(arg, entry) || print_entry(arg, entry);
}

/* ---- sorted ---- */

static int64_t rank_of(const struct listing *l, const struct depot_entry *entry)
{
	switch (l->sort) {
	case SORT_SIZE:
		return (int64_t)entry->body_bytes;
	case SORT_AGE:
		return freshness_age_ms(&entry->object->freshness, l->now_ms);
	case SORT_USED:
		return entry->used_ms;
	case SORT_TARGET:
	case SORT_COUNT:
	default:
		return 0;
	}
}

static bool collect(void *arg, const struct depot_entry *entry)
{
	struct listing *l = arg;
	struct ranking_place place;

	if (!is_wanted(l, entry))
		return true;
	place = (struct ranking_place){
		.text = l->sort == SORT_TARGET ? entry->target : SLICE(""),
		.rank = rank_of(l, entry),
		.id = entry->id,
	};
	if (ranking_wants(l->ranking, &place))
		ranking_add(l->ranking, &place, NULL);
	return true;
}

static enum rc list_sorted(struct depot *depot, struct listing *l)
{
	SCOPED(ranking) ranking = ranking_new(l->limit, NULL, NULL);
	enum rc rc;

	l->ranking = ranking;
	rc = depot_list(depot, &l->filter, collect, l);
	ranking_finish(ranking);
	for (size_t i = 0; i < ranking->count && rc == RC_OK; i++) {
		rc = depot_show(depot, ranking->members[i].place.id, print_entry, l);
		if (rc == RC_ABSENT || rc == RC_CORRUPT)
			rc = RC_OK; /* it went meanwhile */
	}
	return rc;
}

/* ---- what was asked for ---- */

static enum sort parse_sort(const char *word)
{
	static const char *const words[] = {
#define X(id, word) [SORT_##id] = (word),
		SORT_TABLE(X)
#undef X
	};
	unsigned i = 0;

	while (i < SORT_COUNT && strcmp(words[i], word) != 0)
		i++;
	return (enum sort)i;
}

/* What is asked of either. */
static int parse(const char *const *values, struct listing *l)
{
	const char *status = values[ENTRIES_STATUS];

	if (status != NULL && (units_parse_count(slice_of(status), &l->status) != RC_OK ||
				      l->status < 100 || l->status > 999)) {
		fprintf(stderr, "larder entries: --status %s: a status code is expected\n", status);
		return EXIT_USAGE;
	}
	if (values[ENTRIES_STATE] != NULL)
		l->state = standing_parse(values[ENTRIES_STATE]);
	if (values[ENTRIES_SORT] != NULL)
		l->sort = parse_sort(values[ENTRIES_SORT]);
	l->filter.route = slice_of(values[ENTRIES_ROUTE]);
	l->filter.prefix = slice_of(values[ENTRIES_PREFIX]);
	l->filter.tag = slice_of(values[ENTRIES_TAG]);
	l->json = values[API_JSON] != NULL;
	return limit_take("entries", values[ENTRIES_LIMIT], &l->limit);
}

static int list(struct depot *depot, struct listing *l)
{
	enum rc rc;

	l->has_tenants = depot_has_tenants(depot);
	if (!l->json)
		print_heading(l);
	rc = l->sort == SORT_COUNT ? depot_list(depot, &l->filter, show, l) : list_sorted(depot, l);
	return rc == RC_OK ? EXIT_DONE : shelf_failed("entries", depot, rc);
}

static int list_disk(const char *const *values, struct listing *l)
{
	const struct shelf_choice choice = { "entries", values[API_CONFIG], values[ENTRIES_DISK] };
	SCOPED(depot) depot = NULL;
	int code;

	if (values[ENTRIES_TIER] != NULL || values[ENTRIES_TENANT] != NULL ||
		(values[ENTRIES_SORT] != NULL && l->sort == SORT_COUNT)) {
		fputs("larder entries: --tier, --tenant and --sort hits are known to a larder that "
		      "runs, not to its disk\n",
			stderr);
		return EXIT_USAGE;
	}
	code = shelf_open(&choice, DEPOT_LOOK, &depot);
	return code == EXIT_DONE ? list(depot, l) : code;
}

static int run(const char *const *values)
{
	struct listing listing = { .state = STANDING_COUNT,
		.sort = SORT_COUNT,
		.limit = SIZE_MAX / 2,
		.now_ms = clock_wall_ms() };
	int code = parse(values, &listing);
	bool away = false;

	if (code != EXIT_DONE)
		return code;
	if (values[ENTRIES_DISK] == NULL && client_has_place(values)) {
		code = entries_ask(values, &away);
		if (!client_may_look(values, away, "entries"))
			return shelf_finish("entries", code);
	}
	return shelf_finish("entries", list_disk(values, &listing));
}

const struct command entries_command = {
	.name = "entries",
	.about = "List what is stored.",
	.details = "A larder that runs is asked. With --disk its store is read, whether it runs or not; so it is with --config\n"
		   "where nobody answers at its admin.listen, or there is none.",
	.options = {
		API_PLACE_OPTIONS,
		[API_JSON] = { "--json", NULL, "a JSON object a line", .is_common = true },
		[ENTRIES_DISK] = { "--disk", "DIR", "what lies in this directory of a store instead" },
		[ENTRIES_ROUTE] = { "--route", "PATH", "of this route only" },
		[ENTRIES_PREFIX] = { "--prefix", "TARGET", "whose target begins so" },
		[ENTRIES_TAG] = { "--tag", "TAG", "with this tag" },
		[ENTRIES_STATUS] = { "--status", "N", "with this status" },
		[ENTRIES_STATE] = { "--state", "STATE", "in this state", .choices = "fresh stale expired purged" },
		[ENTRIES_TIER] = { "--tier", "TIER", "in this tier", .choices = "memory disk" },
		[ENTRIES_TENANT] = { "--tenant", "NAME", "of this tenant" },
		[ENTRIES_SORT] = { "--sort", "BY", "largest, most, oldest, latest used first, or by name", .choices = "size hits age used target" },
		[ENTRIES_LIMIT] = { "--limit", "N", "at most so many; a larder's: else 100, with --json all" },
	},
	.run = run,
};
