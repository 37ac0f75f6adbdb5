/* http/cache_groups.c - the names in Cache-Groups and Cache-Group-Invalidation.
 *
 * Threads: any, each with its own arena. Ownership: cache_groups.h.
 */
#include "http/cache_groups.h"

#include "http/structured.h"

enum rc cache_groups_parse(
	struct slice combined, struct arena *arena, struct slice **ret_names, size_t *ret_count)
{
	struct sf_members members;
	struct slice *names;

	TRY(sf_parse_list(combined, arena, &members));
	names = arena_alloc(arena, members.count * sizeof(*names));
	for (size_t i = 0; i < members.count; i++) {
		const struct sf_member *member = &members.items[i];

		/* RFC 9651 2: a constraint of the field is violated */
		if (member->is_inner_list || member->item.bare.kind != SF_STRING)
			return RC_INVALID;
		names[i] = member->item.bare.text;
	}
	*ret_names = names;
	*ret_count = members.count;
	return RC_OK;
}
