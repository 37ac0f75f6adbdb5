/* proxy/key_gist.h - what is compared of two responses: status, Content-Type, and the body without its coding.
 *
 * Pure, but that a stored body may be read from a file. Threads: any.
 */
#pragma once

#include "http/object.h"
#include "util/digest.h"

struct key_gist {
	bool known;
	unsigned char digest[DIGEST_SIZE];
};

/* Not known where the body can't be decoded. body lies in memory; gzipped: beside what the fields say. */
void key_gist_read(int status, const struct headers *fields, struct body *body, bool gzipped,
	struct key_gist *ret);
void key_gist_of_stored(const struct object *object, struct key_gist *ret);

bool key_gist_same(const struct key_gist *a, const struct key_gist *b);
