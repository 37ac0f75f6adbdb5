/* control/audit/audit_file.h - the inside of an audit log: its file, and the state of its writer.
 *
 * Threads: under the audit's lock. Ownership: audit.c opens and closes the descriptor.
 */
#pragma once

#include "audit.h"

#include "observe/audit_chain.h"

#include <pthread.h>
#include <stdatomic.h>

#define AUDIT_LINE_MOST    ((size_t)32 * 1024)
#define AUDIT_MEMBERS_MOST ((size_t)512) /* moment, number, hashes and so on */

/* Refusals of callers who are not let in: so many at once, then one each so often. */
#define OUTSIDE_BURST    1000
#define OUTSIDE_EVERY_MS 1000

struct audit_file {
	int fd; /* -1: none */
	struct chain chain;
	bool has_line;   /* that the next hangs on: else that one is the first of its file */
	bool needs_feed; /* what is there doesn't end with a line feed */
	uint64_t torn;   /* bytes behind the last line that are none */
	bool is_damaged; /* there is no line to be found at its end */
};

struct audit {
	pthread_mutex_t lock;
	char *path;
	struct audit_file file;
	_Atomic(uint64_t) reserved; /* lines that are to come */
	bool fails;
	int64_t outside;       /* lines that callers who are not let in may still have */
	int64_t outside_at_ms; /* monotonic; 0: never yet */
	uint64_t left_out;
};

/* RC_BUSY: whoever has it doesn't give it back. */
NODISCARD enum rc audit_lock(struct audit *audit);

/* Looks at the end of the file that fd is: where its chain stands. All but fd is set. */
NODISCARD enum rc audit_file_end(struct audit_file *file);

/* Seals a line, of which all is there but the end, and writes it; durable: it is on the disk then. What was written of it
 * when that failed is taken back, or known of from now on. */
NODISCARD enum rc audit_file_append(struct audit_file *file, struct bytes *line, bool durable);
