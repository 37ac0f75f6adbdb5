/* tier_fixture.h - keys, objects and short words for the tests of the memory tier.
 *
 * Keys are numbers; an object is made from a recipe and told apart by its status.
 * Ownership: new_tier() and make() give theirs to the caller.
 */
#pragma once

#include "store/memory.h"

#include "util/alloc.h"
#include "util/hash.h"

#include <stdio.h>
#include <stdlib.h>

#define KIB 1024
#define MIB (1024 * 1024)

enum {
#define X(id, text) +1
	ORDERS = 0 EVICTION_TABLE(X) /* for loop tests over all of them */
#undef X
};

/* A key whose bytes lie beside it. */
struct test_key {
	struct key key;
	char text[32];
};

static inline const struct key *key_of(struct test_key *k, unsigned number)
{
	int size = snprintf(k->text, sizeof(k->text), "/search?query=%u", number);

	k->key.bytes = (struct slice){ k->text, (size_t)size };
	k->key.hash = hash_bytes(k->text, (size_t)size, 7);
	return &k->key;
}

struct recipe {
	size_t body_size;
	int status;
	struct freshness freshness;
	const char *fields[4];  /* name, value, ... of the response */
	const char *variant[4]; /* name, value, ... under Vary */
};

static inline void add_all(struct headers *h, const char *const *texts)
{
	for (int i = 0; i < 4 && texts[i] != NULL; i += 2)
		headers_add(h, slice_of(texts[i]), slice_of(texts[i + 1]));
}

static inline struct object *make(const struct recipe *r)
{
	struct arena arena;
	struct headers fields, variant;
	struct body *body = body_new(xalloc(r->body_size + 1), r->body_size);
	struct object *object;

	arena_init(&arena);
	headers_init(&fields, &arena);
	headers_init(&variant, &arena);
	add_all(&fields, r->fields);
	add_all(&variant, r->variant);
	object = object_new(&(struct object_parts){
		.status = r->status,
		.freshness = r->freshness,
		.headers = &fields,
		.variant = &variant,
		.body = body,
	});
	body_unref(body);
	arena_done(&arena);
	return object;
}

static inline enum rc put(struct tier *tier, unsigned number, const struct recipe *r)
{
	struct test_key k;
	SCOPED(object) object = make(r);

	return tier_put(tier, key_of(&k, number), object);
}

static inline enum rc put_sized(struct tier *tier, unsigned number, size_t size)
{
	return put(tier, number, &(struct recipe){ .body_size = size });
}

/* The status of what is found, or 0. */
static inline int status_of(struct tier *tier, unsigned number, const struct chooser *chooser)
{
	struct test_key k;
	SCOPED(object) object = NULL;

	if (tier_get(tier, key_of(&k, number), chooser, &object) != RC_OK)
		return 0;
	return object->status;
}

/* A chooser that takes one status only and counts how often it was asked. */
struct wish {
	int status;
	int asked;
};

static inline bool has_status(struct object *object, void *arg)
{
	struct wish *wish = arg;

	wish->asked++;
	return object->status == wish->status;
}

static inline enum rc drop(struct tier *tier, unsigned number)
{
	struct test_key k;

	return tier_drop(tier, key_of(&k, number));
}

static inline struct tier_usage usage_of(struct tier *tier)
{
	struct tier_usage usage;

	tier_usage(tier, &usage);
	return usage;
}

static inline struct tier *new_tier(int order, uint64_t size_bytes, unsigned shards)
{
	return memory_new(&(struct memory_options){
		.size_bytes = size_bytes,
		.max_object_bytes = 64 * KIB,
		.eviction = (enum eviction)order,
		.negative_percent = 50,
		.shards = shards,
		.max_variants = 4,
	});
}
