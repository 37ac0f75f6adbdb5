/* observe/access_log.h - one JSON line a request, written by a thread of its own.
 *
 * access_log_write() formats into a slot of a bounded ring and never waits: with the ring full the
 * line is dropped and counted (larder_access_log_dropped_total). Credentials don't get in: values of
 * the parameters listed in `log.redact` are replaced by "***", and no header field is logged but
 * User-Agent. Reopened on access_log_reopen() (SIGHUP).
 */
#pragma once

#include "util/rc.h"
#include "util/slice.h"

struct access_log;

struct access_log_options {
	const char *path;          /* "stdout" or a file, opened for appending */
	int64_t sample;            /* every n-th request; 1: all */
	const char *const *redact; /* names of query parameters, any case; borrowed */
	size_t redact_count;
};

struct access_line {
	int64_t time_ms; /* wall, when the request came */
	struct slice client, method, target, route, user_agent;
	struct slice cache; /* the cache result's word */
	int status;
	uint64_t body_bytes;
	int64_t duration_us;
	bool complete; /* the client got all of it */
};

/* RC_IO: the file can't be opened (errno says why). */
NODISCARD enum rc access_log_start(
	const struct access_log_options *options, struct access_log **ret);
void access_log_write(struct access_log *log, const struct access_line *line);
void access_log_reopen(struct access_log *log);
/* Writes what is queued, joins the thread, frees. */
void access_log_stop(struct access_log *log);
