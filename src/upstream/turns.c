/* upstream/turns.c - clients in rings, one ring a class; their turns in lists.
 *
 *	class 0:  ring of clients -> [A: 1 2 3] [B: 1]      by_time: A1 B1 A2 A3
 *	class 1:  ring of clients -> [A: 1]                 by_time: A1
 *
 * The first client of the ring gives its first turn and goes to the ring's end. A client is there while it
 * has a turn; it is found by a hash of class and client, whose chains are short: there are as many buckets
 * as turns, and what peers choose is hashed under a seed.
 */
#include "turns.h"

#include "util/alloc.h"
#include "util/hash.h"

#include <assert.h>
#include <stdlib.h>

#define MOST_BUCKETS ((size_t)1 << 16)

struct client {
	struct list link;  /* in the ring */
	struct list chain; /* in its bucket */
	struct list turns;
	size_t count;
	uint64_t id;
	enum ask_class class;
};

struct turns {
	struct queue {
		struct list ring;    /* clients */
		struct list by_time; /* turns */
		size_t clients;
		size_t count;
	} queues[ASK_CLASS_COUNT];
	size_t most;
	size_t count;
	uint64_t seed;
	size_t mask;
	struct list buckets[];
};

#define TURN(at)   LIST_ITEM(at, struct turn, link)
#define CLIENT(at) LIST_ITEM(at, struct client, link)

struct turns *turns_new(size_t most)
{
	size_t buckets = 1;
	struct turns *turns;

	while (buckets < most && buckets < MOST_BUCKETS)
		buckets *= 2;
	turns = xalloc(sizeof(*turns) + buckets * sizeof(turns->buckets[0]));
	for (size_t i = 0; i < buckets; i++)
		list_init(&turns->buckets[i]);
	for (size_t i = 0; i < ASK_CLASS_COUNT; i++) {
		list_init(&turns->queues[i].ring);
		list_init(&turns->queues[i].by_time);
	}
	turns->most = most;
	turns->seed = random_u64();
	turns->mask = buckets - 1;
	return turns;
}

void turns_free(struct turns *turns)
{
	assert(turns->count == 0);
	free(turns);
}

/* ---- clients ---- */

static struct list *bucket_of(struct turns *turns, enum ask_class class, uint64_t id)
{
	uint64_t key[2] = { class, id };

	return &turns->buckets[hash_bytes(key, sizeof(key), turns->seed) & turns->mask];
}

static struct client *client_find(struct turns *turns, enum ask_class class, uint64_t id)
{
	LIST_EACH(at, bucket_of(turns, class, id)) {
		struct client *client = LIST_ITEM(at, struct client, chain);

		if (client->class == class && client->id == id)
			return client;
	}
	return NULL;
}

static struct client *client_new(struct turns *turns, enum ask_class class, uint64_t id)
{
	struct queue *queue = &turns->queues[class];
	struct client *client = xalloc(sizeof(*client));

	client->class = class;
	client->id = id;
	list_init(&client->turns);
	list_append(&queue->ring, &client->link);
	list_append(bucket_of(turns, class, id), &client->chain);
	queue->clients++;
	return client;
}

static void client_free(struct turns *turns, struct client *client)
{
	turns->queues[client->class].clients--;
	list_remove(&client->link);
	list_remove(&client->chain);
	free(client);
}

/* ---- turns ---- */

static void put(struct turns *turns, struct turn *turn)
{
	struct queue *queue = &turns->queues[turn->class];
	struct client *client = client_find(turns, turn->class, turn->client);

	if (client == NULL)
		client = client_new(turns, turn->class, turn->client);
	list_append(&client->turns, &turn->link);
	list_append(&queue->by_time, &turn->by_time);
	client->count++;
	queue->count++;
	turns->count++;
}

static struct turn *take(struct turns *turns, struct turn *turn)
{
	struct client *client = client_find(turns, turn->class, turn->client);

	list_remove(&turn->link);
	list_remove(&turn->by_time);
	turns->queues[turn->class].count--;
	turns->count--;
	if (--client->count == 0)
		client_free(turns, client);
	return turn;
}

/* The newest of the lowest class below this one; NULL: none. */
static struct turn *newest_below(struct turns *turns, enum ask_class class)
{
	for (size_t i = ASK_CLASS_COUNT - 1; i > class; i--) {
		struct queue *queue = &turns->queues[i];

		if (queue->count > 0)
			return LIST_ITEM(queue->by_time.previous, struct turn, by_time);
	}
	return NULL;
}

/* The newest of the client that has most in this turn's class, if the turn's own stays behind that with it;
 * NULL: it doesn't. Nobody is looked for unless there must be somebody: who has less than an equal share
 * finds one who has more. */
static struct turn *newest_of_largest(struct turns *turns, const struct turn *turn)
{
	struct queue *queue = &turns->queues[turn->class];
	const struct client *own = client_find(turns, turn->class, turn->client);
	size_t count = own != NULL ? own->count : 0;
	size_t clients = queue->clients + (own == NULL);
	struct client *largest = NULL;

	if ((count + 1) * clients > queue->count)
		return NULL;
	LIST_EACH(at, &queue->ring) {
		if (largest == NULL || CLIENT(at)->count > largest->count)
			largest = CLIENT(at);
	}
	if (largest == NULL || largest->count < count + 2)
		return NULL;
	return TURN(largest->turns.previous);
}

bool turns_add(struct turns *turns, struct turn *turn, struct turn **ret_out)
{
	struct turn *out = NULL;

	if (turns->count >= turns->most) {
		out = newest_below(turns, turn->class);
		if (out == NULL)
			out = newest_of_largest(turns, turn);
		if (out == NULL)
			return false;
		take(turns, out);
	}
	put(turns, turn);
	*ret_out = out;
	return true;
}

struct turn *turns_next(struct turns *turns)
{
	for (size_t i = 0; i < ASK_CLASS_COUNT; i++) {
		struct list *ring = &turns->queues[i].ring;
		struct client *client;

		if (list_empty(ring))
			continue;
		client = CLIENT(ring->next);
		list_remove(&client->link);
		list_append(ring, &client->link);
		return take(turns, TURN(client->turns.next));
	}
	return NULL;
}

void turns_remove(struct turns *turns, struct turn *turn)
{
	if (turn->link.next != NULL && !list_empty(&turn->link))
		take(turns, turn);
}

/* The one that waits longest; NULL: none. */
static struct turn *oldest(const struct turns *turns)
{
	struct turn *first = NULL;

	for (size_t i = 0; i < ASK_CLASS_COUNT; i++) {
		const struct list *by_time = &turns->queues[i].by_time;
		struct turn *turn = LIST_ITEM(by_time->next, struct turn, by_time);

		if (!list_empty(by_time) &&
			(first == NULL || turn->deadline_ms < first->deadline_ms))
			first = turn;
	}
	return first;
}

struct turn *turns_expired(struct turns *turns, int64_t now_ms)
{
	struct turn *turn = oldest(turns);

	return turn != NULL && turn->deadline_ms <= now_ms ? take(turns, turn) : NULL;
}

int64_t turns_deadline(const struct turns *turns)
{
	const struct turn *turn = oldest(turns);

	return turn != NULL ? turn->deadline_ms : INT64_MAX;
}

size_t turns_count(const struct turns *turns)
{
	return turns->count;
}

size_t turns_count_of(const struct turns *turns, enum ask_class class)
{
	return turns->queues[class].count;
}
