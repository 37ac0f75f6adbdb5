/* control/access/replays.h - events that are being taken, and that were, for as long as they could be sent again.
 *
 *	replays_begin() -> REPLAY_NEW -> its purges are durable -> replays_end() true: taken
 *	                                 it came to nothing     -> replays_end() false: it may come again
 *
 * Of who sends the same in between nothing can be told yet. Only what is signed gets here. Bounded: where there is no room for one more it is not taken, and none is forgotten
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

enum replay { REPLAY_NEW, REPLAY_UNDER_WAY, REPLAY_TAKEN, REPLAY_NO_ROOM };

/* digest: of the event and its source. What is new is under way, until replays_end(), and counts until a moment. */
enum replay replays_begin(struct replays *replays, const unsigned char digest[static DIGEST_SIZE],
	int64_t until_ms, int64_t now_ms);

/* For who got REPLAY_NEW, once. */
void replays_end(
	struct replays *replays, const unsigned char digest[static DIGEST_SIZE], bool taken);
