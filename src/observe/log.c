/* log.c - events as JSON lines on standard error.
 *
 * Any thread; the level is the only state. No lock: the kernel keeps the lines apart, since each is
 * one write(2) to a file opened for appending or a piece below PIPE_BUF to a pipe.
 */
#include "observe/log.h"

#include "line.h"

#include "util/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* EVENT_MOST and DETAIL_MOST bound what is escaped; the line has room for both and its keys. */
enum { DETAIL_MOST = 2048, EVENT_MOST = 128, LINE_MOST = 2560 };

static const char *const level_names[] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_ERROR] = "error",
};

static _Atomic(enum log_level) least = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&least, level, memory_order_relaxed);
}

static void write_line(enum log_level level, const char *event, struct slice detail)
{
	struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };
	char buffer[LINE_MOST];
	struct line line;

	line_init(&line, buffer, sizeof(buffer));
	line_raw(&line, "{\"time\":");
	line_time(&line, clock_wall_ms());
	line_raw(&line, ",\"level\":\"");
	line_raw(&line, level_names[level]);
	line_raw(&line, "\",\"event\":");
	line_string(&line, slice_of(event), EVENT_MOST);
	line_raw(&line, ",\"detail\":");
	line_string(&line, detail, DETAIL_MOST);
	line_raw(&line, "}\n");
	/* Nobody is left to tell when standard error can't be written. */
	/* a pipe that nobody reads must not stop who logs */
	if (poll(&room, 1, 0) == 1 && write(STDERR_FILENO, line.data, line.size) < 0)
		return;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	char detail[DETAIL_MOST + 2]; /* one byte more than the line takes, so that it says "..." */
	int saved_errno = errno;
	va_list args;

	if (level < atomic_load_explicit(&least, memory_order_relaxed))
		return;
	va_start(args, format);
	if (vsnprintf(detail, sizeof(detail), format, args) < 0)
		detail[0] = '\0';
	va_end(args);
	write_line(level, event, slice_of(detail));
	errno = saved_errno;
}
