/* control/namespaces.h - how often everything, each route and each tenant was left behind.
 *
 * The versions are numbers for people: what is out of reach is so by its slot (proxy/purge.h). They begin at 1 and outlast
 * the process where there is a disk tier.
 *
 * Threads: any; a lock, held while they are kept. Ownership: the control's.
 */
#pragma once

#include "call.h"

struct namespaces;

struct namespaces *namespaces_new(void);
void namespaces_free(struct namespaces *namespaces);

/* name: "all", "route:/path" or "tenant:name". RC_BUSY, RC_IO, ...: what was kept can't be read yet. */
NODISCARD enum rc namespaces_version(
	struct namespaces *namespaces, struct proxy *proxy, const char *name, int64_t *ret);

/* One more. RC_BUSY, RC_IO, ...: it is not kept, and stays as it was. */
NODISCARD enum rc namespaces_raise(
	struct namespaces *namespaces, struct proxy *proxy, const char *name, int64_t *ret);
