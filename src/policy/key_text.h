/* key_text.h - texts of queries and forms, written so that equal ones are equal byte for byte.
 *
 * Private to the key rule. Pure; threads: any; memory: the caller's arena.
 */
#pragma once

#include "util/arena.h"

/* Bytes that the canonical form of so much of a query takes at the most. */
size_t key_text_room(struct slice raw);

/* Writes a name or value at *to and moves it behind: decoded ('+' is a blank), letters in lower case
 * where they are to be folded, and encoded again but for unreserved characters. *ret_folded (may be
 * NULL): some letter was changed. false: it can't be read in one way only. */
bool key_text_write(struct slice raw, bool fold, char **to, bool *ret_folded);

/* What stands in a configuration, in the same form. */
struct slice key_text_encode(struct slice plain, bool fold, struct arena *arena);

/* By bytes; as qsort() wants it. */
int key_text_compare(struct slice a, struct slice b);
