/* cli/terminal/progress.c - a bar on standard error. Threads and ownership: progress.h. */
#include "progress.h"

#include "terminal.h"

#include "util/clock.h"
#include "util/readable.h"

#include <inttypes.h>
#include <string.h>

#define EVERY_MS    200
#define LEAST_BAR   10
#define MOST_BAR    40
#define SETTLED_MS  2000 /* before that nobody can say how long it takes */
#define LINE_ROOM   256
#define STAGE_WIDTH 16

static void write_amount(const struct progress *p, uint64_t done, uint64_t total, char *text)
{
	int64_t spent_ms = clock_monotonic_ms() - p->began_ms;
	char left[READABLE_TEXT];
	int size;

	if (total == 0) {
		snprintf(text, LINE_ROOM, "%" PRIu64, done);
		return;
	}
	size = snprintf(text, LINE_ROOM, "%3.0f %%  %" PRIu64 " of %" PRIu64,
		100.0 * (double)done / (double)total, done, total);
	if (spent_ms < SETTLED_MS || done == 0 || done >= total)
		return;
	snprintf(text + size, LINE_ROOM - (size_t)size, ", %s left",
		readable_duration(
			(int64_t)((double)spent_ms / (double)done * (double)(total - done)) / 1000 *
				1000,
			left));
}

/* "[####....]  ", as wide as there is room for; "" where that is too little. */
static void write_bar(size_t room, uint64_t done, uint64_t total, char *text)
{
	size_t width = room > MOST_BAR ? MOST_BAR : room, full;

	text[0] = '\0';
	if (total == 0 || room < LEAST_BAR)
		return;
	full = (size_t)((double)width * (double)done / (double)total);
	text[0] = '[';
	memset(text + 1, '.', width);
	memset(text + 1, '#', full > width ? width : full);
	memcpy(text + 1 + width, "] ", 3);
}

static void draw(struct progress *p, uint64_t done, uint64_t total)
{
	size_t columns = terminal_columns(stderr), used;
	char amount[LINE_ROOM], bar[MOST_BAR + 4];

	write_amount(p, done, total, amount);
	used = STAGE_WIDTH + 6 + strlen(amount);
	write_bar(columns > used ? columns - used : 0, done, total, bar);
	fprintf(stderr, "\r\033[K%-*s %s%.*s", STAGE_WIDTH, p->stage, bar,
		(int)(columns > STAGE_WIDTH + 2 ? columns - STAGE_WIDTH - 2 : 0), amount);
	p->shown = true;
}

void progress_show(struct progress *p, const char *stage, uint64_t done, uint64_t total)
{
	int64_t now_ms = clock_monotonic_ms();

	if (!terminal_is(stderr))
		return;
	if (p->stage == NULL || strcmp(p->stage, stage) != 0) {
		p->stage = stage;
		p->began_ms = now_ms;
		p->due_ms = now_ms;
	}
	if (now_ms < p->due_ms)
		return;
	p->due_ms = now_ms + EVERY_MS;
	draw(p, done, total);
}

void progress_clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
