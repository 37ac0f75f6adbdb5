/* proxy/record.h - what is counted and logged of exchanges and flights. Nothing is decided here. */
#pragma once

#include "flight/flight.h"

#include "observe/domains.h"
#include "proxy/exchange.h"

/* Resets the exchange for a request and starts its clocks. */
void record_begin(struct exchange *x, const struct request *request);
void record_end(struct exchange *x, bool complete);

/* A stale response was given to a client. */
void record_stale(const struct exchange *x, enum label_stale reason);

/* The exchange leaves a flight without having been answered. */
void record_turned_away(const struct exchange *x, enum label_flight why);
void record_head(const struct flight *flight);
/* All of a response came, by which only its bytes could tell what it says of the stored one. */
void record_refresh(const struct flight *flight, bool unchanged);
/* skip: SKIP_NONE for stored. */
void record_store(const struct flight *flight, enum skip skip);
/* Its body was judged: flight->guard, and the rule that failed. Under the flight's lock. */
void record_guard(const struct flight *flight, enum guard_rule rule);
/* A watched number of what is stored now is far below what it was: the log hears of it. */
void record_watch_drop(const struct flight *flight, double before, double number);
void record_invalidation(enum label_scope scope, enum label_mode mode, enum label_source source);
/* A purge found so many stored responses in a tier. */
void record_invalidated(
	enum label_tier tier, enum label_scope scope, enum label_mode mode, uint64_t count);
/* The fetch ended: duration, errors; the log hears when an upstream begins or ceases to fail. */
void record_flight(struct flight *flight, enum rc rc, const char *detail);
