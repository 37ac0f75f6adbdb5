/* store/tier.c - calls through the vtable of a tier, so that its users don't spell it out.
 *
 * Threads and ownership are the tier's (store/tier.h).
 */
#include "store/tier.h"

enum rc tier_get(struct tier *tier, const struct key *key, const struct chooser *chooser,
	struct object **ret)
{
	return tier->ops->get(tier, key, chooser, ret);
}

enum rc tier_put(struct tier *tier, const struct key *key, struct object *object)
{
	return tier->ops->put(tier, key, object);
}

enum rc tier_add(struct tier *tier, const struct key *key, struct object *object)
{
	return tier->ops->add(tier, key, object);
}

enum rc tier_replace(
	struct tier *tier, const struct key *key, const struct object *old, struct object *object)
{
	return tier->ops->replace != NULL ? tier->ops->replace(tier, key, old, object)
					  : RC_UNSUPPORTED;
}

enum rc tier_drop(struct tier *tier, const struct key *key)
{
	return tier->ops->drop(tier, key);
}

enum rc tier_discard(struct tier *tier, const struct key *key, const struct object *object)
{
	return tier->ops->discard(tier, key, object);
}

void tier_visit(struct tier *tier, const struct tier_visitor *visitor)
{
	tier->ops->visit(tier, visitor);
}

void tier_sweep(struct tier *tier, int64_t now_ms)
{
	tier->ops->sweep(tier, now_ms);
}

void tier_usage(struct tier *tier, struct tier_usage *ret)
{
	tier->ops->usage(tier, ret);
}

void tier_free(struct tier *tier)
{
	if (tier != NULL)
		tier->ops->free(tier);
}
