/* util/ranking.h - the first so many of a listing, in whatever order its members come.
 *
 *	ranking_new() -> for each: ranking_wants()? ranking_add() -> ranking_finish(): members[0..count)
 *
 * The order is one of places: by text from a to z, then the highest rank first, then by group and by id. It is
 * total, so that the place where one page of a listing ended says where the next begins, whatever came and went
 * in between. At most four times as many members are held as are asked for, or 64.
 *
 * Threads: one at a time. Ownership: a ranking has its members until it is freed.
 */
#pragma once

#include "util/scope.h"
#include "util/slice.h"

#include <stdint.h>

struct ranking_place {
	struct slice text;
	int64_t rank;
	int64_t group;
	int64_t id;
};

struct ranking_member {
	struct ranking_place place; /* its text is the ranking's */
	void *item;
};

struct ranking {
	size_t most;
	void (*release)(void *item);
	const struct ranking_place *after;
	struct ranking_member *members;
	size_t count;
	size_t room;
	bool was_cut; /* members[most - 1] is the last of those that are of use */
};

/* most: at least 1. after: what stands there or before it is not wanted; borrowed, or NULL: from the first on.
 * release: of items, or NULL. */
struct ranking *ranking_new(
	size_t most, const struct ranking_place *after, void (*release)(void *item));
void ranking_free(struct ranking *ranking);
SCOPE_DEFINE(ranking, ranking_free)

/* Whether it may be among the first. Cheap: ask before an item is made. */
bool ranking_wants(const struct ranking *ranking, const struct ranking_place *place);

/* Copies the text, takes the item. Each place once. */
void ranking_add(struct ranking *ranking, const struct ranking_place *place, void *item);

/* Now members are in order, and no more than were asked for. */
void ranking_finish(struct ranking *ranking);

/* Below 0: a stands before b. */
int ranking_compare(const struct ranking_place *a, const struct ranking_place *b);
