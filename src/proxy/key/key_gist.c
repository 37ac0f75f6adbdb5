/* proxy/key/key_gist.c - what is compared of two responses. */
#include "key_gist.h"

#include "http/gunzip.h"
#include "policy/coding.h"

#include <stdio.h>
#include <string.h>

#define MOST_PLAIN ((uint64_t)8 * 1024 * 1024)
#define MOST_RATIO 1032 /* deflate can't do more */

static void digest_gist(
	int status, const struct headers *fields, struct slice body, struct key_gist *ret)
{
	struct slice type = headers_get(fields, FIELD_CONTENT_TYPE);
	SCOPED(digest) digest = digest_begin();
	char head[32];

	digest_update(digest, (struct slice){ head, (size_t)snprintf(head, sizeof(head), "%d %zu ",
							    status, type.size) });
	digest_update(digest, type);
	digest_update(digest, body);
	digest_end(digest, ret->digest);
	ret->known = true;
}

void key_gist_read(const struct key_gist_source *from, struct key_gist *ret)
{
	const struct gunzip_limits limits = { MOST_PLAIN, MOST_RATIO };
	struct slice bytes = { from->body->data, from->body->size };
	SCOPED(body) plain = NULL;

	ret->known = ret->repeats = false;
	if (from->gzipped || coding_of(from->fields) == CODING_GZIP) {
		if (gunzip_all(bytes, &limits, &plain) != RC_OK)
			return;
		bytes = (struct slice){ plain->data, plain->size };
	} else if (coding_of(from->fields) == CODING_OTHER) {
		return;
	}
	digest_gist(from->status, from->fields, bytes, ret);
	ret->repeats = key_secrets_stand_in(&from->secrets, bytes);
}

void key_gist_of_stored(
	const struct object *object, struct key_secrets secrets, struct key_gist *ret)
{
	SCOPED(body) loaded = NULL;

	ret->known = ret->repeats = false;
	if (body_load(object->body, &loaded) == RC_OK)
		key_gist_read(&(struct key_gist_source){ .status = object->status,
				      .fields = &object->headers,
				      .body = loaded,
				      .gzipped = object->gzipped,
				      .secrets = secrets },
			ret);
}

bool key_gist_same(const struct key_gist *a, const struct key_gist *b)
{
	return memcmp(a->digest, b->digest, DIGEST_SIZE) == 0;
}
