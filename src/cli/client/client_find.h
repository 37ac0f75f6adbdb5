/* cli/client/client_find.h - where the larder is that a command speaks to: by its options, the environment, a configuration.
 *
 * Threads: one.
 */
#pragma once

#include "place.h"

/* EXIT_DONE, or EXIT_USAGE after telling why. *ret_ca_file: what a configuration's https listener shows; free(). */
int client_find(
	const char *command, const char *const *values, struct place *ret, char **ret_ca_file);
