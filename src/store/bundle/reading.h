/* store/bundle/reading.h - a stored response while it is read: what parcel_read.c and parcel_body.c share.
 *
 * Threads and ownership: store/parcel.h.
 */
#pragma once

#include "store/parcel.h"

#include <jansson.h>

#define SIZE_MOST ((int64_t)1 << 60)

/* How what larder had compressed is compressed again, so that it is what it was: learned from one to the next. */
struct gzip_again {
	int level;       /* that came to the same; 0: not known yet */
	bool is_other;   /* none did: it was made by another zlib */
	bool is_checked; /* the next body had a digest of its own */
};

/* A head whose body, where larder had compressed it, is as it was before that. All borrowed. */
struct inflated_parcel {
	struct slice head;
	struct body *body;
	struct gzip_again *again;
};

/* As parcel_parse(). */
NODISCARD enum rc parcel_parse_inflated(const struct inflated_parcel *from, struct arena *arena,
	struct parcel *ret, const char **ret_why);

/* One on its way. */
struct reading {
	json_t *root;
	struct arena *arena;
	struct object_parts parts;
	struct headers headers;
	struct headers variant;
	struct key_parts key;
	unsigned char digest[DIGEST_SIZE];
	struct body *body;
	struct gzip_again *again; /* or NULL: the body is as it is stored */
	bool is_other_gzip;       /* than is told of, of the same */
	int64_t size;
	const char *why;
};

/* Fills in why; false. */
bool reading_fails(struct reading *r, const char *why);

bool reading_number_of(const json_t *value, int64_t least, int64_t most, int64_t *ret);
/* A member, from 0. */
bool reading_number(struct reading *r, const char *name, int64_t most, int64_t *ret);
/* Text, or {"base64": text}: a copy in the arena, with a NUL behind it. false: it is none. */
bool reading_text_of(const json_t *value, struct arena *arena, struct slice *ret);
/* Behind the fields: their own needn't be told. */
bool reading_take_own_tags(struct reading *r);
bool reading_hex(struct reading *r, const char *name, struct slice *ret);

/* Fills in body, if it isn't there. */
bool reading_take_body(struct reading *r);
/* Against size and sha256; fills in digest. */
bool reading_check_digest(struct reading *r);
/* What larder compressed. */
bool reading_check_gzip(struct reading *r);
