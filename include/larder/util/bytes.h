/* util/bytes.h - a growing buffer with a cap: for everything whose size a peer decides.
 *
 * Ownership: the struct lies with its user; bytes_done() releases the memory. What is in it is
 * always followed by a NUL that is not counted.
 */
#pragma once

#include "util/rc.h"
#include "util/slice.h"

struct bytes {
	char *data;
	size_t size;
	size_t capacity;
	size_t limit; /* size never exceeds it */
};

void bytes_init(struct bytes *b, size_t limit);
void bytes_done(struct bytes *b);

/* Empties it and keeps the memory. */
void bytes_clear(struct bytes *b);

/* RC_TOO_LARGE: nothing was appended. */
NODISCARD enum rc bytes_append(struct bytes *b, const void *data, size_t size);
NODISCARD enum rc bytes_append_slice(struct bytes *b, struct slice s);
NODISCARD enum rc bytes_append_char(struct bytes *b, char c);

/* printf into the buffer. */
NODISCARD enum rc bytes_format(struct bytes *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What is in it; valid until the next append. */
struct slice bytes_slice(const struct bytes *b);

/* The memory leaves: the caller owns it and releases it with free(); b is empty afterwards. */
char *bytes_take(struct bytes *b);
