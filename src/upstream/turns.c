/* upstream/turns.c - owners by their weight, their clients in rings, one ring an owner and class; their turns in
 * lists.
 *
 *	class 0:  owner x, at 300:  ring of clients -> [A: 1 2 3] [B: 1]      by_time: A1 B1 A2 C1 A3
 *	          owner y, at 320:  ring of clients -> [C: 1]
 *	class 1:  owner x, at 10:   ring of clients -> [A: 1]                 by_time: A1
 *
 * The owner who stands farthest back goes next, and moves on the farther the less it weighs (Waldspurger and Weihl,
 * stride scheduling, 1995). Who comes begins where the last one stood who went: nobody saves up turns. It is
 * forgotten when it has no turn and the others have come up to it.
 *
 * The first client of an owner's ring gives its first turn and goes to the ring's end. A client is there while it
 * has a turn; it is found by a hash of class, owner and client, whose chains are short: there are as many buckets
 * as turns, and what peers choose is hashed under a seed.
 */
#include "turns.h"

#include "util/alloc.h"
#include "util/hash.h"

#include <assert.h>
#include <stdlib.h>

#define MOST_BUCKETS ((size_t)1 << 16)

#define STRIDE ((uint64_t)1 << 20) /* of the least weight */

struct owner {
	struct list link; /* in its class */
	struct list ring; /* clients */
	size_t clients;
	size_t count;
	uint64_t id;
	uint64_t at;
	unsigned weight;
	enum ask_class class;
};

struct client {
	struct list link;  /* in the ring */
	struct list chain; /* in its bucket */
	struct list turns;
	struct owner *owner;
	size_t count;
	uint64_t id;
};

struct turns {
	struct queue {
		struct list owners;
		struct list by_time; /* turns */
		size_t count;
		uint64_t at; /* where the last one stood who went */
	} queues[ASK_CLASS_COUNT];
	size_t most;
	size_t count;
	uint64_t seed;
	size_t mask;
	struct list buckets[];
};

#define TURN(item)   LIST_ITEM(item, struct turn, link)
#define CLIENT(item) LIST_ITEM(item, struct client, link)
#define OWNER(item)  LIST_ITEM(item, struct owner, link)

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
		list_init(&turns->queues[i].owners);
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
	for (size_t i = 0; i < ASK_CLASS_COUNT; i++) {
		LIST_EACH_SAFE(item, &turns->queues[i].owners)
			free(OWNER(item));
	}
	free(turns);
}

/* ---- owners ---- */

static struct owner *owner_find(struct turns *turns, const struct turn *turn)
{
	LIST_EACH(item, &turns->queues[turn->class].owners) {
		if (OWNER(item)->id == turn->owner)
			return OWNER(item);
	}
	return NULL;
}

/* Who has no turn has no say in where it stands but that it isn't in front of where it stood. */
static struct owner *owner_of(struct turns *turns, const struct turn *turn)
{
	struct queue *queue = &turns->queues[turn->class];
	struct owner *owner = owner_find(turns, turn);

	if (owner == NULL) {
		owner = xalloc(sizeof(*owner));
		owner->id = turn->owner;
		owner->class = turn->class;
		list_init(&owner->ring);
		list_append(&queue->owners, &owner->link);
	}
	if (owner->count == 0 && owner->at < queue->at)
		owner->at = queue->at;
	owner->weight = turn->weight;
	return owner;
}

/* Who goes next; NULL: nobody waits. Those that nothing is remembered for any more are let go of. */
static struct owner *owner_next(struct queue *queue)
{
	struct owner *next = NULL;

	LIST_EACH_SAFE(item, &queue->owners) {
		struct owner *owner = OWNER(item);

		if (owner->count == 0 && owner->at <= queue->at) {
			list_remove(&owner->link);
			free(owner);
		} else if (owner->count > 0 && (next == NULL || owner->at < next->at)) {
			next = owner;
		}
	}
	return next;
}

/* ---- clients ---- */

static struct list *bucket_of(struct turns *turns, const struct turn *turn)
{
	uint64_t key[3] = { turn->class, turn->owner, turn->client };

	return &turns->buckets[hash_bytes(key, sizeof(key), turns->seed) & turns->mask];
}

static struct client *client_find(struct turns *turns, const struct turn *turn)
{
	LIST_EACH(item, bucket_of(turns, turn)) {
		struct client *client = LIST_ITEM(item, struct client, chain);

		if (client->owner->class == turn->class && client->owner->id == turn->owner &&
			client->id == turn->client)
			return client;
	}
	return NULL;
}

