/* store/stored.c - what tiers ask about a stored response.
 *
 * Pure. Threads: any.
 */
#include "store/stored.h"

#define VALIDATOR_LIFETIMES 10
#define VALIDATOR_LEAST_MS  INT64_C(3600000)

static bool has_field(const struct headers *h, const struct field *field)
{
	HEADERS_EACH(at, h) {
		if (slice_equal_nocase(at->name, field->name) &&
			slice_equal(at->value, field->value))
			return true;
	}
	return false;
}

static bool has_all(const struct headers *h, const struct headers *of)
{
	HEADERS_EACH(at, of) {
		if (!has_field(h, at))
			return false;
	}
	return true;
}

bool stored_same_variant(const struct object *a, const struct object *b)
{
	const struct headers *va = &a->variant, *vb = &b->variant;

	return va->count == vb->count && has_all(va, vb) && has_all(vb, va);
}

static bool has_validator(const struct object *object)
{
	return (headers_has(&object->headers, FIELD_ETAG) && !object->tagged) ||
	       headers_has(&object->headers, FIELD_LAST_MODIFIED);
}

static int64_t longer(int64_t a_ms, int64_t b_ms)
{
	return a_ms > b_ms ? a_ms : b_ms;
}

static int64_t age_ms(const struct freshness *f, int64_t now_ms)
{
	/* A clock that stepped back makes nothing younger than it was when it came. */
	int64_t resident_ms = now_ms > f->responded_ms ? now_ms - f->responded_ms : 0;

	return f->initial_age_ms + resident_ms; /* RFC 9111 4.2.3 */
}

/* Whether it may be served without asking the origin first, once it is stale_ms past its lifetime
 * (below 0: fresh). */
static bool answers_alone(const struct freshness *f, int64_t stale_ms)
{
	if (f->revalidate_always)
		return false;
	if (f->revalidate_stale)
		return stale_ms < 0;
	return stale_ms < longer(f->stale_while_revalidate_ms, f->stale_if_error_ms);
}

static int64_t validator_window_ms(const struct freshness *f)
{
	if (f->lifetime_ms > INT64_MAX / VALIDATOR_LIFETIMES)
		return INT64_MAX;
	return longer(f->lifetime_ms * VALIDATOR_LIFETIMES, VALIDATOR_LEAST_MS);
}

/* The last moment at which it may be of use; before it, it can still be of none. */
int64_t stored_until_ms(const struct object *object)
{
	const struct freshness *f = &object->freshness;
	int64_t stale_ms = longer(f->stale_while_revalidate_ms, f->stale_if_error_ms);
	int64_t born_ms = f->responded_ms - f->initial_age_ms, most_ms;

	if (f->revalidate_stale || f->revalidate_always)
		stale_ms = 0;
	if (has_validator(object))
		stale_ms = longer(stale_ms, validator_window_ms(f));
	most_ms = INT64_MAX - longer(born_ms, 0);
	if (f->lifetime_ms > most_ms || stale_ms > most_ms - f->lifetime_ms)
		return INT64_MAX;
	return born_ms + f->lifetime_ms + stale_ms;
}

bool stored_useful(const struct object *object, int64_t now_ms)
{
	const struct freshness *f = &object->freshness;
	int64_t stale_ms = age_ms(f, now_ms) - f->lifetime_ms;

	if (answers_alone(f, stale_ms))
		return true;
	return has_validator(object) && stale_ms <= validator_window_ms(f);
}

bool stored_same(const struct object *a, const struct object *b)
{
	return a == b || (a->epoch == b->epoch && a->status == b->status &&
				 a->freshness.requested_ms == b->freshness.requested_ms &&
				 a->freshness.responded_ms == b->freshness.responded_ms &&
				 a->part.first == b->part.first && stored_same_variant(a, b));
}
