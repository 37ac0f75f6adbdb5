/* surrogate.c - Surrogate-Control as older caches knew it, before there were targeted fields.
 *
 *	Surrogate-Control: max-age=3600+60, content="ESI/1.0", no-store;other
 *
 * "+60" is how long it may be used stale: while it is refreshed, and when the origin fails. A
 * parameter names the cache that a directive is meant for. What a body needs (content=) is not a
 * matter of storing it. Pure; threads: any.
 */
#include "directives.h"

/* max-age, from what is meant for everybody and from what is meant for us. */
struct ages {
	int64_t age;
	int64_t stale;
};

struct surrogate {
	bool no_store;
	struct ages common;
	struct ages ours;
};

static bool ages_parse(struct slice text, struct ages *ret)
{
	struct ages ages = { CC_NONE, CC_NONE };
	struct slice age = slice_cut(&text, '+');

	if (!cache_control_seconds(age, &ages.age))
		return false;
	if (text.data != NULL && !cache_control_seconds(text, &ages.stale))
		return false;
	*ret = ages;
	return true;
}

static void take(struct slice member, struct surrogate *s)
{
	struct slice directive = slice_trim(slice_cut(&member, ';'));
	struct slice name = slice_cut(&directive, '=');
	struct slice target = slice_trim(member);
	struct ages *at = target.size > 0 ? &s->ours : &s->common;
	struct ages ages;

	if (target.size > 0 && !slice_equal_nocase(target, SLICE("larder")))
		return;
	if (slice_equal_nocase(name, SLICE("no-store"))) {
		s->no_store = true;
		return;
	}
	/* Of duplicates the least: RFC 9111 4.2.1. */
	if (slice_equal_nocase(name, SLICE("max-age")) && ages_parse(directive, &ages) &&
		(at->age == CC_NONE || ages.age < at->age))
		*at = ages;
}

bool surrogate_read(const struct headers *response, struct cache_control *ret)
{
	struct surrogate s = { false, { CC_NONE, CC_NONE }, { CC_NONE, CC_NONE } };
	const struct ages *ages;
	const struct field *at;
	uint32_t from = 0;

	while ((at = headers_next(response, FIELD_SURROGATE_CONTROL, &from)) != NULL) {
		struct slice rest = at->value, member;

		while (list_next(&rest, &member))
			take(member, &s);
	}
	ages = s.ours.age != CC_NONE ? &s.ours : &s.common;
	if (!s.no_store && ages->age == CC_NONE)
		return false;
	cache_control_init(ret);
	ret->present = true;
	ret->flags = s.no_store ? CC_NO_STORE : 0;
	ret->max_age = ages->age;
	ret->stale_while_revalidate = ret->stale_if_error = ages->stale;
	return true;
}
