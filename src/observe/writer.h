/* writer.h - a file that is appended to by a thread of its own, so that nobody else waits for it.
 *
 *	writer_put() --> queue (1 MiB) --swap--> batch --> write(2)
 *
 * The lock is held for a copy of the piece or a swap of two pointers, never during I/O. The thread
 * waits some 20 ms after the first piece, or until the queue is half full, and writes all at once.
 * Where the file can't be written, or stands still until the queue is full, pieces are lost and
 * counted.
 */
#pragma once

#include "util/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer;

/* path "stdout": standard output. lost(count) is called from any thread for lines that are lost.
 * RC_IO: errno says why. */
NODISCARD enum rc writer_start(const char *path, void (*lost)(uint64_t lines), struct writer **ret);

/* One or more whole lines. */
void writer_put(struct writer *w, const char *data, size_t size);
void writer_reopen(struct writer *w);

/* Writes what is queued, joins the thread, frees. */
void writer_stop(struct writer *w);
