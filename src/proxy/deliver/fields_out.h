/* proxy/deliver/fields_out.h - what of the fields that a client gets is told elsewhere, too. */
#pragma once

#include "proxy/exchange.h"

/* The value of Cache-Status (RFC 9211) by what was found; in the exchange's arena. */
struct slice fields_cache_status(const struct exchange *x);
