/* proxy/refresh.h - fetches that no client waits for (RFC 5861 3). On the front threads. */
#pragma once

#include "proxy/exchange.h"

/* Refreshes x->object, unless that is under way already or failed a moment ago. Never waits. */
void refresh_begin(struct exchange *x);
