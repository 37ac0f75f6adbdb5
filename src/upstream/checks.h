/* upstream/checks.h - asking the origins of an upstream now and then whether they are well.
 *
 * A check goes around everything that requests go through: it waits for no turn, no breaker keeps it back, it
 * is not tried again and nothing of it is stored. An origin counts as up until its first check has failed; then
 * each check decides.
 *
 * Threads: made and freed where the upstream is; all else is the loop's. Ownership: borrows the upstream.
 */
#pragma once

#include <stdbool.h>

struct upstream;
struct checks;

/* NULL: none are configured, or it is offline. The first ones go at once. */
struct checks *checks_new(struct upstream *upstream);

/* No more of them; true: none is under way, and none will be. On the loop, as all of these are. NULL is fine. */
bool checks_end(struct checks *checks);

/* When none is under way, or the loop's thread has ended. NULL is fine. */
void checks_free(struct checks *checks);
