/* front/inherited.h - listening sockets that another process opened and passed on (socket activation).
 *
 * systemd's protocol (sd_listen_fds(3)): LISTEN_FDS sockets from descriptor 3 on, for the process LISTEN_PID, with the
 * names LISTEN_FDNAMES. Such a socket outlives larder: who comes while none runs waits in its backlog.
 *
 * Threads: one at a time. Ownership: what nobody has used is closed with the rest.
 */
#pragma once

#include "util/rc.h"

struct inherited;

/* Takes them all and clears the environment of them. *ret: NULL where there are none for this process.
 * RC_INVALID: one is no listening stream socket; *ret_fault (free()) tells which. */
NODISCARD enum rc inherited_take(struct inherited **ret, char **ret_fault);

/* After the listeners were opened: RC_INVALID where a socket was passed that fits none of them, which nobody
 * would ever answer; *ret_fault (free()) tells which. inherited may be NULL, here and below. */
NODISCARD enum rc inherited_check(const struct inherited *inherited, char **ret_fault);

void inherited_free(struct inherited *inherited);
