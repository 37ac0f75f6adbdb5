/* cli/account.h - all that is known of one stored response, for people and for scripts.
 *
 * Threads: one. Ownership: all is borrowed.
 */
#pragma once

#include "store/depot.h"

/* Both to standard output, as it is at now_ms (wall). */
void account_print(const struct depot_entry *e, int64_t now_ms);
void account_print_json(const struct depot_entry *e, int64_t now_ms);

/* How many tags its body holds. false: nobody can tell. */
bool account_held(const struct depot_entry *e, unsigned *ret);

/* Its tags; in arena. */
struct slice *account_tags(const struct depot_entry *e, struct arena *arena, size_t *ret_count);
