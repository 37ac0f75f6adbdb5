/* control/access/replays.c - chains of digests, each dropped when its time is over and somebody comes by. See replays.h.
 *
 * Digests are HMACs: their bits need no hashing.
 */
#include "replays.h"

#include "util/alloc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CHAINS 4096

struct taken {
	struct taken *next;
	int64_t until_ms;
	bool is_under_way; /* its time is not over before that is */
	unsigned char digest[DIGEST_SIZE];
};

struct replays {
	pthread_mutex_t lock;
	size_t count;
	struct taken *chains[CHAINS];
};

struct replays *replays_new(void)
{
	struct replays *replays = xalloc(sizeof(*replays));

	pthread_mutex_init(&replays->lock, NULL);
	return replays;
}

static struct taken **chain_of(struct replays *replays, const unsigned char *digest)
{
	return &replays->chains[((size_t)digest[0] << 8 | digest[1]) % CHAINS];
}

static void drop(struct replays *replays, struct taken **at)
{
	struct taken *taken = *at;

	*at = taken->next;
	free(taken);
	replays->count--;
}

static bool is_over(const struct taken *taken, int64_t now_ms)
{
	return !taken->is_under_way && taken->until_ms < now_ms;
}

/* Its place, or the end of its chain; those are dropped whose time was over. */
static struct taken **find(struct replays *replays, const unsigned char *digest, int64_t now_ms)
{
	struct taken **at = chain_of(replays, digest);

	while (*at != NULL) {
		if (is_over(*at, now_ms))
			drop(replays, at);
		else if (memcmp((*at)->digest, digest, DIGEST_SIZE) == 0)
			break;
		else
			at = &(*at)->next;
	}
	return at;
}

static void sweep(struct replays *replays, int64_t now_ms)
{
	for (size_t i = 0; i < CHAINS; i++) {
		for (struct taken **at = &replays->chains[i]; *at != NULL;) {
			if (is_over(*at, now_ms))
				drop(replays, at);
			else
				at = &(*at)->next;
		}
	}
}

static enum replay begin(
	struct replays *replays, const unsigned char *digest, int64_t until_ms, int64_t now_ms)
{
	struct taken **at = find(replays, digest, now_ms);

	if (*at != NULL)
		return (*at)->is_under_way ? REPLAY_UNDER_WAY : REPLAY_TAKEN;
	if (replays->count == REPLAYS_MOST) {
		sweep(replays, now_ms);
		at = find(replays, digest, now_ms);
	}
	if (replays->count == REPLAYS_MOST)
		return REPLAY_NO_ROOM;
	*at = xalloc(sizeof(**at));
	**at = (struct taken){ .until_ms = until_ms, .is_under_way = true };
	memcpy((*at)->digest, digest, DIGEST_SIZE);
	replays->count++;
	return REPLAY_NEW;
}

enum replay replays_begin(struct replays *replays, const unsigned char digest[static DIGEST_SIZE],
	int64_t until_ms, int64_t now_ms)
{
	enum replay replay;

	pthread_mutex_lock(&replays->lock);
	replay = begin(replays, digest, until_ms, now_ms);
	pthread_mutex_unlock(&replays->lock);
	return replay;
}

void replays_end(
	struct replays *replays, const unsigned char digest[static DIGEST_SIZE], bool taken)
{
	struct taken **at;

	pthread_mutex_lock(&replays->lock);
	at = find(replays, digest, INT64_MIN);
	if (taken)
		(*at)->is_under_way = false;
	else
		drop(replays, at);
	pthread_mutex_unlock(&replays->lock);
}

void replays_free(struct replays *replays)
{
	sweep(replays, INT64_MAX);
	pthread_mutex_destroy(&replays->lock);
	free(replays);
}
