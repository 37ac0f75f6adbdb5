/* util/ranking.c - the first so many of a listing. Threads and ownership: util/ranking.h. */
#include "util/ranking.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

struct ranking *ranking_new(
	size_t most, const struct ranking_place *after, void (*release)(void *item))
{
	struct ranking *ranking = xalloc(sizeof(*ranking));

	*ranking = (struct ranking){ .most = most, .after = after, .release = release };
	return ranking;
}

static void drop_last(struct ranking *ranking)
{
	struct ranking_member *last = &ranking->members[--ranking->count];

	free((void *)(uintptr_t)last->place.text.data);
	if (ranking->release != NULL && last->item != NULL)
		ranking->release(last->item);
}

void ranking_free(struct ranking *ranking)
{
	while (ranking->count > 0)
		drop_last(ranking);
	free(ranking->members);
	free(ranking);
}

static int compare_texts(struct slice a, struct slice b)
{
	size_t shared = a.size < b.size ? a.size : b.size;
	int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

int ranking_compare(const struct ranking_place *a, const struct ranking_place *b)
{
	int order = compare_texts(a->text, b->text);

	if (order == 0)
		order = (a->rank < b->rank) - (a->rank > b->rank);
	if (order == 0)
		order = (a->group > b->group) - (a->group < b->group);
	return order != 0 ? order : (a->id > b->id) - (a->id < b->id);
}

static int compare_members(const void *a, const void *b)
{
	const struct ranking_member *one = a, *other = b;

	return ranking_compare(&one->place, &other->place);
}

bool ranking_wants(const struct ranking *ranking, const struct ranking_place *place)
{
	if (ranking->after != NULL && ranking_compare(place, ranking->after) <= 0)
		return false;
	return !ranking->was_cut ||
	       ranking_compare(place, &ranking->members[ranking->most - 1].place) < 0;
}

void ranking_finish(struct ranking *ranking)
{
	if (ranking->count > 1)
		qsort(ranking->members, ranking->count, sizeof(ranking->members[0]),
			compare_members);
	while (ranking->count > ranking->most)
		drop_last(ranking);
}

/* Room for one more. */
static void make_room(struct ranking *ranking)
{
	if (ranking->count < ranking->room)
		return;
	if (ranking->count / 2 >= ranking->most) {
		ranking_finish(ranking);
		ranking->was_cut = true;
		return;
	}
	ranking->room = ranking->room > 0 ? 2 * ranking->room : FIRST_ROOM;
	ranking->members = xgrow(ranking->members, ranking->room, sizeof(ranking->members[0]));
}

void ranking_add(struct ranking *ranking, const struct ranking_place *place, void *item)
{
	struct ranking_member *member;

	make_room(ranking);
	member = &ranking->members[ranking->count++];
	member->place = *place;
	member->place.text.data =
		place->text.size > 0 ? xcopy(place->text.data, place->text.size) : NULL;
	member->item = item;
}
