/* app/replay.h - `larder replay`: a larder that has an export, and no origin. */
#pragma once

#include "serve.h"

/* When the proxy is there: which of the bundle's targets stand for others. */
void replay_know_rules(struct serve *serve);

extern const struct command replay_command;
