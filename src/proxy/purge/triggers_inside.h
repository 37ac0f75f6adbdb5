/* proxy/purge/triggers_inside.h - the list behind include/larder/proxy/triggers.h: made, freed, and where ids come from. */
#pragma once

#include "proxy/triggers.h"

struct triggers;

struct triggers *triggers_new(void);
void triggers_free(struct triggers *triggers);

/* For what is not noted yet. */
uint64_t triggers_next_id(struct triggers *triggers);
