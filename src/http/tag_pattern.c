/* http/tag_pattern.c - patterns of tags: compiled, and the tags of paths.
 *
 * Threads, ownership: http/tag_pattern.h.
 */
#include "tag_inside.h"

#include "util/alloc.h"
#include "util/hash.h"
#include "util/octets.h"

#include <stdlib.h>

#define PATH_TAGS_MOST 64

struct tag_patterns *tag_patterns_new(void)
{
	struct tag_patterns *patterns = xalloc(sizeof(*patterns));

	arena_init(&patterns->arena);
	patterns->places = json_places_new();
	patterns->seed = random_u64();
	return patterns;
}

void tag_patterns_free(struct tag_patterns *patterns)
{
	if (patterns == NULL)
		return;
	json_places_free(patterns->places);
	free(patterns->path);
	free(patterns->held);
	arena_done(&patterns->arena);
	free(patterns);
}

/* ---- compiling ---- */

/* What stands in braces, as a number: of a segment, or of a place. */
static enum rc read_segment(struct tag_patterns *patterns, struct slice inside, size_t *ret)
{
	uint64_t number;

	if (!slice_to_u64(inside, &number) || number == 0 || number > UINT16_MAX)
		return RC_INVALID;
	*ret = (size_t)number;
	return RC_OK;
}

static enum rc read_place(struct tag_patterns *patterns, struct slice inside, size_t *ret)
{
	if (inside.size == 0)
		return RC_INVALID;
	*ret = json_places_count(patterns->places);
	return json_places_add(patterns->places, inside, JSON_PLACE_VALUE);
}

static size_t count_pieces(struct slice text)
{
	size_t count = 1;

	for (size_t i = 0; i < text.size; i++)
		count += text.data[i] == '{';
	return count;
}

static enum rc compile(struct tag_patterns *patterns, struct slice text,
	enum rc (*read)(struct tag_patterns *, struct slice, size_t *), struct tag_pattern *ret)
{
	struct slice rest = arena_copy(&patterns->arena, text);
	struct tag_piece *piece;

	piece = arena_alloc(&patterns->arena, count_pieces(text) * sizeof(*piece));
	ret->pieces = piece;
	for (;; piece++) {
		*piece = (struct tag_piece){ .text = slice_cut(&rest, '{') };
		piece->is_last = rest.data == NULL;
		if (piece->is_last)
			return RC_OK;
		if (slice_find(rest, '}') < 0)
			return RC_INVALID;
		TRY(read(patterns, slice_cut(&rest, '}'), &piece->number));
		if (rest.data == NULL)
			rest = SLICE("");
	}
}

enum rc tag_patterns_add_path(struct tag_patterns *patterns, struct slice text)
{
	struct tag_pattern pattern;

	TRY(compile(patterns, text, read_segment, &pattern));
	patterns->path = xgrow(patterns->path, patterns->path_count + 1, sizeof(pattern));
	patterns->path[patterns->path_count++] = pattern;
	return RC_OK;
}

enum rc tag_patterns_add_held(struct tag_patterns *patterns, struct slice text)
{
	struct tag_pattern pattern;

	TRY(compile(patterns, text, read_place, &pattern));
	patterns->held = xgrow(patterns->held, patterns->held_count + 1, sizeof(pattern));
	patterns->held[patterns->held_count++] = pattern;
	return RC_OK;
}

bool tag_patterns_have_path(const struct tag_patterns *patterns)
{
	return patterns->path_count > 0;
}

bool tag_patterns_have_held(const struct tag_patterns *patterns)
{
	return patterns->held_count > 0;
}

/* ---- sets ---- */

void tag_set_init(struct tag_set *set, struct arena *arena, size_t most, uint64_t seed)
{
	size_t slots = 2;

	while (slots < 2 * most)
		slots *= 2;
	*set = (struct tag_set){ .arena = arena, .most = most, .mask = slots - 1, .seed = seed };
	set->items = arena_alloc(arena, most * sizeof(*set->items));
	set->slots = arena_alloc(arena, slots * sizeof(*set->slots));
	for (size_t i = 0; i < slots; i++)
		set->slots[i] = 0;
}

bool tag_set_add(struct tag_set *set, struct slice tag)
{
	size_t at = (size_t)hash_bytes(tag.data, tag.size, set->seed) & set->mask;

	for (; set->slots[at] != 0; at = (at + 1) & set->mask) {
		if (slice_equal(set->items[set->slots[at] - 1], tag))
			return true;
	}
	if (set->count == set->most)
		return false;
	set->items[set->count++] = arena_copy(set->arena, tag);
	set->slots[at] = (uint16_t)set->count;
	return true;
}

/* ---- of paths ---- */

/* As it came; of size 0: there is none. */
static struct slice segment_of(struct slice rest, size_t number)
{
	struct slice segment = { NULL, 0 };

	(void)slice_cut(&rest, '/'); /* the "" in front of the first */
	for (size_t i = 0; i < number; i++) {
		if (rest.data == NULL)
			return (struct slice){ NULL, 0 };
		segment = slice_cut(&rest, '/');
	}
	return segment;
}

static enum rc fill(const struct tag_pattern *pattern, struct slice rest, struct arena *arena,
	struct bytes *ret)
{
	for (const struct tag_piece *at = pattern->pieces;; at++) {
		struct slice segment;

		TRY(bytes_append_slice(ret, at->text));
		if (at->is_last)
			return RC_OK;
		segment = segment_of(rest, at->number);
		if (segment.size == 0)
			return RC_ABSENT;
		TRY(bytes_append_slice(ret, octets_decoded(segment, arena)));
	}
}

size_t tag_patterns_of_path(const struct tag_patterns *patterns, struct slice rest,
	struct arena *arena, struct slice **ret)
{
	struct tag_set set;

	tag_set_init(&set, arena, PATH_TAGS_MOST, patterns->seed);
	for (size_t i = 0; i < patterns->path_count; i++) {
		struct bytes tag;

		bytes_init(&tag, TAG_SIZE_MOST);
		if (fill(&patterns->path[i], rest, arena, &tag) == RC_OK && tag.size > 0)
			(void)!tag_set_add(&set, bytes_slice(&tag));
		bytes_done(&tag);
	}
	*ret = set.items;
	return set.count;
}
