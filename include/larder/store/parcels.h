/* store/parcels.h - an export, in either of its forms, read one stored response after the other.
 *
 * JSON lines or a bundle (store/bundle.h): told apart by how the file begins. It may be anybody's: see
 * store/parcel.h.
 *
 * Threads: one at a time. Ownership: parcels_open() gives it to the caller. Memory: one response.
 */
#pragma once

#include "store/parcel.h"

struct parcels;

/* path "-": standard input, as lines. RC_ABSENT: no file. RC_INVALID: it is no export. RC_UNSUPPORTED: of a newer
 * larder. RC_DENIED, RC_IO, RC_CORRUPT. */
NODISCARD enum rc parcels_open(const char *path, struct parcels **ret);
void parcels_close(struct parcels *parcels);
SCOPE_DEFINE(parcels, parcels_close)

/* Whether it is a bundle, and not lines. */
bool parcels_is_bundle(const struct parcels *parcels);

const struct manifest *parcels_manifest(const struct parcels *parcels);
/* How many it says there are; 0: not known. */
uint64_t parcels_total(const struct parcels *parcels);

/* ret: parcel_done(), before the next is asked for. RC_ABSENT: that was all. RC_INVALID: this one is not to be used:
 * *ret_why; the next may be asked for. RC_TRUNCATED: it ends before its end. Else it can't be read on. */
NODISCARD enum rc parcels_next(struct parcels *parcels, struct parcel *ret, const char **ret_why);

/* What its end says, once that was reached. */
struct parcel_end parcels_end(const struct parcels *parcels);

/* The number of the last one, in its file: a line, or a row. */
uint64_t parcels_place(const struct parcels *parcels);
