/* store/bundle/warc_bare.h - a response of a WARC file that others wrote, as a bare parcel (store/parcel.h).
 *
 * Threads and ownership: as said there.
 */
#pragma once

#include "warc_message.h"

#include "store/parcels.h"

/* Whether it is taken, as the answer to that request if the two belong together; PARCELS_PASSED_COUNT: it is. */
enum parcels_passed warc_bare_judge(
	const struct warc_response *response, const struct warc_request *request);

/* ret: parcel_done(). */
void warc_bare_make(const struct warc_response *response, const struct warc_request *request,
	struct arena *arena, struct parcel *ret);
