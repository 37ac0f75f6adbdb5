/* http/tag_pattern.h - tags that the operator gives: made of a path, or of what a JSON body holds.
 *
 *	article:{1}/{2}				of the path's first two segments
 *	article:{/result/ * /source}/{/result/ * /id}	(without the blanks) of each member of /result
 *
 * Of a path: a segment is percent-decoded; where one is missing or empty there is no tag. Of a body: places are those
 * of http/json_values.h, strings and numbers only; stars at the same position of several pointers of one pattern
 * are the same member, and what else can be combined is. A tag longer than TAG_SIZE_MOST is none of a path.
 *
 * What it is not: the tags that the origin gives (http/tags.h). Threads: patterns are immutable once they are made;
 * a reading belongs to one thread at a time. Ownership: as said.
 */
#pragma once

#include "http/tags.h"

#include "util/rc.h"
#include "util/scope.h"

#define HELD_TAGS_MOST 1024 /* that are told of one body */

/* Of one route. */
struct tag_patterns;

struct tag_patterns *tag_patterns_new(void);
void tag_patterns_free(struct tag_patterns *patterns);

SCOPE_DEFINE(tag_patterns, tag_patterns_free)

/* Copy what they need. RC_INVALID: no pattern, as verified by the configuration. RC_TOO_LARGE: a pointer has too
 * many tokens. */
NODISCARD enum rc tag_patterns_add_path(struct tag_patterns *patterns, struct slice text);
NODISCARD enum rc tag_patterns_add_held(struct tag_patterns *patterns, struct slice text);

bool tag_patterns_have_path(const struct tag_patterns *patterns);
bool tag_patterns_have_held(const struct tag_patterns *patterns);

/* The distinct tags of a path: of what varies in it, such as "/a/b"; array and texts in the arena. */
size_t tag_patterns_of_path(const struct tag_patterns *patterns, struct slice rest,
	struct arena *arena, struct slice **ret);

/* What one JSON document holds, seen while it comes. Bounded: some MiB at most. */
struct held_tags;

struct held_tags *held_tags_new(const struct tag_patterns *patterns); /* borrows */
void held_tags_free(struct held_tags *held);

SCOPE_DEFINE(held_tags, held_tags_free)

/* The next piece of the document, of some KiB. RC_INVALID, RC_TOO_LARGE: what it holds can't be told. Final. */
NODISCARD enum rc held_tags_feed(struct held_tags *held, struct slice piece);

/* All was fed: the distinct tags, HELD_TAGS_MOST at most; array and texts in the arena. RC_INVALID: it was no
 * JSON. RC_TOO_LARGE: there are more, or one is longer than a tag may be. */
NODISCARD enum rc held_tags_end(
	struct held_tags *held, struct arena *arena, struct slice **ret, size_t *ret_count);
