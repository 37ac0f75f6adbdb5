/* proxy/secrets.h - names of parameters whose values nobody but the origin may see: log.redact, and all
 * that some route or upstream calls credentials.
 */
#pragma once

#include "config/config.h"
#include "observe/redact.h"

/* Borrows the texts; the list is the caller's: secrets_free(). */
struct redact_names secrets_new(const struct config *config);
void secrets_free(struct redact_names names);
