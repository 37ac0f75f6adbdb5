/* app/signals.h - signals as events that one thread waits for.
 *
 * Blocked in all threads from the start, so that none is interrupted; the main thread takes them.
 */
#pragma once

#include <stdint.h>

enum signal_event { SIGNAL_NONE, SIGNAL_STOP, SIGNAL_RELOAD };

/* Before any thread starts. SIGPIPE and SIGXFSZ are ignored. */
void signals_block(void);

/* Waits for SIGTERM or SIGINT (stop) or SIGHUP (reload), at most timeout_ms. */
enum signal_event signals_wait(int64_t timeout_ms);
