/* proxy/shelves.h - the tiers, as the configuration has them: memory, disk, and the stack of both.
 *
 * Threads: start and stop on one thread, collect on any between them.
 */
#pragma once

#include "state.h"
#include "util/bytes.h"

/* Fills in the house's memory, disk, store and groups. RC_LOCKED, RC_DENIED, ...: the disk tier is
 * configured and can't be had; fault says why. shelves_stop() in any case. */
NODISCARD enum rc shelves_start(struct house *house, struct bytes *fault);

/* Where a body that is on its way is spooled: beside the disk tier's files, where it needs no copying to
 * become one, as long as that works. */
const char *shelves_spool_path(const struct house *house);

/* Writes what is queued for the disk. */
void shelves_stop(struct house *house);

/* The gauges of observe/metrics.def that tell of the tiers. */
void shelves_collect(const struct house *house);
