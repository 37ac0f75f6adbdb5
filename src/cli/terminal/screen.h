/* cli/terminal/screen.h - a terminal that is drawn anew again and again, and given back as it was.
 *
 *	if (screen_open())
 *		while (screen_wait(2000, &key) != SCREEN_END)
 *			screen_draw(text);
 *	screen_close();
 *
 * Keys come one by one and aren't shown. It is given back by screen_close(), by signals that end the process or stop
 * it for a while, and where the process fails.
 *
 * Threads: one, and one screen a process; other threads may run, and don't get the signals that are waited for if they were
 * begun after screen_open().
 */
#pragma once

#include "util/slice.h"

enum screen_event {
	SCREEN_TIME, /* it is over */
	SCREEN_KEY,
	SCREEN_CHANGED, /* another size, or it is in the foreground again: draw */
	SCREEN_END      /* nobody is there any more */
};

/* Whether standard input and output are a terminal that can be drawn on, which is taken then. */
bool screen_open(void);
void screen_close(void);

/* Waits up to so long for something; a key comes in *ret_key. */
enum screen_event screen_wait(int64_t ms, char *ret_key);

/* Shows text, line by line from the top; what was there before goes. */
void screen_draw(struct slice text);
