/* store/disk/lock.h - one larder a directory.
 *
 * A POSIX lock on DIR/lock, which the kernel drops with the process, however it ends; in the file stands
 * the pid, for people. Ownership: the descriptor is the caller's.
 */
#pragma once

#include "util/rc.h"

#include <sys/types.h>

/* Takes it. RC_LOCKED: another process has it: *ret_pid (0: unknown). */
NODISCARD enum rc lock_take(const char *path, int *ret_fd, pid_t *ret_pid);
void lock_release(int fd);

/* Who has it; 0: nobody. */
pid_t lock_holder(const char *path);
