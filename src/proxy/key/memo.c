/* proxy/key/memo.c - what is remembered of keys beside what is stored. */
#include "memo.h"

#include "util/alloc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 8192 /* about 1.7 MiB */

struct slot {
	uint64_t hash;
	int64_t until_ms[MEMO_FACT_COUNT];
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
	memset(slot->until_ms, 0, sizeof(slot->until_ms));
	slot->vary[0] = '\0';
	return slot;
}

void memo_note(struct memo *memo, uint64_t hash, enum memo_fact fact, int64_t until_ms)
{
	struct slot *slot;

	pthread_mutex_lock(&memo->lock);
	slot = slot_of(memo, hash, until_ms > 0);
	if (slot != NULL)
		slot->until_ms[fact] = until_ms;
	pthread_mutex_unlock(&memo->lock);
}

bool memo_holds(struct memo *memo, uint64_t hash, enum memo_fact fact, int64_t now_ms)
{
	const struct slot *slot;
	bool holds;

	pthread_mutex_lock(&memo->lock);
	slot = slot_of(memo, hash, false);
	holds = slot != NULL && slot->until_ms[fact] > now_ms;
	pthread_mutex_unlock(&memo->lock);
	return holds;
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
