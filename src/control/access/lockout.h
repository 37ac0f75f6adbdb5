/* control/access/lockout.h - addresses from which too many tokens came that are wrong or have expired: for a while they are not heard.
 *
 * A table of fixed size, whoever asks from wherever: an IPv6 address counts as its /64, since that is what one
 * customer has; on a Unix socket each user of the machine is an address of its own. Who comes from an address that is
 * locked out learns nothing of a token, right or wrong.
 *
 * Not told: failures in two windows whose sum is above the bound. Threads: any. Time is an argument.
 */
#pragma once

#include "config/control.h"
#include "util/slice.h"

struct lockout;

struct lockout *lockout_new(void);
void lockout_free(struct lockout *lockout);

/* Milliseconds that the address still has to wait; 0: it may go on. */
int64_t lockout_left_ms(struct lockout *lockout, struct slice address, int64_t now_ms);

/* Such a token from there, by the rules of admin. true: with this one it is locked out. */
bool lockout_count(struct lockout *lockout, const struct config_admin *admin, struct slice address,
	int64_t now_ms);
