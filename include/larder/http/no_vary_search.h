/* http/no_vary_search.h - No-Vary-Search: which parts of a query make no difference
 * (draft-ietf-httpbis-no-vary-search).
 *
 * A rule is short-lived: what remembers it keeps the field's text and parses it anew. Threads: any,
 * each with its own arena. Ownership: everything lies in the arena that was handed in.
 */
#pragma once

#include "util/arena.h"
#include "util/bytes.h"

struct no_vary_search {
	bool any_order;  /* key-order: of parameters with different names */
	bool only_names; /* names are those that matter (except); else those that don't (params) */
	struct slice *names; /* decoded, in order */
	size_t count;
};

/* A field's value, several lines combined. RC_ABSENT: queries are compared as they are, since the
 * field is empty, says no more than that, or can't be relied on: not a dictionary, a member of
 * another type (booleans for params and except, as earlier drafts had them, too), params beside
 * except, a name that isn't UTF-8. Unknown members are ignored. */
NODISCARD enum rc no_vary_search_parse(
	struct slice field, struct arena *arena, struct no_vary_search *ret);

/* Appends a target in a form that is the same, byte for byte, for targets that are equivalent under
 * the rule: the path as it is; behind a '?' the parameters that matter as "name=value", all but
 * unreserved characters percent-encoded, stably sorted by name where order makes no difference;
 * without any, the path alone. For looking up, never for sending.
 *
 * A query that doesn't decode to UTF-8 is left as it is. The draft reads each fault as U+FFFD, and
 * then different searches in Latin-1 are one; a cache need not follow it there.
 *
 * raw_target is one that target_split() took. RC_TOO_LARGE: ret is full and of no use. */
NODISCARD enum rc no_vary_search_target(const struct no_vary_search *rule, struct slice raw_target,
	struct arena *arena, struct bytes *ret);
