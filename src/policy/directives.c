/* directives.c - Cache-Control, or the targeted field that stands in for it (RFC 9213).
 *
 * What it is not: the judge of what directives mean. Pure; threads: any. Ownership: directives.h.
 */
#include "directives.h"

#include <string.h>

/* The list is found again in the fields: where it was parsed is gone in a moment, and any place with
 * the same text will do. One that can't be found, as it spans two field lines, is taken as the
 * unqualified directive. */
static void reseat(struct slice *list, const struct headers *h, enum field_id id, unsigned word,
	struct cache_control *cc)
{
	const struct field *at;
	uint32_t from = 0;

	if (list->data == NULL)
		return;
	while ((at = headers_next(h, id, &from)) != NULL) {
		const char *found = memmem(at->value.data, at->value.size, list->data, list->size);

		if (found != NULL) {
			list->data = found;
			return;
		}
	}
	*list = (struct slice){ NULL, 0 };
	cc->flags = (cc->flags & ~(word * 2)) | word;
}

/* RFC 9213 2.1: one that is empty or has a fault is as good as absent. */
static bool targeted_read(const struct headers *h, enum field_id id, struct cache_control *ret)
{
	struct arena arena;
	struct sf_members members;
	bool valid;

	if (!headers_has(h, id))
		return false;
	arena_init(&arena);
	valid = sf_parse_dictionary(
			headers_combined(h, field_name(id), &arena), &arena, &members) == RC_OK &&
		members.count > 0;
	if (valid) {
		cache_control_of_members(&members, ret);
		reseat(&ret->no_cache_fields, h, id, CC_NO_CACHE, ret);
		reseat(&ret->private_fields, h, id, CC_PRIVATE, ret);
	}
	arena_done(&arena);
	return valid;
}

bool directives_read(const struct headers *response, struct cache_control *ret)
{
	struct cache_control targeted;

	cache_control_of_response(response, ret);
	if (!targeted_read(response, FIELD_LARDER_CACHE_CONTROL, &targeted) &&
		!targeted_read(response, FIELD_CDN_CACHE_CONTROL, &targeted) &&
		!surrogate_read(response, &targeted))
		return false;
	targeted.flags |= ret->flags & CC_NO_TRANSFORM;
	*ret = targeted;
	return true;
}

bool directives_are_for_all(const struct cache_control *cc)
{
	return cc->flags & (CC_PUBLIC | CC_MUST_REVALIDATE) || cc->s_maxage != CC_NONE;
}
