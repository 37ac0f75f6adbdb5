/* selecting.h - what Vary makes of a response before it is stored (RFC 9111 4.1).
 *
 * Shared by storable.c, which refuses, and vary.c, which selects. Pure; threads: any.
 */
#pragma once

#include "config/config.h"
#include "http/headers.h"

/* Whether no later request can select the response: Vary has "*" or a member that is no field
 * name (RFC 9110 12.5.5). */
bool vary_is_any(const struct headers *response);

/* Whether Vary names credentials that the request carries: its values would have to be kept. allowed: as
 * vary_narrow() has it. */
bool vary_names_credentials(const struct headers *request, const struct headers *response,
	const struct text_list *allowed);
