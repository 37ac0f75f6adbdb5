/* cli/terminal/progress.h - how far long work is: one line on standard error, if that is a terminal, drawn anew now and then.
 *
 *	reading files     [##########..........]  50 %  1200 of 2400, 12s left
 *
 *	struct progress p = { 0 };
 *	progress_show(&p, "reading files", done, total);	as often as you like
 *	progress_clear(&p);			before something else is printed, and at the end
 *
 * Threads: one at a time. Ownership: nothing is held.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *stage; /* of which the times are */
	int64_t began_ms;
	int64_t due_ms; /* monotonic: when it may be drawn again */
	bool shown;
};

/* total 0: nobody knows. stage is static. */
void progress_show(struct progress *p, const char *stage, uint64_t done, uint64_t total);
void progress_clear(struct progress *p);
