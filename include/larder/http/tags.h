/* http/tags.h - by which names a response wants to be found when it is to be purged.
 *
 *	Surrogate-Key	a b	separated by blanks: Fastly, "Working with surrogate keys"
 *	xkey		a b,c	by blanks or commas: vmod_xkey(3) of varnish-modules
 *	Cache-Tag	a,b	by commas, blanks around them cut: Cloudflare, CloudFront, "cache tags"
 *	Cache-Groups	"a"	a List of Strings: RFC 9875 2 (http/cache_groups.h)
 *
 * A field may stand several times. Names are opaque and letter case counts (RFC 9875 2.1; of the others some
 * fold it: who purges has to write what the origin wrote). One name in two fields is one tag.
 * What it is not: a judge of what a purge does; the tags that the configuration gives (http/tag_pattern.h). Pure;
 * threads: any.
 */
#pragma once

#include "http/headers.h"

#define TAGS_MOST     64
#define TAG_SIZE_MOST 1024

/* The distinct tags in the order in which the fields are listed above; views into the fields and arena, in
 * which the array lies. *ret_too_many: there are more than TAGS_MOST, or one is longer than TAG_SIZE_MOST:
 * a purge by what was left out would miss the response. */
size_t tags_of(const struct headers *response, struct arena *arena, struct slice **ret,
	bool *ret_too_many);

/* Whether one of the fields is there and has no tag that can be read. */
bool tags_unread(const struct headers *head, struct arena *arena);

/* Tags in one text, each with its size (u16, little-endian) in front: as they are kept with a stored response.
 * Packed: in the arena; tags longer than TAG_SIZE_MOST are left out. */
struct slice tags_packed(const struct slice *tags, size_t count, struct arena *arena);

/* Whether a text is made so. */
bool tags_are_packed(struct slice packed);

/* Whether a stored response, with these fields and packed tags, has the tag. */
bool tags_have(const struct headers *response, struct slice packed, struct slice tag);

/* The distinct tags of a stored response: those of its fields, then those that the configuration gave it. Else
 * as tags_of(). */
size_t tags_of_stored(const struct headers *response, struct slice packed, struct arena *arena,
	struct slice **ret, bool *ret_too_many);
