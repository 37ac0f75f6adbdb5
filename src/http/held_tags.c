/* http/held_tags.c - the tags of what a JSON body holds.
 *
 * While the document comes the values at all places are kept; at its end those of one pattern are combined: for each
 * piece every value that agrees about the stars with those before it. The steps of that are counted, so that
 * a document that is made for it costs some milliseconds and is then one of which nothing can be told.
 *
 * Threads, ownership: http/tag_pattern.h.
 */
#include "tag_inside.h"

#include "util/alloc.h"

#include <stdlib.h>

#define VALUES_MOST ((size_t)16 * HELD_TAGS_MOST)
#define TEXT_MOST   ((size_t)1024 * 1024)
#define STEPS_MOST  ((size_t)2 * 1024 * 1024)
#define STARS_MOST  32 /* bits of json_places_stars() */

struct held_tags {
	const struct tag_patterns *patterns;
	struct json_values *values;
};

struct held_tags *held_tags_new(const struct tag_patterns *patterns)
{
	struct held_tags *held = xalloc(sizeof(*held));

	held->patterns = patterns;
	held->values = json_values_new(
		patterns->places, (struct json_values_limits){ VALUES_MOST, TEXT_MOST });
	return held;
}

void held_tags_free(struct held_tags *held)
{
	if (held == NULL)
		return;
	json_values_free(held->values);
	free(held);
}

enum rc held_tags_feed(struct held_tags *held, struct slice piece)
{
	return json_values_feed(held->values, piece);
}

/* One pattern on its way to its tags. */
struct combining {
	const struct held_tags *held;
	struct tag_set *set;
	struct bytes tag; /* up to the piece that is looked at */
	size_t steps;     /* that are left */
	uint32_t bound;   /* stars whose member is known */
	uint64_t members[STARS_MOST];
};

/* Whether the value is of the members that are known already; those that aren't are then. */
static bool bind(struct combining *c, uint32_t stars, const struct json_value *value)
{
	const uint64_t *member = value->members;
	uint32_t bound = c->bound;

	for (unsigned i = 0; i < STARS_MOST; i++) {
		uint32_t bit = (uint32_t)1 << i;

		if ((stars & bit) == 0)
			continue;
		if ((bound & bit) != 0 && c->members[i] != *member)
			return false;
		c->members[i] = *member++;
		bound |= bit;
	}
	c->bound = bound;
	return true;
}

static enum rc combine(struct combining *c, const struct tag_piece *piece);

/* With this value in the piece's place. */
static enum rc go_on(
	struct combining *c, const struct tag_piece *piece, const struct json_value *value)
{
	uint32_t bound = c->bound;
	size_t size = c->tag.size;
	enum rc rc;

	if (c->steps == 0)
		return RC_TOO_LARGE;
	c->steps--;
	if (value->text.size == 0 ||
		!bind(c, json_places_stars(c->held->patterns->places, piece->number), value))
		return RC_OK;
	rc = bytes_append_slice(&c->tag, value->text);
	if (rc == RC_OK)
		rc = combine(c, piece + 1);
	c->tag.size = size;
	c->bound = bound;
	return rc;
}

/* As deep as the pattern has pieces: a setting's, of bounded length. */
static enum rc combine(struct combining *c, const struct tag_piece *piece)
{
	size_t size = c->tag.size, count;
	const struct json_value *values;
	enum rc rc = RC_OK;

	TRY(bytes_append_slice(&c->tag, piece->text));
	if (piece->is_last) {
		rc = tag_set_add(c->set, bytes_slice(&c->tag)) ? RC_OK : RC_TOO_LARGE;
	} else {
		values = json_values_at(c->held->values, piece->number, &count);
		for (size_t i = 0; i < count && rc == RC_OK; i++)
			rc = go_on(c, piece, &values[i]);
	}
	c->tag.size = size;
	return rc;
}

static enum rc add_tags(
	const struct held_tags *held, const struct tag_pattern *pattern, struct tag_set *set)
{
	struct combining c = { .held = held, .set = set, .steps = STEPS_MOST };
	enum rc rc;

	bytes_init(&c.tag, TAG_SIZE_MOST);
	rc = combine(&c, pattern->pieces);
	bytes_done(&c.tag);
	return rc;
}

enum rc held_tags_end(
	struct held_tags *held, struct arena *arena, struct slice **ret, size_t *ret_count)
{
	const struct tag_patterns *patterns = held->patterns;
	struct tag_set set;

	TRY(json_values_end(held->values));
	tag_set_init(&set, arena, HELD_TAGS_MOST, patterns->seed);
	for (size_t i = 0; i < patterns->held_count; i++)
		TRY(add_tags(held, &patterns->held[i], &set));
	*ret = set.items;
	*ret_count = set.count;
	return RC_OK;
}
