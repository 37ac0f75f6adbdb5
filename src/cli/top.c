/* cli/top.c - `larder top`: what a larder does now, and its hot, missed or slow targets, again and again as top(1).
 *
 * On a terminal it is drawn anew, keys choose; elsewhere, and with --once, it is written once. While a larder doesn't
 * answer, that stands in the place of its numbers.
 *
 * Threads: one. Ownership: see struct top.
 */
#include "client/client.h"
#include "limit.h"
#include "terminal/screen.h"
#include "shelf.h"
#include "terminal/terminal.h"
#include "client/view.h"

#include "util/clock.h"
#include "util/readable.h"
#include "util/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define USUAL_MS    2000
#define LEAST_MS    100
#define USUAL_LIMIT 20
#define MOST_LIMIT  1000
#define MOST_PATH   1024
#define MOST_FRAME  ((size_t)4 << 20)
#define HEAD_LINES  6 /* above the table */

enum { INTERVAL = API_OPTION_COUNT, BY, LIMIT, ONCE };

static const struct view_row rows[] = {
	{ "COUNT", "count", VIEW_COUNT, false },
	{ "+-", "error", VIEW_COUNT, false },
	{ "P99", "p99_ms", VIEW_MS, false },
	{ "ROUTE", "route", VIEW_TEXT, true },
	{ "TENANT", "tenant", VIEW_TEXT, true },
	{ "TARGET", "target", VIEW_TEXT, true },
};

struct top {
	struct client *client;
	const char *by;
	size_t limit;
	int64_t interval_ms;
	json_t *stats;  /* as they were at stats_ms; NULL: not yet */
	json_t *before; /* the ones before them; NULL */
	json_t *targets;
	int64_t stats_ms; /* monotonic */
	int64_t before_ms;
	struct bytes fault; /* why there are no newer numbers */
};

/* ---- asking ---- */

static int ask_targets(struct top *top, json_t **ret)
{
	char path[MOST_PATH];

	snprintf(path, sizeof(path), "/top?by=%s&limit=%zu", top->by, top->limit);
	return client_get(top->client, path, ret);
}

static int ask(struct top *top)
{
	json_t *stats = NULL, *targets = NULL;
	int code = client_get(top->client, "/stats", &stats);

	if (code == EXIT_DONE)
		code = ask_targets(top, &targets);
	if (code != EXIT_DONE) {
		json_decref(stats);
		return code;
	}
	json_decref(top->before);
	json_decref(top->targets);
	top->before = top->stats;
	top->before_ms = top->stats_ms;
	top->stats = stats;
	top->targets = targets;
	top->stats_ms = clock_monotonic_ms();
	return EXIT_DONE;
}

/* What would be told on standard error is shown in the frame. */
static void ask_and_keep_fault(struct top *top)
{
	char *words = NULL;
	size_t size = 0;
	FILE *told = open_memstream(&words, &size);

	bytes_clear(&top->fault);
	if (told == NULL)
		return;
	client_tell_to(top->client, told);
	ask(top);
	client_tell_to(top->client, stderr);
	fclose(told);
	(void)!bytes_append(&top->fault, words, strcspn(words, "\n"));
	free(words);
}

/* ---- the frame ---- */

static double per_second(const struct top *top, const char *member)
{
	int64_t ms = top->stats_ms - top->before_ms;
	int64_t more = view_number(top->stats, member) - view_number(top->before, member);

	return ms > 0 && more > 0 ? 1000.0 * (double)more / (double)ms : 0;
}

static void write_member(
	const struct top *top, enum view_kind kind, const char *member, struct bytes *to)
{
	view_value(kind, view_member(top->stats, member), to);
}

static void write_requests(const struct top *top, struct bytes *to)
{
	write_member(top, VIEW_COUNT, "requests", to);
	(void)!bytes_append_slice(to, SLICE(" requests"));
	if (top->before != NULL)
		(void)!bytes_format(to, ", %.1f/s", per_second(top, "requests"));
	(void)!bytes_append_slice(to, SLICE("; hit rate "));
	write_member(top, VIEW_SHARE, "hit_rate", to);
	if (top->before != NULL && per_second(top, "requests") > 0)
		(void)!bytes_format(to, ", now %.1f%%",
			100 * per_second(top, "hits") / per_second(top, "requests"));
	(void)!bytes_append_slice(to, SLICE("; errors "));
	write_member(top, VIEW_COUNT, "errors", to);
	(void)!bytes_append_slice(to, SLICE("; flights "));
	write_member(top, VIEW_COUNT, "flights", to);
}

