/* http/head.h - the head of a response, collected line by line.
 *
 * Takes what the origin sent: status line, field lines, the empty line that ends them. Heads of 1xx
 * are read and forgotten; the final one stays until head_reset(). Malformed lines are refused
 * rather than repaired, but for obs-fold (RFC 9112 5.2).
 *
 * Threads: none of its own. Ownership: fields are views into the head's own arena.
 */
#pragma once

#include "http/headers.h"
#include "http/version.h"

struct head {
	struct arena arena;
	struct headers fields;
	size_t limit; /* bytes of all heads together, those of 1xx too */
	size_t bytes;
	int status; /* 0: no status line yet */
	enum http_version version;
	bool complete;
};

void head_init(struct head *h);
void head_done(struct head *h);

/* Empty, for the next response; memory is kept. */
void head_reset(struct head *h, size_t limit_bytes);

/* Takes one line with its end. h->complete is set by the empty line of the final head. On failure
 * (RC_PROTOCOL, RC_TOO_LARGE) *ret_why has static words. */
NODISCARD enum rc head_line(struct head *h, struct slice line, const char **ret_why);

/* One line of fields, with its end or without: a field, or the fold of the last one (RFC 9112 5.2). Copied into the
 * list's arena. RC_PROTOCOL: malformed. */
NODISCARD enum rc head_field(struct headers *fields, struct slice line);

/* The body's length as the fields tell it (RFC 9112 6.3): LENGTH_UNKNOWN without Content-Length or
 * with Transfer-Encoding. RC_PROTOCOL: malformed, several that differ, or a coding but chunked. */
NODISCARD enum rc head_length(const struct head *h, int64_t *ret);
