/* proxy/source_version.h - which release of its data an origin answers from, and what follows when it
 * is another one.
 *
 * A route may name a response field that tells it (routes.*.source_version). With another value than the
 * last, all that was stored of the route before is stale: its slot is invalidated softly, which costs
 * the same however much that is, and outlasts the process. So does the value (disk_remember()).
 *
 * Threads: the upstream loop's alone, but new, free and source_version_of(), which is pure.
 */
#pragma once

#include "flight.h"

struct source_versions;

struct source_versions *source_versions_new(const struct config *config);
void source_versions_free(struct source_versions *versions);

/* A head came at now_ms (flight->status, received): what it says of the version of its route. May raise
 * the flight's epoch; so before its groups are looked for. */
void source_version_note(struct flight *flight, int64_t now_ms);

/* What these fields say, as the route wants it told; or of size 0. In the arena, or theirs. */
struct slice source_version_of(
	const struct config_route *route, const struct headers *fields, struct arena *arena);
