/* http/gzip.h - making gzip (RFC 1952) of identity bodies: what is worth it, and doing it.
 *
 * The same bytes at the same level always give the same gzip: no name and no time stand in it. What it is
 * not: undoing it (http/gunzip.h), or a judge of who takes it (policy).
 * Threads: any. Memory: some 300 KiB while it works.
 */
#pragma once

#include "http/body.h"
#include "http/headers.h"

/* Whether a response with these fields should be compressed here: of a media type that gets smaller, with
 * no content coding yet (RFC 9110 8.4), all of it (14.4), and not under no-transform (RFC 9111 5.2.2.6) in
 * any field that could direct a cache. The status is the caller's to look at: no 206. */
bool gzip_is_worth(const struct headers *response);

/* level: of zlib, 1 to 9. RC_TOO_LARGE: it would not be smaller than most. Returns a reference. */
NODISCARD enum rc gzip_whole(struct slice data, int level, size_t most, struct body **ret);

/* Reads all of body in pieces and writes the gzip at fd's position. RC_IO: body can't be read; else what
 * errno says of the write (rc_of_errno()). What was written until a fault stays. */
NODISCARD enum rc gzip_to_fd(struct body *body, int level, int fd, uint64_t *ret_size);