static struct client *client_new(struct turns *turns, const struct turn *turn)
{
	struct client *client = xalloc(sizeof(*client));

	client->owner = owner_of(turns, turn);
	client->id = turn->client;
	list_init(&client->turns);
	list_append(&client->owner->ring, &client->link);
	list_append(bucket_of(turns, turn), &client->chain);
	client->owner->clients++;
	return client;
}

static void client_free(struct client *client)
{
	client->owner->clients--;
	list_remove(&client->link);
	list_remove(&client->chain);
	free(client);
}

/* ---- turns ---- */

static void put(struct turns *turns, struct turn *turn)
{
	struct queue *queue = &turns->queues[turn->class];
	struct client *client = client_find(turns, turn);

	assert(turn->weight > 0);
	if (client == NULL)
		client = client_new(turns, turn);
	list_append(&client->turns, &turn->link);
	list_append(&queue->by_time, &turn->by_time);
	client->count++;
	client->owner->count++;
	queue->count++;
	turns->count++;
}

static struct turn *take(struct turns *turns, struct turn *turn)
{
	struct client *client = client_find(turns, turn);

	list_remove(&turn->link);
	list_remove(&turn->by_time);
	turns->queues[turn->class].count--;
	turns->count--;
	client->owner->count--;
	if (--client->count == 0)
		client_free(client);
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

static struct client *largest_of(const struct owner *owner)
{
	struct client *largest = NULL;

	LIST_EACH(item, &owner->ring) {
		if (largest == NULL || CLIENT(item)->count > largest->count)
			largest = CLIENT(item);
	}
	return largest;
}

/* The newest of the client that has most of this turn's owner, if the turn's own stays behind that with it;
 * NULL: it doesn't. Nobody is looked for unless there must be somebody: who has less than an equal share
 * finds one who has more. */
static struct turn *newest_of_largest(struct turns *turns, const struct turn *turn)
{
	const struct owner *owner = owner_find(turns, turn);
	const struct client *own = client_find(turns, turn);
	size_t count = own != NULL ? own->count : 0;
	struct client *largest;

	if (owner == NULL || (count + 1) * (owner->clients + (own == NULL)) > owner->count)
		return NULL;
	largest = largest_of(owner);
	if (largest == NULL || largest->count < count + 2)
		return NULL;
	return TURN(largest->turns.previous);
}

/* How many places an owner is sure of. */
static size_t share_of(const struct turns *turns, unsigned weight)
{
	return turns->most * weight / TURNS_WEIGHT;
}

/* Of who has most above his share in this turn's class, if its own owner is below his; NULL: nobody is. */
static struct turn *newest_above_share(struct turns *turns, const struct turn *turn)
{
	const struct owner *own = owner_find(turns, turn), *most = NULL;
	size_t above = 0;

	if ((own != NULL ? own->count : 0) >= share_of(turns, turn->weight))
		return NULL;
	LIST_EACH(item, &turns->queues[turn->class].owners) {
		const struct owner *owner = OWNER(item);
		size_t share = share_of(turns, owner->weight);

		if (owner != own && owner->count > share && owner->count - share > above) {
			most = owner;
			above = owner->count - share;
		}
	}
	return most != NULL ? TURN(largest_of(most)->turns.previous) : NULL;
}

bool turns_add(struct turns *turns, struct turn *turn, struct turn **ret_out)
{
	struct turn *out = NULL;

	if (turns->count >= turns->most) {
		out = newest_below(turns, turn->class);
		if (out == NULL)
			out = newest_above_share(turns, turn);
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

/* The first client of the owner's ring goes to its end. */
static struct turn *first_of(struct turns *turns, struct owner *owner)
{
	struct client *client = CLIENT(owner->ring.next);

	list_remove(&client->link);
	list_append(&owner->ring, &client->link);
	return take(turns, TURN(client->turns.next));
}

struct turn *turns_next(struct turns *turns)
{
	for (size_t i = 0; i < ASK_CLASS_COUNT; i++) {
		struct queue *queue = &turns->queues[i];
		struct owner *owner = owner_next(queue);

		if (owner == NULL)
			continue;
		queue->at = owner->at;
		owner->at += STRIDE / owner->weight;
		return first_of(turns, owner);
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
