/* store/disk/codec.h - a stored response as bytes, and back.
 *
 * Numbers little-endian. What is counted has its length in front.
 *
 *	u8 version | u64 checksum (XXH3 of all that follows) | head | key | variant | fields | slots | version of the
 *	data, and in version 2 what the configuration gave: | tags | how many of the slots are of them
 *
 *	(the codec's implementation draws the head)
 *
 * The body lies beside it: in the row, or in a file. Its own checksum is in the head, so a record and a
 * body that don't belong together are told apart.
 *
 * Nothing is trusted: each length is checked against what is left, each number against its range; what
 * doesn't fit is RC_CORRUPT. Pure; threads: any.
 */
#pragma once

#include "http/key.h"
#include "http/object.h"
#include "util/arena.h"
#include "util/bytes.h"
#include "util/digest.h"

/* How the body lies on the disk. */
struct codec_body {
	uint64_t size;     /* as stored */
	uint64_t checksum; /* of them: codec_checksum(); of a file 0: its sums are beside it */
	bool in_file;
	unsigned char digest[DIGEST_SIZE]; /* of a file: SHA-256 of the stored bytes */
};

/* What a record says; slices and arrays point into the record or the arena. */
struct codec_record {
	struct slice key;
	struct codec_body body;
	struct object_parts parts; /* all but the body */
	struct headers headers;    /* what parts points at, in the arena */
	struct headers variant;
};

uint64_t codec_checksum(struct slice bytes);

/* Appends the record. RC_TOO_LARGE: above ret's limit. RC_INVALID: it has what codec_decode() would refuse.
 * What was appended until a fault is not taken back. */
NODISCARD enum rc codec_encode(struct slice key, const struct object *object,
	const struct codec_body *body, struct bytes *ret);

/* RC_CORRUPT: not what codec_encode() wrote; ret is not to be used. ret lives as long as record and arena,
 * and at its place: parts points into it. parts.body is NULL, for the caller to fill in. */
NODISCARD enum rc codec_decode(struct slice record, struct arena *arena, struct codec_record *ret);
