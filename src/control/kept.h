/* control/kept.h - a JSON value that outlasts the process where there is a disk tier (proxy/facts.h).
 *
 * Threads: any; both wait for the disk. Ownership: as said.
 */
#pragma once

#include "call.h"

#define KEPT_MOST ((size_t)8 * 1024 * 1024) /* bytes of one as text */

/* *ret is the caller's; NULL: nothing was kept. RC_UNSUPPORTED: nothing ever is, for want of a disk tier. RC_BUSY, RC_IO, ...:
 * that can't be told yet. What is there and can't be read is told to the log, and is nothing. */
NODISCARD enum rc kept_load(struct proxy *proxy, const char *name, json_t **ret);

/* Errors as facts_remember(). RC_TOO_LARGE */
NODISCARD enum rc kept_save(struct proxy *proxy, const char *name, const json_t *json);
