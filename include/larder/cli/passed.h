/* cli/passed.h - what of a WARC file wasn't taken, and why: counted, then told in a line.
 *
 * Threads: one. Ownership: it lies with its user; words are static, or as long as it is.
 */
#pragma once

#include "store/parcels.h"

#define PASSED_REASONS 16

struct passed {
	struct {
		const char *why; /* follows "responses" */
		uint64_t count;
	} reasons[PASSED_REASONS];
};

/* Beyond PASSED_REASONS different ones, with the last. */
void passed_note(struct passed *passed, const char *why, uint64_t count);
/* What the file's reader has passed over itself, once. */
void passed_note_records(struct passed *passed, const struct parcels *from);
uint64_t passed_count(const struct passed *passed);

/* "larder COMMAND: passed over: 3 of another status than 200, ..." on standard error, if there are any. */
void passed_tell(const struct passed *passed, const char *command);
