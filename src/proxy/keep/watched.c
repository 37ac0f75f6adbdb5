/* proxy/keep/watched.c - numbers that routes watch in what they store. */
#include "watched.h"

#include "util/alloc.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS 16384 /* 384 KiB */

struct watched {
	pthread_mutex_t lock;
	struct slot {
		uint64_t hash;
		double number;
		bool known;
	} slots[SLOTS];
};

struct watched *watched_new(void)
{
	struct watched *watched = xalloc(sizeof(*watched));

	pthread_mutex_init(&watched->lock, NULL);
	return watched;
}

void watched_free(struct watched *watched)
{
	pthread_mutex_destroy(&watched->lock);
	free(watched);
}

bool watched_note(struct watched *watched, uint64_t hash, double number, double *ret_before)
{
	struct slot *slot = &watched->slots[hash % SLOTS];
	bool known;

	pthread_mutex_lock(&watched->lock);
	known = slot->known && slot->hash == hash;
	if (known)
		*ret_before = slot->number;
	*slot = (struct slot){ hash, number, true };
	pthread_mutex_unlock(&watched->lock);
	return known;
}
