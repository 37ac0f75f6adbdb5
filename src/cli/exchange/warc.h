/* cli/exchange/warc.h - records of WARC/1.1 (ISO 28500:2017). Threads: one. Ownership: all is borrowed. */
#pragma once

#include "store/parcel.h"

#include <stdio.h>

struct warc {
	FILE *to;
	bool gzip; /* each record on its own */
};

/* warcinfo, and the manifest; name: of the file. */
NODISCARD enum rc warc_begin(
	const struct warc *warc, const struct manifest *manifest, const char *name);

/* response, and metadata with all that larder knows of it. RC_INVALID: its absolute URL isn't known. */
NODISCARD enum rc warc_add(const struct warc *warc, const struct parcel *parcel);

/* How many there were: the file is whole. */
NODISCARD enum rc warc_end(
	const struct warc *warc, const struct manifest *manifest, const struct parcel_end *end);
