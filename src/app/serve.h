/* app/serve.h - `larder serve`. */
#pragma once

#include "cli/command.h"

extern const struct command serve_command;
