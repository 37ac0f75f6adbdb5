/* proxy/keep/adaptive.c - what refreshes teach about lifetimes.
 *
 * Learning is the upstream loop's; others read. Numbers may be torn apart from one another, which costs
 * nothing: each is right by itself.
 */
#include "adaptive_inside.h"

#include "lifetime.h"
#include "state.h"

#include "policy/freshness.h"
#include "util/alloc.h"

#include <stdlib.h>

#define MEAN_OF 8 /* the latest ones, about */

struct adaptive *adaptives_new(const struct config *config)
{
	return xalloc((config->route_count + 1) * sizeof(struct adaptive));
}

void adaptives_free(struct adaptive *adaptives)
{
	free(adaptives);
}

void adaptive_copy(struct adaptive *to, const struct adaptive *from)
{
	atomic_store(&to->start_ms, atomic_load(&from->start_ms));
	atomic_store(&to->refreshes, atomic_load(&from->refreshes));
	atomic_store(&to->changes, atomic_load(&from->changes));
}

int64_t adaptive_start_ms(const struct proxy *proxy, uint16_t route)
{
	return atomic_load_explicit(&proxy->adaptives[route].start_ms, memory_order_relaxed);
}

static void learn(struct adaptive *a, int64_t lifetime_ms, enum ttl_news news)
{
	int64_t mean_ms = atomic_load_explicit(&a->start_ms, memory_order_relaxed);

	mean_ms = mean_ms == 0 ? lifetime_ms : mean_ms + (lifetime_ms - mean_ms) / MEAN_OF;
	atomic_store_explicit(&a->start_ms, mean_ms, memory_order_relaxed);
	atomic_fetch_add_explicit(&a->refreshes, 1, memory_order_relaxed);
	if (news == TTL_CHANGED)
		atomic_fetch_add_explicit(&a->changes, 1, memory_order_relaxed);
}

/* What it was given the last time, without the age with which it came. */
static int64_t given_ms(const struct freshness *f)
{
	return f->lifetime_ms - f->initial_age_ms;
}

void adaptive_settle(
	struct flight *flight, const struct object *before, enum ttl_news news, struct freshness *f)
{
	struct ttl_rules rules;
	int64_t last_ms = given_ms(f);

	if (f->source != LIFETIME_ADAPTIVE || before == NULL)
		return;
	/* asked again before its time was over: that nothing has changed yet says little */
	if (news == TTL_UNCHANGED && freshness_left_ms(&before->freshness, f->responded_ms) > 0)
		news = TTL_UNKNOWN;
	if (before->freshness.source == LIFETIME_ADAPTIVE)
		last_ms = given_ms(&before->freshness);
	rules = lifetime_rules(flight);
	f->lifetime_ms = f->initial_age_ms + ttl_adapted(&rules, last_ms, news);
	if (news != TTL_UNKNOWN)
		learn(&flight->proxy->adaptives[flight->route], given_ms(f), news);
}

void adaptive_tell(const struct proxy *proxy, uint16_t route, struct adaptive_told *ret)
{
	const struct adaptive *a = &proxy->adaptives[route];

	*ret = (struct adaptive_told){
		.enabled = proxy->config->routes[route].adaptive.enabled,
		.start_ms = adaptive_start_ms(proxy, route),
		.refreshes = atomic_load_explicit(&a->refreshes, memory_order_relaxed),
		.changes = atomic_load_explicit(&a->changes, memory_order_relaxed),
	};
}
