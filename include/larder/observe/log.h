/* observe/log.h - what larder says: events as JSON lines on standard error.
 *
 * Only proxy, front, control and app log, each thing once; lower layers return what went wrong.
 * Access lines have a thread of their own: observe/access_log.h.
 */
#pragma once

#include "util/slice.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* Events below are not written; LOG_LEVEL_INFO at first. Any thread. */
void log_set_level(enum log_level level);

/* One line: {"time":"...","level":"warn","event":"<event>","detail":"<printf>"}. event is a fixed
 * kebab-case word that can be searched for. A detail above 2 KiB is cut ("..."). Written with one
 * write(2): lines never mix. Any thread; errno stays as it was. */
void log_event(enum log_level level, const char *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
