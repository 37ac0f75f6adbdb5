/* control/replays.h - events that were taken, for as long as they could be sent again.
 *
 * Only what is signed gets here. Bounded: where there is no room for one more it is not taken, and none is forgotten
 * before its time. In memory: who starts anew takes what is in the window once more, which costs a purge.
 *
 * Threads: any. Time is an argument, wall milliseconds.
 */
#pragma once

#include "util/digest.h"

#define REPLAYS_MOST 65536

struct replays;

struct replays *replays_new(void);
void replays_free(struct replays *replays);

enum replay { REPLAY_NEW, REPLAY_TAKEN, REPLAY_NO_ROOM };

/* Remembers what is new until a moment. */
enum replay replays_take(struct replays *replays, const unsigned char digest[static DIGEST_SIZE],
	int64_t until_ms, int64_t now_ms);

/* Nothing came of it: it may be sent again. */
void replays_forget(struct replays *replays, const unsigned char digest[static DIGEST_SIZE]);
