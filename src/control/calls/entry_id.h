/* control/calls/entry_id.h - what the routes of one entry have in common: its id, and what is said where there is none.
 *
 * Threads and ownership: api.h.
 */
#pragma once

#include "call.h"

#include "proxy/entries.h"

/* false: no entry has such a one. */
bool entry_id_parse(struct slice text, struct entry_id *ret);

/* By what entries_list() or entries_show() gave: 404, or 503 with the fault's words. */
void entry_refuse(struct call *call, enum rc rc, const struct bytes *fault);
