/* qualified.h - private="field, ..." and no-cache="field, ..." (RFC 9111 5.2.2.4, 5.2.2.7).
 *
 * The fields that they name are left out of storage: then neither form forbids to reuse the rest.
 * A list that names a field without which the rest would mean something else can't be obeyed so;
 * it is taken as the unqualified directive.
 * Pure; threads: any. Ownership: everything is borrowed.
 */
#pragma once

#include "http/cache_control.h"

/* CC_PRIVATE and/or CC_NO_CACHE where cc's lists must be taken as unqualified, else 0. */
unsigned qualified_escalates(const struct cache_control *cc);

/* Whether one of cc's lists names this field. */
bool qualified_names(const struct cache_control *cc, struct slice name);
