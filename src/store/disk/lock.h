/* store/disk/lock.h - one larder a directory.
 *
 * A lock on DIR/lock, which the kernel drops with the process, however it ends; in the file stands the
 * pid, for people. It is the descriptor's: a child that inherits that has the lock too.
 *
 * Threads: any. Ownership: the descriptor is the caller's.
 */
#pragma once

#include "util/rc.h"

#include <sys/types.h>

/* Takes it; the file is made if it is missing. RC_LOCKED: another process has it: *ret_pid (0: unknown).
 * RC_ABSENT: there is no such directory. RC_FULL, RC_READ_ONLY, RC_DENIED, RC_IO. */
NODISCARD enum rc lock_take(const char *path, int *ret_fd, pid_t *ret_pid);
void lock_release(int fd);

/* Who has it; 0: nobody. Asking does nothing to the lock, also within the process that has it. */
#define LOCK_HOLDER_UNKNOWN ((pid_t)-1) /* somebody, or it can't be told */
pid_t lock_holder(const char *path);
