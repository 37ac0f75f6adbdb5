/* http/tag_inside.h - patterns of tags, compiled: what tag_pattern.c and held_tags.c share.
 *
 * Ownership: all lies in the arena of the patterns.
 */
#pragma once

#include "http/json_values.h"
#include "http/tag_pattern.h"

#include "util/bytes.h"

/* Text, and what stands behind it: a segment (from 1 on) or a place; nothing behind the last. */
struct tag_piece {
	struct slice text;
	bool is_last;
	size_t number;
};

struct tag_pattern {
	struct tag_piece *pieces; /* up to the one that is the last */
};

struct tag_patterns {
	struct arena arena;
	struct tag_pattern *path, *held;
	size_t path_count, held_count;
	struct json_places *places; /* of all of held */
	uint64_t seed;
};

/* Distinct tags. */
struct tag_set {
	struct arena *arena;
	struct slice *items;
	size_t count, most;
	uint16_t *slots; /* by hash: index + 1 */
	size_t mask;
	uint64_t seed;
};

void tag_set_init(struct tag_set *set, struct arena *arena, size_t most, uint64_t seed);

/* Copies. false: there are most already. */
bool tag_set_add(struct tag_set *set, struct slice tag);
