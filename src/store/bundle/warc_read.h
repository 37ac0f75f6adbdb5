/* store/bundle/warc_read.h - a WARC file as an export: larder's own records, and responses that others archived.
 *
 *	warcinfo  metadata: the manifest  (response  metadata: an entry's head)...  metadata: the end	larder's
 *	[warcinfo]  (response and request, in either order)...						others'
 *
 * What larder wrote comes back as it was. Of others' records, responses of status 200 to GET become bare parcels
 * (store/parcel.h); the rest is counted. The file is from anywhere.
 *
 * Threads: one. Memory: one response. Ownership: warc_read_open() gives it to the caller.
 */
#pragma once

#include "store/parcels.h"

struct warc_reading;

/* fd is borrowed; begin was read of it already. RC_INVALID: it is no WARC file. RC_UNSUPPORTED: of a newer larder.
 * RC_TRUNCATED, RC_IO. */
NODISCARD enum rc warc_read_open(int fd, struct slice begin, struct warc_reading **ret);
void warc_read_close(struct warc_reading *w);
SCOPE_DEFINE(warc_reading, warc_read_close)

/* Of larder's, or an empty one. */
const struct manifest *warc_read_manifest(const struct warc_reading *w);

/* As parcels_next(). */
NODISCARD enum rc warc_read_next(
	struct warc_reading *w, struct arena *arena, struct parcel *ret, const char **ret_why);

/* The number of the record that the last one stood in. */
uint64_t warc_read_place(const struct warc_reading *w);

/* What its end says. */
struct parcel_end warc_read_end(const struct warc_reading *w);

uint64_t warc_read_passed(const struct warc_reading *w, enum parcels_passed why);
