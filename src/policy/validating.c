/* validating.c - which validators a stored response has. Pure; threads: any. */
#include "validating.h"

#include "status.h"

#include "http/date.h"
#include "http/validators.h"

struct slice validator_tag(const struct headers *h)
{
	return headers_get(h, FIELD_ETAG);
}

struct slice validator_origins_tag(const struct object *object)
{
	return object->tagged ? (struct slice){ NULL, 0 } : validator_tag(&object->headers);
}

enum rc validator_modified(const struct headers *h, int64_t now_ms, int64_t *ret_ms)
{
	struct slice text = headers_get(h, FIELD_LAST_MODIFIED);

	if (text.size == 0 || date_parse(text, now_ms, ret_ms) != RC_OK)
		return RC_ABSENT;
	return RC_OK;
}

bool validator_tags_agree(struct slice stored, struct slice new)
{
	struct etag a, b;

	if (etag_parse(stored, &a) != RC_OK || etag_parse(new, &b) != RC_OK)
		return slice_equal(stored, new);
	return b.weak ? etag_equal_weak(a, b) : etag_equal_strong(a, b);
}

bool validator_usable(int status, const struct headers *h, int64_t now_ms)
{
	int64_t modified_ms;

	return status_is_validatable(status) &&
	       (validator_tag(h).size > 0 || validator_modified(h, now_ms, &modified_ms) == RC_OK);
}
