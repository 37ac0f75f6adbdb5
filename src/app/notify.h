/* app/notify.h - tells the service manager how larder is: sd_notify(3), its few lines by hand.
 *
 * Without NOTIFY_SOCKET in the environment all of it does nothing. What can't be sent is lost: nobody waits for a
 * service manager.
 *
 * Threads: any, but notify_alive(), which is the main one's. Ownership: nothing; the environment is read at each call.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define NOTIFY_WELL "answering requests"

/* All is open; again after notify_reloading(). status: what the manager shows to people. */
void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(const char *status);

/* How often notify_alive() is wanted, ms: half of what the manager waits for; 0: it doesn't. */
int64_t notify_period_ms(void);

/* WATCHDOG=1, unless it was said half a period ago or later. stalled_ms: for how long a thread of larder's has been
 * stuck; after a period of that nothing is sent, and the manager ends and starts larder. */
void notify_alive(int64_t stalled_ms);
