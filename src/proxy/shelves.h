/* proxy/shelves.h - the tiers, as the configuration has them: memory, disk, and the stack of both.
 *
 * Threads: start, divide, resize and stop on one thread at a time, collect on any between them.
 */
#pragma once

#include "state.h"
#include "util/bytes.h"

/* Fills in the house's memory, disk, store and groups. RC_LOCKED, RC_DENIED, ...: the disk tier is
 * configured and can't be had; fault says why. shelves_stop() in any case. */
NODISCARD enum rc shelves_start(struct house *house, struct bytes *fault);

/* Where the configuration has tenants the memory tier is divided, from now on for good; nobody has a share of it
 * yet. Nothing that anybody sees. */
void shelves_divide(struct house *house, const struct config *config);

/* Sizes and tenants' shares as this configuration has them. Not two at once. */
void shelves_resize(struct house *house, const struct config *config);

/* Where a body that is on its way is spooled: beside the disk tier's files, where it needs no copying to
 * become one, as long as that works. */
const char *shelves_spool_path(const struct house *house);

/* Writes what is queued for the disk. */
void shelves_stop(struct house *house);

/* The gauges of observe/metrics.def that tell of the tiers. */
void shelves_collect(const struct house *house);