static void write_latency(const struct top *top, struct bytes *to)
{
	static const char *const names[] = { "p50", "p95", "p99" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char member[32];

		snprintf(member, sizeof(member), "latency.%s_us", names[i]);
		(void)!bytes_format(to, "%s%s ", i > 0 ? ", " : "", names[i]);
		write_member(top, VIEW_US, member, to);
	}
}

static void write_tiers(const struct top *top, struct bytes *to)
{
	size_t i;
	json_t *tier;

	json_array_foreach(json_object_get(top->stats, "tiers"), i, tier)
	{
		(void)!bytes_append_slice(to, i > 0 ? SLICE("; ") : SLICE(""));
		view_value(VIEW_TEXT, json_object_get(tier, "name"), to);
		(void)!bytes_append_char(to, ' ');
		view_value(VIEW_COUNT, json_object_get(tier, "entries"), to);
		(void)!bytes_append_slice(to, SLICE(" entries, "));
		view_value(VIEW_SIZE, json_object_get(tier, "bytes"), to);
		(void)!bytes_append_slice(to, SLICE(" of "));
		view_value(VIEW_SIZE, json_object_get(tier, "max_bytes"), to);
	}
}

static void write_title(const struct top *top, struct bytes *to)
{
	(void)!bytes_format(to, "larder at %s, up ", client_place(top->client));
	write_member(top, VIEW_S, "uptime_s", to);
}

/* One line of foreign text, safe and no wider than the terminal. */
static void append_line(struct bytes *frame, struct slice line, size_t columns)
{
	struct bytes safe;
	struct slice shown;

	bytes_init(&safe, MOST_FRAME);
	terminal_append(&safe, line);
	shown = bytes_slice(&safe);
	if (columns > 0)
		shown = terminal_cut(shown, columns);
	(void)!bytes_append_slice(frame, shown);
	(void)!bytes_append_char(frame, '\n');
	bytes_done(&safe);
}

static void write_head(const struct top *top, size_t columns, struct bytes *frame)
{
	static void (*const lines[])(const struct top *, struct bytes *) = { write_title,
		write_requests, write_latency, write_tiers };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct bytes line;

		bytes_init(&line, MOST_FRAME);
		lines[i](top, &line);
		append_line(frame, bytes_slice(&line), columns);
		bytes_done(&line);
	}
}

static struct slice keys_of(const char *by)
{
	static const char *const lines[] = {
		"by hits: m misses, s slow, q quits",
		"by misses: h hits, s slow, q quits",
		"by slow: h hits, m misses, q quits",
	};
	size_t i = 0;

	while (i + 1 < sizeof(lines) / sizeof(lines[0]) &&
		strncmp(lines[i] + 3, by, strlen(by)) != 0)
		i++;
	return slice_of(lines[i]);
}

/* Of a terminal, with what its keys do; or all of it. */
static void write_frame(const struct top *top, const struct table_form *form, struct bytes *frame)
{
	struct table_form below = *form;

	write_head(top, form->columns, frame);
	if (top->fault.size > 0)
		append_line(frame, bytes_slice(&top->fault), form->columns);
	else if (form->lines > 0)
		append_line(frame, keys_of(top->by), form->columns);
	(void)!bytes_append_char(frame, '\n');
	if (form->lines > 0)
		below.lines = form->lines > HEAD_LINES + 1 ? form->lines - HEAD_LINES : 1;
	view_write(&VIEW(rows), json_object_get(top->targets, "items"), &below, frame);
}

static void draw(const struct top *top)
{
	const struct table_form form = { .columns = terminal_columns(stdout),
		.lines = terminal_lines(stdout),
		.colour = terminal_has_colour(stdout) };
	struct bytes frame;

	bytes_init(&frame, MOST_FRAME);
	write_frame(top, &form, &frame);
	while (frame.size > 0 && frame.data[frame.size - 1] == '\n')
		frame.size--;
	screen_draw(bytes_slice(&frame));
	bytes_done(&frame);
}

