/* control/checks.h - the components that /health tells of. */
#pragma once

#include "config/config.h"
#include "proxy/proxy.h"

/* Registers a check for the memory tier and one for each upstream; both are borrowed until
 * health_clear(). An upstream that fails is a warning: what is stored is still answered; one whose origins all
 * fail the checks that are configured for it is a failure. */
void checks_register(const struct config *config, struct proxy *proxy);

/* Frees what checks_register() made; after health_clear(). */
void checks_done(void);
