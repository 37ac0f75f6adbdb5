/* parcel_fixture.h - what is checked of a parcel that any bytes were read as.
 */
#pragma once

#include "store/parcel.h"

#include <assert.h>

static inline void check_fields(const struct headers *h)
{
	HEADERS_EACH(at, h) {
		assert(field_name_valid(at->name) && field_value_valid(at->value));
		assert(at->name.data[at->name.size] == '\0' &&
			at->value.data[at->value.size] == '\0');
	}
}

static inline void write_line(const struct parcel *parcel, struct bytes *ret)
{
	struct parcel_line line;
	char piece[64];
	ssize_t count;

	assert(parcel_line_begin(parcel, &line) == RC_OK);
	while ((count = parcel_line_read(&line, piece, sizeof(piece))) > 0)
		assert(bytes_append(ret, piece, (size_t)count) == RC_OK);
	assert(count == 0);
	parcel_line_end(&line);
}