/* ---- again and again ---- */

/* false: it is enough. */
static bool take_key(struct top *top, char key)
{
	static const struct {
		char key;
		const char *by;
	} keys[] = { { 'h', "hits" }, { 'm', "misses" }, { 's', "slow" } };

	if (key == 'q' || key == 'Q' || key == '\004')
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i].key == key)
			top->by = keys[i].by;
	}
	return true;
}

static void refresh_until_quit(struct top *top)
{
	int64_t due_ms = 0, left_ms;
	char key;

	for (;;) {
		if (clock_monotonic_ms() >= due_ms) {
			ask_and_keep_fault(top);
			due_ms = clock_monotonic_ms() + top->interval_ms;
		}
		draw(top);
		left_ms = due_ms - clock_monotonic_ms();
		switch (screen_wait(left_ms > 0 ? left_ms : 0, &key)) {
		case SCREEN_KEY:
			if (!take_key(top, key))
				return;
			due_ms = 0;
			break;
		case SCREEN_END:
			return;
		case SCREEN_TIME:
		case SCREEN_CHANGED:
			break;
		}
	}
}

static int print_once(struct top *top, bool json)
{
	const struct table_form form = { .columns = terminal_columns(stdout),
		.colour = terminal_has_colour(stdout) };
	struct bytes frame;
	int code = ask(top);

	if (code != EXIT_DONE)
		return code;
	if (json) {
		json_dumpf(top->targets, stdout, JSON_COMPACT);
		putchar('\n');
		return EXIT_DONE;
	}
	bytes_init(&frame, MOST_FRAME);
	write_frame(top, &form, &frame);
	fwrite(frame.data, 1, frame.size, stdout);
	bytes_done(&frame);
	return EXIT_DONE;
}

static int run_top(struct top *top, const char *const *values)
{
	bool json = values[API_JSON] != NULL;

	if (json || values[ONCE] != NULL || !screen_open())
		return print_once(top, json);
	refresh_until_quit(top);
	screen_close();
	return EXIT_DONE;
}

static int parse(const char *const *values, struct top *top)
{
	int code = limit_take("top", values[LIMIT], &top->limit);

	if (code == EXIT_DONE && top->limit > MOST_LIMIT)
		top->limit = MOST_LIMIT;
	if (code == EXIT_DONE && values[INTERVAL] != NULL &&
		(units_parse_duration(slice_of(values[INTERVAL]), &top->interval_ms) != RC_OK ||
			top->interval_ms < LEAST_MS)) {
		fprintf(stderr,
			"larder top: --interval %s: a duration from 100ms on is expected: 2s\n",
			values[INTERVAL]);
		code = EXIT_USAGE;
	}
	return code;
}

static int run(const char *const *values)
{
	struct top top = { .by = values[BY] != NULL ? values[BY] : "hits",
		.limit = USUAL_LIMIT,
		.interval_ms = USUAL_MS };
	int code = parse(values, &top);

	bytes_init(&top.fault, MOST_FRAME);
	if (code == EXIT_DONE)
		code = client_open("top", values, &top.client);
	if (code == EXIT_DONE)
		code = run_top(&top, values);
	client_close(top.client);
	json_decref(top.stats);
	json_decref(top.before);
	json_decref(top.targets);
	bytes_done(&top.fault);
	return shelf_finish("top", code);
}

const struct command top_command = {
	.name = "top",
	.about = "Show what a larder does now, and its hot, missed or slow targets.",
	.details = "On a terminal it is drawn anew until q is pressed; h, m and s choose what is counted. Elsewhere it is written once.\n"
		   "Counts are of a sketch: too high by +- at the most.",
	.options = {
		API_OPTIONS,
		[INTERVAL] = { "--interval", "DURATION", "between two looks; 2s" },
		[BY] = { "--by", "WHAT", "targets with most of", .choices = "hits misses slow" },
		[LIMIT] = { "--limit", "N", "targets; 20, at most 1000" },
		[ONCE] = { "--once", NULL, "write it once, on a terminal as well" },
	},
	.run = run,
};
