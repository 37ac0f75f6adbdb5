/* access_log.c - one JSON line a request: what stands in it.
 *
 * Formats on the caller's stack and hands the line over; the file and its thread are writer.c's.
 * Threads: any writes; the sampling counter is the only thing that they share here.
 */
#include "observe/access_log.h"

#include "line.h"
#include "observe/redact.h"
#include "writer.h"

#include "observe/metrics.h"
#include "util/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Budgets of the strings, after escaping; the rest of LINE_MOST is for keys and numbers. */
enum {
	CLIENT_MOST = 128,
	METHOD_MOST = 128,
	TARGET_MOST = 12 << 10,
	ROUTE_MOST = 512,
	AGENT_MOST = 1024,
	CACHE_MOST = 64,
	LINE_MOST = 16 << 10
};

struct access_log {
	struct writer *writer;
	_Atomic(uint64_t) seen;
};

static void count_lost(uint64_t lines)
{
	metrics_add(METRIC_ACCESS_LOG_DROPPED, NO_LABELS, lines);
}

enum rc access_log_start(const char *path, struct access_log **ret)
{
	struct writer *writer;
	struct access_log *log;

	TRY(writer_start(path, count_lost, &writer));
	log = xalloc(sizeof(*log));
	log->writer = writer;
	*ret = log;
	return RC_OK;
}

static bool is_sampled(struct access_log *log, int64_t every)
{
	if (every <= 1)
		return true;
	return atomic_fetch_add_explicit(&log->seen, 1, memory_order_relaxed) % (uint64_t)every ==
	       0;
}

static void put_text(void *arg, struct slice piece)
{
	line_text(arg, piece);
}

static void format_request(struct line *to, const struct access_line *l)
{
	line_raw(to, "{\"time\":");
	line_time(to, l->time_ms);
	line_raw(to, ",\"client\":");
	line_string(to, l->client, CLIENT_MOST);
	line_raw(to, ",\"method\":");
	line_string(to, l->method, METHOD_MOST);
	line_raw(to, ",\"target\":");
	line_open(to, TARGET_MOST);
	redact_target(l->redact, l->target, put_text, to);
	line_close(to);
	line_raw(to, ",\"user_agent\":");
	line_string(to, l->user_agent, AGENT_MOST);
}

static void format_answer(struct line *to, const struct access_line *l)
{
	line_raw(to, ",\"route\":");
	line_string(to, l->route, ROUTE_MOST);
	line_raw(to, ",\"cache\":");
	line_string(to, l->cache, CACHE_MOST);
	line_raw(to, ",\"status\":");
	line_number(to, l->status);
	line_raw(to, ",\"body_bytes\":");
	line_number(to, (int64_t)l->body_bytes);
	line_raw(to, ",\"duration_us\":");
	line_number(to, l->duration_us);
	line_raw(to, l->complete ? ",\"complete\":true}\n" : ",\"complete\":false}\n");
}

void access_log_write(struct access_log *log, const struct access_line *line)
{
	char buffer[LINE_MOST];
	struct line to;

	if (!is_sampled(log, line->sample))
		return;
	line_init(&to, buffer, sizeof(buffer));
	format_request(&to, line);
	format_answer(&to, line);
	writer_put(log->writer, to.data, to.size);
}

void access_log_reopen(struct access_log *log)
{
	writer_reopen(log->writer);
}

void access_log_stop(struct access_log *log)
{
	writer_stop(log->writer);
	free(log);
}
