/* store/bundle/warc_source.h - the bytes of a WARC file, plain or in gzip members, and where in the file they stand.
 *
 * Threads: one. Memory: some 170 KiB. Ownership: warc_source_new() gives it to the caller.
 */
#pragma once

#include "util/bytes.h"
#include "util/scope.h"

struct warc_source;

/* fd is borrowed; begin, which is copied, was read of it already. -1: begin is all. gzip by how it begins. */
struct warc_source *warc_source_new(int fd, struct slice begin);
void warc_source_free(struct warc_source *source);
SCOPE_DEFINE(warc_source, warc_source_free)

/* One byte at least and size at most. RC_ABSENT: that was all. RC_TRUNCATED: within a gzip member. RC_CORRUPT: what
 * follows is no gzip. What errno says of reading. */
NODISCARD enum rc warc_source_read(
	struct warc_source *source, char *buffer, size_t size, size_t *ret_size);

/* Appends a line with its end, which only the last one may lack. RC_TOO_LARGE: ret's limit. */
NODISCARD enum rc warc_source_line(struct warc_source *source, struct bytes *ret);

/* Where in the file the next byte stands; in a gzip member, where that one begins. */
uint64_t warc_source_at(struct warc_source *source);
