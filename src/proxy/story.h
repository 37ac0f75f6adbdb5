/* proxy/story.h - how client_side.c drives the steps of exchange.c. */
#pragma once

#include "proxy/exchange.h"

/* The first step is next. */
void story_begin(struct exchange *x);

/* Up to the moment at which the origin was asked, or an answer found. */
void story_until_fetched(struct exchange *x);

/* To the end, or until it is suspended. */
enum exchange_state story_run(struct exchange *x);

/* The next step delivers this problem. */
void story_refuse(struct exchange *x, enum problem problem, const char *detail);

/* Whether it may ask at all, for whom it comes; else ret_* say why not. */
bool story_admits(const struct exchange *x, enum problem *ret_problem, const char **ret_detail);

/* Whether this request's fetch is for itself alone. */
bool story_goes_alone(const struct exchange *x);

/* There is an answer; no step is left. */
void story_end(struct exchange *x);
