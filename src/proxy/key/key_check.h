/* proxy/key/key_check.h - whether key rules tell the truth: hits that were found under another spelling than the
 * one that was fetched are now and then fetched as they came, behind their client's back, and compared.
 *
 *	ASK_AS_IT_CAME --same--> the rule holds
 *	     | other   --it repeats the client's credential--> the rule is wrong
 *	ASK_AS_STORED  --the same as that--> the content has changed: the rule holds
 *	     | what is stored
 *	ASK_AGAIN      --as at first--> the rule is wrong: it is suspended for the route
 *
 * Anything else says nothing. Compared are status, Content-Type and the body, decoded; of bodies up to 1 MiB.
 * Which spelling was fetched stands with the stored response, without its credentials (a hit with any counts as
 * one under another spelling), where the route's
 * key.verify asks for that; those of the client who was answered go along with either spelling. Nothing of
 * this is stored. POST and QUERY are not checked.
 *
 * Threads: hits come from any, the fetches run on the upstream loop. One check of a route at a time. Ownership:
 * the proxy's; a check belongs to its fetch.
 */
#pragma once

#include "proxy/exchange.h"

struct flight;
struct key_checks;

struct key_checks *key_checks_new(struct proxy *proxy);
void key_checks_free(struct key_checks *checks);

/* The request was answered from x->object, which is fresh. */
void key_check_hit(struct exchange *x);

/* Adds to fields that will be stored which spelling brought them, where that is wanted. */
void key_check_spell(struct flight *flight, struct headers *fields);

/* Sets the gauges. */
void key_checks_collect(const struct key_checks *checks);
