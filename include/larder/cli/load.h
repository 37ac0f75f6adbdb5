/* cli/load.h - reads a configuration and tells on standard error what is wrong with it. */
#pragma once

#include "config/config.h"

/* From a file, or when file is NULL from options. NULL: the faults were told; the caller exits with
 * EXIT_USAGE. */
struct config *load_or_tell(const char *file, const struct config_options *options);
