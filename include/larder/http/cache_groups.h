/* http/cache_groups.h - the names in Cache-Groups and Cache-Group-Invalidation (RFC 9875).
 *
 * Both are a List of Strings with the same rules. What a name means for stored responses is not
 * decided here (store/groups.h).
 */
#pragma once

#include "util/arena.h"
#include "util/rc.h"

/* combined: all lines of the field joined (headers_combined()). RC_OK: *ret_names has *ret_count
 * names in their order, unescaped, in the arena; there may be none, or one twice. Parameters are
 * ignored (RFC 9875 2, 3).
 *
 * RC_INVALID: not a list, or a member is no String; RC_TOO_LARGE: more than 1024 members. Then the
 * whole field is ignored (RFC 9651 2, 4.2). */
NODISCARD enum rc cache_groups_parse(
	struct slice combined, struct arena *arena, struct slice **ret_names, size_t *ret_count);
