/* observe/access_log.h - one JSON line a request, written by a thread of its own.
 *
 * access_log_write() formats on the caller's stack and copies the line into a bounded buffer under
 * a short lock; it never waits for the file. With the buffer full (1 MiB) the line is dropped and
 * counted (larder_access_log_dropped_total), as are lines that could not be written. Credentials
 * don't get in: values of the parameters that are named with the line are replaced by "***", and no
 * header field is logged but User-Agent. Lines reach the file within some 20 ms.
 */
#pragma once

#include "observe/redact.h"
#include "util/rc.h"
#include "util/slice.h"

struct access_log;

struct access_line {
	int64_t sample;  /* every n-th line is written, the first included; 1: all */
	int64_t time_ms; /* wall, when the request came */
	struct slice client, method, target, route, user_agent;
	struct redact_names redact; /* query parameters whose values are left out of target */
	struct slice cache;         /* the cache result's word */
	int status;
	uint64_t body_bytes;
	int64_t duration_us;
	bool complete; /* the client got all of it */
};

/* path: "stdout" or a file, opened for appending; copied. RC_IO: the file can't be opened or the thread not started (errno says why). */
NODISCARD enum rc access_log_start(const char *path, struct access_log **ret);

/* Any thread. Texts that are too long are cut ("..."); the target at 12 KiB. */
void access_log_write(struct access_log *log, const struct access_line *line);

/* Opens the path anew (SIGHUP, after a rename): lines written before the call go to the old file,
 * those after it to the new one. Where it can't be opened the old one stays in use. Not for signal
 * handlers. */
void access_log_reopen(struct access_log *log);

/* Writes what is queued, joins the thread, frees. No other thread may use log any more. */
void access_log_stop(struct access_log *log);
