/* proxy/flight/guarding.h - the body of one flight, looked at by the guard of its route while it comes.
 *
 *	guarding_new -> feed, feed ... -> end		the verdict may be there after each
 *
 * What it is not: what becomes of a body that is not good; that is flight.c's. Bounded: a piece of 16 KiB,
 * what the watches of http/ take, and 40 KiB where there is a gzip to undo, up to cache.decode_limit.
 *
 * Threads: the upstream loop. Ownership: the flight's.
 */
#pragma once

#include "flight.h"

#include "policy/guard.h"

struct guarding;

/* Whether it is: see there. */
bool guarding_is_due(const struct flight *flight);

/* Whether a part of a body may be stored: where its head alone makes a body good. */
bool guarding_takes_part(const struct flight *flight);

/* The head came. NULL: nobody asks anything of this body: the route has no guard, or it is none that it
 * is about (a 200 or 203 to GET, or to a POST or QUERY whose body stands in the key). */
struct guarding *guarding_new(const struct flight *flight);
void guarding_free(struct guarding *guarding);

/* The next bytes, as they came. */
void guarding_feed(struct guarding *guarding, const char *data, size_t size);

/* There is no more room to keep it from its readers: they get it unjudged, but it is not stored. */
void guarding_give_up(struct guarding *guarding);

/* All came. The verdict is not GUARD_UNDECIDED any more. */
void guarding_end(struct guarding *guarding);

enum guard_verdict guarding_verdict(const struct guarding *guarding);

/* The rule that failed, or GUARD_RULE_NONE. */
enum guard_rule guarding_rule(const struct guarding *guarding);

/* At the end: the number that the route watches. false: there is none. */
bool guarding_number(const struct guarding *guarding, double *ret);
