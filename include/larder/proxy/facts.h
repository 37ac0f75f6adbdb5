/* proxy/facts.h - small values by name that outlast the process, where there is a disk tier.
 *
 * Names begin with no slash: those that do are the routes', whose releases are kept beside them.
 * Threads: any that answers no client of the cache: both wait for the disk.
 */
#pragma once

#include "proxy/proxy.h"

/* Appends to ret. RC_ABSENT: there is none. RC_UNSUPPORTED: there is no disk tier, or it is another larder's. RC_BUSY:
 * it is being opened. RC_IO and its like: it can't be told now. RC_TOO_LARGE: above ret's limit. */
NODISCARD enum rc facts_recall(struct proxy *proxy, struct slice name, struct bytes *ret);

/* RC_OK: it is on the disk, and comes through kill -9. Else as above. */
NODISCARD enum rc facts_remember(struct proxy *proxy, struct slice name, struct slice value);
