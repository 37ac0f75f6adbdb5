/* observe/jsonline.h - one JSON object on a line, for scripts.
 *
 * Threads: one. Ownership: jsonline_begin() readies what jsonline_print() or jsonline_end() releases.
 */
#pragma once

#include "util/bytes.h"

#include <stdio.h>

struct jsonline {
	struct bytes text;
	bool follows; /* a member, so that a comma goes before the next */
	bool cut;     /* it got too long: nothing is printed */
};

void jsonline_begin(struct jsonline *line);
void jsonline_text(struct jsonline *line, const char *name, struct slice value);
void jsonline_number(struct jsonline *line, const char *name, int64_t value);
void jsonline_fraction(struct jsonline *line, const char *name, double value); /* to a thousandth */
void jsonline_truth(struct jsonline *line, const char *name, bool value);
/* Bytes as lower case hex. */
void jsonline_hex(struct jsonline *line, const char *name, struct slice value);

/* An object or a list as a member, or an object in a list (name NULL), up to its close. */
void jsonline_open(struct jsonline *line, const char *name, char bracket);
void jsonline_close(struct jsonline *line, char bracket);

/* Writes it and a line feed. */
void jsonline_print(struct jsonline *line, FILE *to);

/* The same, appended. RC_TOO_LARGE: it got too long. */
NODISCARD enum rc jsonline_end(struct jsonline *line, struct bytes *ret);
