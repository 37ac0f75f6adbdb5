/* proxy/memo.c - what is remembered of keys beside what is stored. */
#include "memo.h"

#include "util/alloc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 8192 /* about 1.7 MiB */

struct slot {
	uint64_t hash;
	int64_t unshareable_until_ms;
	int64_t held_until_ms;
	int64_t swollen_until_ms;
	char vary[MEMO_VARY_MAX + 1];
};

struct memo {
	pthread_mutex_t lock;
	struct slot slots[SLOTS];
};

struct memo *memo_new(void)
{
	struct memo *memo = xalloc(sizeof(*memo));

	pthread_mutex_init(&memo->lock, NULL);
	return memo;
}

void memo_free(struct memo *memo)
{
	pthread_mutex_destroy(&memo->lock);
	free(memo);
}

/* The slot of the hash; one that another key held is emptied when `claim`, else NULL. */
static struct slot *slot_of(struct memo *memo, uint64_t hash, bool claim)
{
	struct slot *slot = &memo->slots[hash % SLOTS];

	if (slot->hash == hash)
		return slot;
	if (!claim)
		return NULL;
	slot->hash = hash;
	slot->unshareable_until_ms = slot->held_until_ms = slot->swollen_until_ms = 0;
	slot->vary[0] = '\0';
	return slot;
}

void memo_note_unshareable(struct memo *memo, uint64_t hash, int64_t until_ms)
{
	pthread_mutex_lock(&memo->lock);
	slot_of(memo, hash, true)->unshareable_until_ms = until_ms;
	pthread_mutex_unlock(&memo->lock);
}

void memo_note_shareable(struct memo *memo, uint64_t hash)
{
	struct slot *slot;

	pthread_mutex_lock(&memo->lock);
	slot = slot_of(memo, hash, false);
	if (slot != NULL)
		slot->unshareable_until_ms = 0;
	pthread_mutex_unlock(&memo->lock);
}

bool memo_is_unshareable(struct memo *memo, uint64_t hash, int64_t now_ms)
{
	const struct slot *slot;
	bool found;

	pthread_mutex_lock(&memo->lock);
	slot = slot_of(memo, hash, false);
	found = slot != NULL && slot->unshareable_until_ms > now_ms;
	pthread_mutex_unlock(&memo->lock);
	return found;
}

void memo_note_held(struct memo *memo, uint64_t hash, int64_t until_ms)
{
	pthread_mutex_lock(&memo->lock);
	slot_of(memo, hash, true)->held_until_ms = until_ms;
	pthread_mutex_unlock(&memo->lock);
}

bool memo_is_held(struct memo *memo, uint64_t hash, int64_t now_ms)
{
	const struct slot *slot;
	bool held;

	pthread_mutex_lock(&memo->lock);
	slot = slot_of(memo, hash, false);
	held = slot != NULL && slot->held_until_ms > now_ms;
	pthread_mutex_unlock(&memo->lock);
	return held;
}

void memo_note_swollen(struct memo *memo, uint64_t hash, int64_t until_ms)
{
	pthread_mutex_lock(&memo->lock);
	slot_of(memo, hash, true)->swollen_until_ms = until_ms;
	pthread_mutex_unlock(&memo->lock);
}

bool memo_is_swollen(struct memo *memo, uint64_t hash, int64_t now_ms)
{
	const struct slot *slot;
	bool swollen;

	pthread_mutex_lock(&memo->lock);
	slot = slot_of(memo, hash, false);
	swollen = slot != NULL && slot->swollen_until_ms > now_ms;
	pthread_mutex_unlock(&memo->lock);
	return swollen;
}

void memo_note_vary(struct memo *memo, uint64_t hash, struct slice vary)
{
	struct slot *slot;

	if (vary.size > MEMO_VARY_MAX)
		return;
	pthread_mutex_lock(&memo->lock);
	slot = slot_of(memo, hash, vary.size > 0);
	if (slot != NULL) {
		if (vary.size > 0)
			memcpy(slot->vary, vary.data, vary.size);
		slot->vary[vary.size] = '\0';
	}
	pthread_mutex_unlock(&memo->lock);
}

bool memo_vary(struct memo *memo, uint64_t hash, char ret[static MEMO_VARY_MAX + 1])
{
	const struct slot *slot;
	bool found;

	pthread_mutex_lock(&memo->lock);
	slot = slot_of(memo, hash, false);
	found = slot != NULL && slot->vary[0] != '\0';
	if (found)
		memcpy(ret, slot->vary, sizeof(slot->vary));
	pthread_mutex_unlock(&memo->lock);
	return found;
}
