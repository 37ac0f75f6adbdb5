/* control/checks.h - the components that /health tells of. */
#pragma once

#include "config/config.h"
#include "proxy/proxy.h"

/* In the place of all others: a check for each component, docs/operations.md has them. A reference to the proxy is held
 * until the next, or the end. An upstream that fails is a warning: what is stored is still answered; one whose origins all
 * fail the checks that are configured for it is a failure. */
void checks_register(struct proxy *proxy);

/* About once a second: samples what `health.*` is judged by. */
void checks_tick(const struct proxy *proxy);

/* None are left. */
void checks_done(void);
