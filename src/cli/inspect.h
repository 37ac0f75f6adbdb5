/* cli/inspect.h - what the files of `larder inspect` share: its options.
 *
 * Threads: one. Ownership: all is borrowed.
 */
#pragma once

#include "api.h"

#include "util/slice.h"

#include <stdbool.h>

enum { INSPECT_DISK = API_OPTION_COUNT, INSPECT_BODY, INSPECT_WORD };

/* What a larder that runs has. Returns the exit code; *ret_away: nobody listens there, as was told. */
int inspect_ask(const char *const *values, bool *ret_away);

/* The part of a whole URL that a larder is asked for; anything else as it is. */
struct slice inspect_target(const char *word);
