/* proxy/flight/guarded.h - what becomes of a flight whose body a guard looks at.
 *
 *	head --> UNDECIDED --body, end--> GOOD, PASS     shown to all who wait
 *	             |                --> NEGATIVE       the same, and stored as an error
 *	             |                --> REJECT         nothing was shown: as if the origin had failed
 *	             |                                   its leader reads it: he gets the rest, and nobody else
 *	             +-- followers wait; so does the leader for the first 16 KiB, with `hold` for all of it
 *
 * Threads: the upstream loop. With "locked" in the name: under the flight's lock.
 */
#pragma once

#include "flight.h"

/* The head is judged as a response of its own. begin: of its body, where that is stored already, or NULL. */
void guarded_begin(struct flight *flight, const struct body *begin);

/* Whether the body is to be kept although it would not be stored: it may be an error, which would. */
bool guarded_wants_locked(const struct flight *flight);

/* Bytes of the body came, which nobody can see yet. */
void guarded_feed(struct flight *flight, const char *data, size_t size);

/* Takes notice of a verdict that has come. TRANSFER_REJECT: the body is bad, and nobody has seen it. */
enum transfer_flow guarded_settle_locked(struct flight *flight);

/* There is no room to keep what nobody may see yet. */
void guarded_give_up_locked(struct flight *flight);

/* Whether the head may be shown. */
bool guarded_shows_locked(const struct flight *flight);

/* The body is whole. RC_REJECTED: and bad. As struct ask_ops. */
enum rc guarded_whole(void *arg);

/* What it is to be stored with: an error has a lifetime of its own. */
struct freshness guarded_freshness(const struct flight *flight);

/* It was stored: a number that is watched is compared with the one before. */
void guarded_stored(const struct flight *flight);

/* Another try follows: its body is another one. */
void guarded_forget(struct flight *flight);

/* It ended: nobody looks at its body any more. */
void guarded_done(struct flight *flight);

/* Whether its leader gets a body that is bad, to its end. */
bool guarded_is_spoilt(const struct flight *flight);
