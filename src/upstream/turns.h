/* upstream/turns.h - who waits to be asked next: bounded, by class, and fair between owners and clients.
 *
 * A class goes before all lower ones. Within a class each owner (a tenant, or nobody) gets turns by its weight
 * while others wait as well; what one doesn't use is the others'. Within an owner the clients take turns, and each
 * one's requests go in their order: who sends a thousand waits for himself. Everything is O(1) but for what is
 * looked up in the hash of clients, and for the owners, who are few.
 *
 * Threads: one at a time. Ownership: a turn is embedded in what waits, which outlives its place here.
 */
#pragma once

#include "upstream/ask.h"
#include "util/list.h"

#include <stddef.h>
#include <stdint.h>

#define TURNS_WEIGHT 100

struct turn {
	struct list link;    /* among its client's */
	struct list by_time; /* among its class's, by deadline */
	enum ask_class class;
	uint64_t owner;      /* 0: nobody's */
	unsigned weight;     /* the owner's, at least 1, of all owners' together TURNS_WEIGHT */
	uint64_t client;     /* whose: a hash of address, or of a credential */
	int64_t deadline_ms; /* monotonic */
};

struct turns;

struct turns *turns_new(size_t most);
void turns_free(struct turns *turns); /* empty */

/* Where there are `most` already another one leaves instead, and is *ret_out (else NULL): the newest of the
 * lowest class below this one's; or, in its own class, where its owner has less than its share of the places, one
 * of an owner who has more; or the newest of the client of its owner that has most, as long as this one's has
 * fewer. false: there is none such; nothing has changed. */
bool turns_add(struct turns *turns, struct turn *turn, struct turn **ret_out);

/* The next, taken out; NULL: none. */
struct turn *turns_next(struct turns *turns);

/* No effect when it is not in. */
void turns_remove(struct turns *turns, struct turn *turn);

/* One whose deadline has passed, taken out; NULL: none. All turns of one `turns` wait equally long, so
 * the oldest is the first to go. */
struct turn *turns_expired(struct turns *turns, int64_t now_ms);

/* The earliest deadline; INT64_MAX without any. */
int64_t turns_deadline(const struct turns *turns);

size_t turns_count(const struct turns *turns);
size_t turns_count_of(const struct turns *turns, enum ask_class class);
