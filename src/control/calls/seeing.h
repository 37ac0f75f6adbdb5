/* control/calls/seeing.h - what the resources that show have in common: what only who sees all may ask for, moments,
 * texts without secrets, pages.
 *
 * Threads and ownership: call.h.
 */
#pragma once

#include "call.h"

#include "util/ranking.h"

/* For what is about all: false: the caller is a tenant's, and is refused (403). */
bool seeing_all(struct call *call);

/* A target without the values of secrets. *ret_whole, or NULL: nothing had to be left out. */
json_t *seeing_target(const struct call *call, struct slice target, bool *ret_whole);

/* Lower case hex. */
json_t *seeing_hex(struct slice octets);

/* JSON null where there is none. */
json_t *seeing_number(int64_t number, bool is_there);

/* The place where a page ended, opaque; sort: whatever the order is called. Back: false: it is none, or of another
 * order: refused (400). The text of *ret lies in the call's arena. */
json_t *seeing_cursor(const struct ranking_place *place, unsigned sort);
bool seeing_place(struct call *call, struct slice cursor, unsigned sort, struct ranking_place *ret);
