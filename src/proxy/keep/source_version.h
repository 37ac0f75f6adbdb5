/* proxy/keep/source_version.h - which release of its data an origin answers from, and what follows when it
 * is another one.
 *
 * A route may name a response field that tells it (routes.*.source_version), or a URL that is asked for it
 * (version_poll.h). With another value than the last, all that was stored of the route before is stale: its slot is invalidated softly, which costs
 * the same however much that is, and outlasts the process. So does the value (disk_remember()).
 *
 * What is known is that of a path, and of all generations (state.h) that have it.
 *
 * Threads: the upstream loop's alone, but new, share and free.
 */
#pragma once

#include "flight/flight.h"

struct source_versions;

struct source_versions *source_versions_new(const struct config *config);
void source_versions_free(struct source_versions *versions);

/* From now on the route's (an index) is the one that another generation has for one of its routes. Before anybody
 * asks. */
void source_versions_share(struct source_versions *versions, size_t route,
	const struct source_versions *from, size_t from_route);

/* A head came at now_ms (flight->status, received): what it says of the version of its route. May raise
 * the flight's epoch; so before its groups are looked for. */
void source_version_note(struct flight *flight, int64_t now_ms);

/* The version of what the flight brings with these fields; or of size 0. In its arena, theirs, or valid
 * until the next change. */
struct slice source_version_of(struct flight *flight, const struct headers *fields);

#define SOURCE_VERSION_MOST 256 /* bytes; what is longer is no version */

/* What was heard of a route's version, by who asked at that epoch. */
struct source_version_news {
	struct slice value;
	uint64_t epoch;
};
void source_version_tell(
	struct proxy *proxy, uint16_t route, const struct source_version_news *news);
