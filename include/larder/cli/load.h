/* cli/load.h - reads a configuration and tells on standard error what is wrong with it. */
#pragma once

#include "config/config.h"

/* From a file, or when file is NULL from an upstream's URL (and an address to listen on, or NULL).
 * NULL: the faults were told; the caller exits with EXIT_USAGE. */
struct config *load_or_tell(const char *file, const char *upstream, const char *listen);
