/* store/parcels.h - an export, in any of its forms, read one stored response after the other.
 *
 * JSON lines, a bundle (store/bundle.h) or a WARC file, plain or gzip: told apart by how the file begins. It may be
 * anybody's: see store/parcel.h. A WARC file that larder didn't write has no manifest: an empty one; what of it
 * can be of use are bare parcels.
 *
 * Threads: one at a time. Ownership: parcels_open() gives it to the caller. Memory: one response.
 */
#pragma once

#include "store/parcel.h"

struct parcels;

/* path "-": standard input, which is no bundle. RC_ABSENT: no file. RC_INVALID: it is no export. RC_UNSUPPORTED: of a newer
 * larder. RC_DENIED, RC_IO, RC_CORRUPT. */
NODISCARD enum rc parcels_open(const char *path, struct parcels **ret);
void parcels_close(struct parcels *parcels);
SCOPE_DEFINE(parcels, parcels_close)

/* Whether it is a bundle. */
bool parcels_is_bundle(const struct parcels *parcels);

const struct manifest *parcels_manifest(const struct parcels *parcels);
/* How many it says there are; 0: not known. */
uint64_t parcels_total(const struct parcels *parcels);

/* ret: parcel_done(), before the next is asked for. RC_ABSENT: that was all. RC_INVALID: this one is not to be used:
 * *ret_why; the next may be asked for. RC_TRUNCATED: it ends before its end. Else it can't be read on; *ret_why may
 * have words. They stay until the next call. */
NODISCARD enum rc parcels_next(struct parcels *parcels, struct parcel *ret, const char **ret_why);

/* What its end says, once that was reached. */
struct parcel_end parcels_end(const struct parcels *parcels);

/*	X(id, "records of a WARC file that aren't taken, in words") */
#define PARCELS_PASSED_TABLE(X)                         \
	X(STATUS, "of another status than 200")         \
	X(METHOD, "to another method than GET")         \
	X(CREDENTIALS, "to a request with credentials") \
	X(UNASKED, "to a request that isn't there")     \
	X(CUT, "cut when they were archived")           \
	X(KIND, "that are no HTTP responses")

enum parcels_passed {
#define X(id, text) PARCELS_PASSED_##id,
	PARCELS_PASSED_TABLE(X)
#undef X
		PARCELS_PASSED_COUNT
};

const char *parcels_passed_text(enum parcels_passed why);
/* How many until now, for that reason. */
uint64_t parcels_passed(const struct parcels *parcels, enum parcels_passed why);

/* The number of the last one, in its file: a line, a row, or a record. */
uint64_t parcels_place(const struct parcels *parcels);
