/* proxy/origin_side.h - the part of the story that runs for a flight and not for a client: keep, land.
 *
 *	keep: the head came. What is it, who may have it, is it to be stored?
 *	land: the body is complete. Into the store.
 *
 * On the upstream loop, without the flight's lock but where a purge must not slip through.
 */
#pragma once

#include "flight/flight.h"

#include "policy/views.h"

const struct flight_story *origin_side_story(void);

/* The bounds that the configuration sets for this flight's route; and for any response of a route, without `forced`
 * and `draw` of the rules of lifetimes. */
struct policy_limits origin_side_limits(const struct flight *flight);
struct policy_limits origin_side_limits_of(const struct proxy *proxy, uint16_t route);

/* RFC 9110 6.6.1: a response that is stored or sent on has a Date. */
void origin_side_add_date(struct headers *fields, int64_t now_ms);

/* Stores it (borrowed), or says why not. Counts. */
enum skip origin_side_store(struct flight *flight, struct object *object);

/* This stored response is not used again. */
void origin_side_discard(struct flight *flight, const struct object *object);

/* Whether it is the request that keeps the response from being stored: what is there may stay. */
bool origin_side_is_of_request(enum skip skip);

/* Hit-for-miss: what was not shareable is not waited for. */
void origin_side_remember_share(struct flight *flight, const struct flight_verdict *verdict);
