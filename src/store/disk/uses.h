/* store/disk/uses.h - when stored responses were last used, until it is written.
 *
 * A bounded table; what doesn't fit is forgotten, which makes a response look idle for a little longer
 * than it was. Threads: any. Ownership: uses_new() gives it to the caller.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct uses;

struct uses *uses_new(void);
void uses_free(struct uses *uses);

void uses_note(struct uses *uses, int64_t id, int64_t now_ms);

struct use {
	int64_t id;
	int64_t used_ms;
};

/* Takes out at most count; how many. */
size_t uses_take(struct uses *uses, struct use *ret, size_t count);
