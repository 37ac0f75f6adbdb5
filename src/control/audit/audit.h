/* control/audit/audit.h - the audit log: a file of JSON lines that hang together (observe/audit_chain.h).
 *
 *	audit_reserve() -> what changes something -> audit_write(), in one: no change without room for its line
 *
 * A file that was removed is made anew by the next of either.
 *
 * A line is on the disk before its call is answered, so that what was acknowledged can be found here, whatever
 * happens then. Nobody waits for ever: who doesn't get the log within seconds is told so.
 *
 * Threads: any; one writes at a time. Ownership: an audit has its file, which is locked against other processes.
 */
#pragma once

#include "util/bytes.h"

#include <jansson.h>

struct audit;

/* path: "" none is kept, and all below succeeds. RC_DENIED, RC_LOCKED, RC_INVALID (no regular file), RC_IO, ...;
 * fault: words for the operator. What is damaged at its end is told in the log, and gone on behind. */
NODISCARD enum rc audit_open(const char *path, struct audit **ret, struct bytes *fault);
void audit_close(struct audit *audit);

/* The file anew, or another, or none: the chain goes on there, and in the last line of the old one, with another path, it
 * says where. On failure the old one stays. Codes as audit_open(). */
NODISCARD enum rc audit_reopen(struct audit *audit, const char *path, struct bytes *fault);

/* Room for one line, until its audit_write(). RC_FULL, RC_IO, ...; RC_BUSY: the file doesn't answer. */
NODISCARD enum rc audit_reserve(struct audit *audit);

enum audit_kind {
	AUDIT_RESERVED, /* after audit_reserve() */
	AUDIT_REFUSED,  /* by somebody who was let in */
	AUDIT_OUTSIDE, /* by who was not: of those there may be any number: some are left out, and the next line says how many */
};

/* Borrows line, an object; adds its moment, number and hash. Where members make it too long, "told" is left out.
 * Codes as audit_reserve(). */
NODISCARD enum rc audit_write(struct audit *audit, json_t *line, enum audit_kind kind);

/* Appends up to *count lines, newest first, of those that were written before the line at *at (its offset, and its
 * number seq, both 0: the newest of all) to list; *at and *seq are then of the last of them, both 0 when there are no
 * more. RC_ABSENT: no log is kept. RC_INVALID: no such line. RC_IO, RC_BUSY. */
struct audit_place {
	uint64_t at;
	uint64_t seq;
};
NODISCARD enum rc audit_list(
	struct audit *audit, struct audit_place *place, size_t count, json_t *list);
