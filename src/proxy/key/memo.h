/* proxy/key/memo.h - what is remembered of keys beside what is stored.
 *
 * Four things: that the last response was not shareable (hit-for-miss: for a while nobody waits for
 * another's fetch of this key), what its Vary said (so that requests for different variants don't
 * queue behind one another), that a refresh failed (so that the next is not tried at once), and that
 * its gzip swelled beyond the bound (so that who takes none is asked for something else). A
 * second one remembers the No-Vary-Search of paths in the place of Vary. A table of fixed size indexed
 * by the key's hash; what is forgotten or mistaken for another costs a fetch, never a wrong answer.
 *
 * Threads: any; one short lock, on the path of a fresh hit only where some path has a No-Vary-Search.
 */
#pragma once

#include "util/slice.h"

#define MEMO_VARY_MAX 192

struct memo;

struct memo *memo_new(void);
void memo_free(struct memo *memo);

/* What holds of a key for a while. */
enum memo_fact {
	MEMO_UNSHAREABLE, /* its responses can't be shared */
	MEMO_HELD,        /* nothing is refreshed in the background */
	MEMO_SWOLLEN,     /* its gzip can't be inflated within bounds */
	MEMO_FACT_COUNT
};

/* Until until_ms (monotonic); 0: no longer. */
void memo_note(struct memo *memo, uint64_t hash, enum memo_fact fact, int64_t until_ms);
bool memo_holds(struct memo *memo, uint64_t hash, enum memo_fact fact, int64_t now_ms);

/* vary: the field's combined value; longer than MEMO_VARY_MAX is not remembered. */
void memo_note_vary(struct memo *memo, uint64_t hash, struct slice vary);
/* Copies it with a NUL behind; false when nothing is known. */
bool memo_vary(struct memo *memo, uint64_t hash, char ret[static MEMO_VARY_MAX + 1]);
