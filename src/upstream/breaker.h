/* upstream/breaker.h - whether an upstream is asked at all.
 *
 *	CLOSED --share of failures in the window, or consecutive ones--> OPEN
 *	OPEN --open_ms--> HALF_OPEN: one probe at a time
 *	HALF_OPEN --the probe is well--> CLOSED;  --it fails--> OPEN
 *	any --an operator holds it--> OPEN, until it is closed by one, too
 *
 * Pure but for what it remembers; time is an argument (monotonic milliseconds). Threads: one at a time.
 */
#pragma once

#include "upstream/ask.h"

enum breaker_leave { BREAKER_GO, BREAKER_PROBE, BREAKER_REFUSED };

struct breaker_rules {
	int64_t error_rate; /* percent; 0: not by rate */
	int64_t window_ms;
	int64_t least;       /* outcomes in the window, before the rate counts */
	int64_t consecutive; /* 0: not by these */
	int64_t open_ms;
};

struct breaker;

struct breaker *breaker_new(const struct breaker_rules *rules);
void breaker_free(struct breaker *breaker);

/* May a request go? BREAKER_PROBE: yes, and its outcome decides; one that never has an outcome (it was
 * cancelled) is noted with breaker_forget(). */
enum breaker_leave breaker_ask(struct breaker *breaker, int64_t now_ms);

/* Whether it would say BREAKER_REFUSED. */
bool breaker_refuses(const struct breaker *breaker, int64_t now_ms);

/* What became of one that went. */
void breaker_note(struct breaker *breaker, bool well, bool was_probe, int64_t now_ms);
void breaker_forget(struct breaker *breaker, bool was_probe);

/* A response came, and was not good: that counts for the rate, but neither in a row nor for a probe. There
 * may be a question to which the origin always says that, and whoever knows it must not keep others out. */
void breaker_note_rejected(struct breaker *breaker, bool was_probe, int64_t now_ms);

/* An operator's word: nothing goes, for however long; all goes, from the beginning. */
void breaker_hold(struct breaker *breaker);
void breaker_close(struct breaker *breaker);
bool breaker_is_held(const struct breaker *breaker);

enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_ms);

/* Milliseconds until the next probe may go; 0 unless open. Held: nobody knows, and it is as if it had opened
 * just now. */
int64_t breaker_left_ms(const struct breaker *breaker, int64_t now_ms);

/* Outcomes in the window, for `larder why`. */
void breaker_counts(
	const struct breaker *breaker, int64_t now_ms, int64_t *ret_well, int64_t *ret_failed);
