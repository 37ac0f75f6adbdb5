/* control/access/quota.h - how often tokens may ask: admin.tokens.*.rate.
 *
 * As many at once as the rate has in its time, then evenly. What is known of a token outlives a reload, and goes when
 * the token might have all again. Threads: any. Time is an argument.
 */
#pragma once

#include "config/control.h"

struct quota;

struct quota *quota_new(void);
void quota_free(struct quota *quota);

/* Takes one. 0: it may; else milliseconds until it might. */
int64_t quota_take(struct quota *quota, const struct config_token *token, int64_t now_us);
