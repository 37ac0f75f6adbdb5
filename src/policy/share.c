/* policy/share.c - with whom a response may be shared while it is fetched. */
#include "policy/share.h"

enum share share_of(enum skip skip, const struct freshness *freshness)
{
	bool lasting = freshness_left_ms(freshness, freshness->responded_ms) > 0 &&
		       !freshness->revalidate_always;

	if ((skip == SKIP_NONE || skip == SKIP_TOO_LARGE) && lasting)
		return SHARE_ALL;
	/* one that took longer to come than it lasts is as fresh as their own would be */
	if ((skip == SKIP_NONE || skip == SKIP_NO_FRESHNESS || skip == SKIP_TOO_LARGE ||
		    skip == SKIP_KEEPS_STALE) &&
		(!freshness->explicit || freshness->lifetime_ms > 0) &&
		!freshness->revalidate_always)
		return SHARE_WAITING;
	return SHARE_NONE;
}
