/* proxy/key/key_gist.h - what is compared of two responses: status, Content-Type, and the body without its coding.
 *
 * Pure, but that a stored body may be read from a file. Threads: any.
 */
#pragma once

#include "http/object.h"
#include "policy/key_rule.h"
#include "util/digest.h"

struct key_gist {
	bool known;
	bool repeats; /* the body has one of the secrets in it */
	unsigned char digest[DIGEST_SIZE];
};

struct key_gist_source {
	int status;
	const struct headers *fields;
	struct body *body; /* in memory */
	bool gzipped;      /* beside what the fields say */
	struct key_secrets secrets;
};

/* Not known where the body can't be decoded. */
void key_gist_read(const struct key_gist_source *from, struct key_gist *ret);
void key_gist_of_stored(
	const struct object *object, struct key_secrets secrets, struct key_gist *ret);

bool key_gist_same(const struct key_gist *a, const struct key_gist *b);
