/* control/calls/entry_id.h - what the routes of one entry have in common: its id, and what is said where there is none.
 *
 * Threads and ownership: call.h.
 */
#pragma once

#include "call.h"

#include "proxy/entries.h"

/* Tells of the entry that the call names, as entries_show() does; whom it isn't for, see entry_is_hers(). fault: words,
 * ENTRY_FAULT of them. Codes as entries_show(); RC_ABSENT: no entry has such an id. */
#define ENTRY_FAULT 4096
NODISCARD enum rc entry_show(
	struct call *call, const struct entries_listener *listener, struct bytes *fault);

/* What others have isn't there for a tenant. */
bool entry_is_hers(const struct call *call, const struct entry_seen *entry);

/* By what entries_list() or entries_show() gave: 404, or 503 with the fault's words. */
void entry_refuse(struct call *call, enum rc rc, const struct bytes *fault);
