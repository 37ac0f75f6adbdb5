/* cli/entries.h - what the files of `larder entries` share: its options.
 *
 * Threads: one. Ownership: all is borrowed.
 */
#pragma once

#include "api.h"

#include <stdbool.h>

enum {
	ENTRIES_DISK = API_OPTION_COUNT,
	ENTRIES_ROUTE,
	ENTRIES_PREFIX,
	ENTRIES_TAG,
	ENTRIES_STATUS,
	ENTRIES_STATE,
	ENTRIES_TIER,
	ENTRIES_TENANT,
	ENTRIES_SORT,
	ENTRIES_LIMIT
};

/* Lists what a larder that runs has. Returns the exit code; *ret_away: nobody listens there, as was told. */
int entries_ask(const char *const *values, bool *ret_away);
