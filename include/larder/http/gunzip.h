/* http/gunzip.h - undoing gzip (RFC 1952) for those who don't accept it, within bounds.
 *
 * What it is not: a reader of zlib or raw deflate, or a compressor. Several members in a row are
 * one body (2.2); anything else behind a member, padding too, is a fault. Checksums and lengths are
 * checked (2.3.1). Threads: one at a time. Memory: some 40 KiB each.
 */
#pragma once

#include "http/body.h"
#include "util/rc.h"
#include "util/slice.h"

#include <stdint.h>

struct gunzip;

struct gunzip_limits {
	uint64_t bytes; /* inflated, in all */
	unsigned ratio; /* inflated to compressed, looked at beyond the first MiB; at least 1 */
};

/* Copies the limits. Never NULL. */
struct gunzip *gunzip_new(const struct gunzip_limits *limits);
void gunzip_free(struct gunzip *g);

SCOPE_DEFINE(gunzip, gunzip_free)

/* From now on gunzip_read() returns where a member ends, though there is more: gunzip_is_whole() tells. */
void gunzip_by_member(struct gunzip *g);

/* Takes from *in, which is advanced, and writes at most size bytes to out. *ret_count, how many
 * were written, is set in any case; with a fault they are not to be used.
 *
 * RC_OK: call again, with room where out was filled, else with more input. RC_ABSENT: all input was
 * taken and ends with a member; should more come, it has to be another member. RC_INVALID: not
 * gzip, broken, or something else behind a member. RC_TOO_LARGE: over a limit. Faults are final. */
NODISCARD enum rc gunzip_read(
	struct gunzip *g, struct slice *in, char *out, size_t size, size_t *ret_count);

/* Whether the body is whole if no more input comes: it ends with a member. */
bool gunzip_is_whole(const struct gunzip *g);

/* All of data; returns a reference to a new body. RC_INVALID: also when it is cut short, or empty
 * (no gzip at all). RC_TOO_LARGE: over a limit. */
NODISCARD enum rc gunzip_all(
	struct slice data, const struct gunzip_limits *limits, struct body **ret);

/* Whether data is a gzip, whole, of just so many bytes. No more are inflated, and they are not kept. */
bool gunzip_comes_to(struct slice data, uint64_t size);
