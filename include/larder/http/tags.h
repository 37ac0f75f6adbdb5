/* http/tags.h - by which names a response wants to be found when it is to be purged.
 *
 *	Surrogate-Key	a b	separated by blanks: Fastly, "Working with surrogate keys"
 *	xkey		a b,c	by blanks or commas: vmod_xkey(3) of varnish-modules
 *	Cache-Tag	a,b	by commas, blanks around them cut: Cloudflare, CloudFront, "cache tags"
 *	Cache-Groups	"a"	a List of Strings: RFC 9875 2 (http/cache_groups.h)
 *
 * A field may stand several times. Names are opaque and letter case counts (RFC 9875 2.1; of the others some
 * fold it: who purges has to write what the origin wrote). One name in two fields is one tag.
 * What it is not: a judge of what a purge does. Pure; threads: any.
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
