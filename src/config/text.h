/* config/text.h - what text a setting can hold, and how it is written as a YAML scalar.
 *
 * Settings hold UTF-8 without control characters: no setting has a use for those, and the log and
 * the terminal are spared them. Pure.
 */
#pragma once

#include "util/slice.h"

#include <stdio.h>

/* True: UTF-8 without control characters (C0, DEL, C1). */
bool text_clean(struct slice s);

/* As a scalar that the parser reads back to the same text; text must be clean. Anything beyond
 * ASCII is escaped: some characters that YAML can't hold as they are stay what they are. */
void text_write(FILE *to, const char *text);
