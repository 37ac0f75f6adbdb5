/* proxy/purge/holding.h - what the body of one flight holds (`routes.*.tags_held`), read while it comes.
 *
 *	holding_begin -> feed, feed ... -> holding_tags		at landing; nothing of it on other routes
 *
 * 16 MiB of a body are looked at, after its gzip is undone. What is larger, broken, no JSON, a part, or holds more
 * tags than are kept, holds anything: it is stale when anything is invalidated.
 *
 * Threads: the upstream loop. Ownership: the flight's.
 */
#pragma once

#include "flight/flight.h"

struct holding;

/* The head of a response of its own came. begin: of its body, where that is stored already, or NULL. */
void holding_begin(struct flight *flight, const struct body *begin);

/* The next bytes, as they came. */
void holding_feed(struct flight *flight, const char *data, size_t size);

/* All came: the tags, in the flight's arena. false: nobody knows which. */
bool holding_tags(struct flight *flight, struct slice **ret, size_t *ret_count);

/* It ended, or another try follows. */
void holding_done(struct flight *flight);
