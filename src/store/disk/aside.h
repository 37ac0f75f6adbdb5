/* store/disk/aside.h - databases that were found to be corrupt: kept under another name, for who wants to
 * look into them.
 *
 *	larder.db.corrupt-20261121T093000Z, and the same with -wal and -shm
 *
 * Threads: any, one at a time for each directory. Ownership: all is borrowed.
 */
#pragma once

#include "util/rc.h"

#include <stdbool.h>
#include <stdint.h>

/* The database at path and its companions; nobody has it open. */
NODISCARD enum rc aside_move(const char *path);

/* Shows the files beside path that were moved aside, companions too. RC_ABSENT: no directory. */
struct aside_file {
	const char *path;
	uint64_t size;
	int64_t changed_ms; /* wall: when it was moved */
};
NODISCARD enum rc aside_list(
	const char *path, void (*show)(void *arg, const struct aside_file *file), void *arg);
