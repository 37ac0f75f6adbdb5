/* control/access/lockout.c - sets of a few rows each; in a full one the least that is known is forgotten. See lockout.h. */
#include "lockout.h"

#include "util/alloc.h"
#include "util/hash.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SETS 256
#define WAYS 8
#define KEY  17

struct row {
	unsigned char key[KEY]; /* a kind, and the address; kind 0: nobody's */
	int64_t failures;
	int64_t since_ms; /* the first of them */
	int64_t until_ms; /* locked out; 0: not */
};

struct lockout {
	pthread_mutex_t lock;
	uint64_t seed;
	struct row rows[SETS][WAYS];
};

struct lockout *lockout_new(void)
{
	struct lockout *lockout = xalloc(sizeof(*lockout));

	pthread_mutex_init(&lockout->lock, NULL);
	lockout->seed = random_u64();
	return lockout;
}

void lockout_free(struct lockout *lockout)
{
	pthread_mutex_destroy(&lockout->lock);
	free(lockout);
}

static void key_of(struct slice address, unsigned char key[KEY])
{
	char text[INET6_ADDRSTRLEN] = "";
	struct in6_addr six;

	memset(key, 0, KEY);
	if (address.size < sizeof(text))
		memcpy(text, address.data, address.size);
	if (inet_pton(AF_INET, text, key + 1) == 1) {
		key[0] = 4;
	} else if (inet_pton(AF_INET6, text, &six) == 1) {
		key[0] = 6;
		memcpy(key + 1, &six, 8);
	} else {
		key[0] = 1;
		memcpy(key + 1, text, KEY - 1);
	}
}

static struct row *set_of(struct lockout *lockout, const unsigned char key[KEY])
{
	return lockout->rows[hash_bytes(key, KEY, lockout->seed) % SETS];
}

static struct row *find(struct row *set, const unsigned char key[KEY])
{
	for (size_t i = 0; i < WAYS; i++) {
		if (memcmp(set[i].key, key, KEY) == 0)
			return &set[i];
	}
	return NULL;
}

/* Of two the one that is missed less: who is locked out stays, then who was heard of last. */
static bool is_less(const struct row *a, const struct row *b)
{
	if (a->until_ms != b->until_ms)
		return a->until_ms < b->until_ms;
	return a->since_ms < b->since_ms;
}

static struct row *make(struct row *set, const unsigned char key[KEY])
{
	struct row *least = &set[0];

	for (size_t i = 1; i < WAYS; i++) {
		if (is_less(&set[i], least))
			least = &set[i];
	}
	*least = (struct row){ 0 };
	memcpy(least->key, key, KEY);
	return least;
}

int64_t lockout_left_ms(struct lockout *lockout, struct slice address, int64_t now_ms)
{
	unsigned char key[KEY];
	const struct row *row;
	int64_t left_ms = 0;

	key_of(address, key);
	pthread_mutex_lock(&lockout->lock);
	row = find(set_of(lockout, key), key);
	if (row != NULL && row->until_ms > now_ms)
		left_ms = row->until_ms - now_ms;
	pthread_mutex_unlock(&lockout->lock);
	return left_ms;
}

static bool count_in(struct row *row, const struct config_admin *admin, int64_t now_ms)
{
	if (row->failures == 0 || now_ms - row->since_ms >= admin->lockout.window_ms) {
		row->failures = 0;
		row->since_ms = now_ms;
	}
	if (++row->failures < admin->lockout.failures || row->until_ms > now_ms)
		return false;
	row->failures = 0;
	row->until_ms = now_ms + admin->lockout.for_ms;
	return true;
}

bool lockout_count(struct lockout *lockout, const struct config_admin *admin, struct slice address,
	int64_t now_ms)
{
	unsigned char key[KEY];
	struct row *set, *row;
	bool locked;

	if (admin->lockout.failures == 0)
		return false;
	key_of(address, key);
	pthread_mutex_lock(&lockout->lock);
	set = set_of(lockout, key);
	row = find(set, key);
	locked = count_in(row != NULL ? row : make(set, key), admin, now_ms);
	pthread_mutex_unlock(&lockout->lock);
	return locked;
}
