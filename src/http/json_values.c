/* http/json_values.c - strings and numbers at places of a document.
 *
 * As json_watch.c does, how far each place agrees with the path is kept; beside it for each level which member of
 * its array or object the path goes through. Threads, ownership: http/json_values.h.
 */
#include "http/json_values.h"

#include "json_stream.h"
#include "json_tests.h"

#include "util/alloc.h"
#include "util/hash.h"

#include <stdlib.h>

struct place {
	struct json_tokens tokens;
	enum json_place_kind kind;
	uint32_t stars;
	size_t star_count;
};

struct json_places {
	struct arena arena;
	struct place *items;
	size_t count;
};

struct level {
	bool is_array;
	uint64_t next;   /* element */
	uint64_t member; /* that the path goes through */
};

/* Of one place. */
struct found {
	size_t at; /* tokens that agree with the path */
	struct json_value *items;
	size_t count;
	size_t others;
};

struct json_values {
	const struct json_places *places;
	struct found *found;
	struct json_values_limits left;
	struct arena arena; /* texts and members */
	struct json_stream *stream;
	struct level levels[JSON_TESTS_DEPTH +
			    1]; /* an element of what lies at the deepest place, too */
	size_t depth;
	bool over;
};

/* ---- places ---- */

struct json_places *json_places_new(void)
{
	struct json_places *places = xalloc(sizeof(*places));

	arena_init(&places->arena);
	return places;
}

void json_places_free(struct json_places *places)
{
	if (places == NULL)
		return;
	arena_done(&places->arena);
	free(places->items);
	free(places);
}

static bool is_star(const struct json_token *token)
{
	return slice_equal(token->name, SLICE("*"));
}

enum rc json_places_add(struct json_places *places, struct slice pointer, enum json_place_kind kind)
{
	struct place place = { .kind = kind };

	TRY(json_tokens_read(&places->arena, pointer, &place.tokens));
	for (size_t i = 0; i < place.tokens.depth; i++) {
		if (!is_star(&place.tokens.items[i]))
			continue;
		place.stars |= (uint32_t)1 << i;
		place.star_count++;
	}
	places->items = xgrow(places->items, places->count + 1, sizeof(*places->items));
	places->items[places->count++] = place;
	return RC_OK;
}

size_t json_places_count(const struct json_places *places)
{
	return places->count;
}

uint32_t json_places_stars(const struct json_places *places, size_t place)
{
	return places->items[place].stars;
}

/* ---- where in the document ---- */

/* The path's element at the level is another one now: this name, or without one this index. */
static void step(struct json_values *v, size_t level, const struct slice *name, uint64_t index)
{
	v->levels[level].member = name != NULL ? hash_bytes(name->data, name->size, 0) : index;
	for (size_t i = 0; i < v->places->count; i++) {
		const struct json_tokens *tokens = &v->places->items[i].tokens;
		const struct json_token *token = &tokens->items[level];
		struct found *found = &v->found[i];

		if (found->at < level)
			continue;
		found->at = level;
		if (level >= tokens->depth)
			continue;
		if (is_star(token) || (name != NULL ? slice_equal(token->name, *name)
						    : token->is_index && token->index == index))
			found->at = level + 1;
	}
}

/* A value begins: in an array it is the next element. */
static void begin_value(struct json_values *v)
{
	size_t level = v->depth - 1;

	if (v->depth > 0 && level < JSON_TESTS_DEPTH && v->levels[level].is_array)
		step(v, level, NULL, v->levels[level].next++);
}

/* Whether what is told now lies at the place, or is an element of the array there. */
static bool is_at(const struct json_values *v, size_t i)
{
	const struct place *place = &v->places->items[i];
	size_t depth = place->tokens.depth;

	if (v->found[i].at != depth)
		return false;
	return v->depth == depth || (place->kind == JSON_PLACE_ELEMENTS && v->depth == depth + 1 &&
					    v->levels[depth].is_array);
}

static void keep(struct json_values *v, size_t i, struct slice text)
{
	const struct place *place = &v->places->items[i];
	struct found *found = &v->found[i];
	uint64_t *members;
	size_t count = 0;

	v->over |= v->left.count == 0 || v->left.bytes < text.size;
	if (v->over)
		return;
	v->left.count--;
	v->left.bytes -= text.size;
	members = arena_alloc(&v->arena, (place->star_count + 1) * sizeof(*members));
	for (size_t level = 0; level < place->tokens.depth; level++) {
		if (place->stars & (uint32_t)1 << level)
			members[count++] = v->levels[level].member;
	}
	found->items = xgrow(found->items, found->count + 1, sizeof(*found->items));
	found->items[found->count++] = (struct json_value){ arena_copy(&v->arena, text), members };
}

/* ---- what the stream tells ---- */

static void on_scalar(void *arg, enum json_scalar kind, struct slice text)
{
	struct json_values *v = arg;

	begin_value(v);
	for (size_t i = 0; i < v->places->count; i++) {
		if (!is_at(v, i))
			continue;
		if (kind == JSON_IS_STRING || kind == JSON_IS_NUMBER)
			keep(v, i, text);
		else
			v->found[i].others++;
	}
}

/* An array at a place whose elements are meant is none of its values. */
static bool holds_elements(const struct json_values *v, size_t i, bool is_array)
{
	const struct place *place = &v->places->items[i];

	return is_array && place->kind == JSON_PLACE_ELEMENTS && v->depth == place->tokens.depth;
}

static void on_open(void *arg, bool is_array)
{
	struct json_values *v = arg;

	begin_value(v);
	for (size_t i = 0; i < v->places->count; i++) {
		if (is_at(v, i) && !holds_elements(v, i, is_array))
			v->found[i].others++;
	}
	if (v->depth <= JSON_TESTS_DEPTH)
		v->levels[v->depth] = (struct level){ .is_array = is_array };
	v->depth++;
}

static void on_close(void *arg, bool is_array)
{
	struct json_values *v = arg;

	v->depth--;
}

static void on_name(void *arg, struct slice name)
{
	struct json_values *v = arg;

	if (v->depth <= JSON_TESTS_DEPTH)
		step(v, v->depth - 1, &name, 0);
}

static const struct json_events events = {
	.scalar = on_scalar,
	.name = on_name,
	.opens = on_open,
	.closes = on_close,
};

/* ---- a reading ---- */

struct json_values *json_values_new(
	const struct json_places *places, struct json_values_limits limits)
{
	struct json_values *v = xalloc(sizeof(*v));

	v->places = places;
	v->left = limits;
	v->found = xalloc((places->count + 1) * sizeof(*v->found));
	arena_init(&v->arena);
	v->stream = json_stream_new(&events, v);
	return v;
}

void json_values_free(struct json_values *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < v->places->count; i++)
		free(v->found[i].items);
	free(v->found);
	arena_done(&v->arena);
	json_stream_free(v->stream);
	free(v);
}

enum rc json_values_feed(struct json_values *v, struct slice piece)
{
	if (v->over)
		return RC_TOO_LARGE;
	TRY(json_stream_feed(v->stream, piece));
	return v->over ? RC_TOO_LARGE : RC_OK;
}

enum rc json_values_end(struct json_values *v)
{
	return v->over ? RC_TOO_LARGE : json_stream_end(v->stream);
}

bool json_values_over(const struct json_values *v)
{
	return v->over;
}

const struct json_value *json_values_at(
	const struct json_values *v, size_t place, size_t *ret_count)
{
	*ret_count = v->found[place].count;
	return v->found[place].items;
}

size_t json_values_others(const struct json_values *v, size_t place)
{
	return v->found[place].others;
}
