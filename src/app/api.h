/* app/api.h - `larder api`. */
#pragma once

#include "cli/command.h"

extern const struct command api_command;
