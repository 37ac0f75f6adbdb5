/* memory_tier.c - what a hit and a put cost in the memory tier, for each eviction order.
 *
 * Prints nanoseconds an operation and its ratio to fifo's: the ratios travel between machines, the
 * nanoseconds don't. Orders take turns over several rounds and the least time counts. One thread.
 * "hit" asks for what is there, spread as Zipf's law has it; "put" has the tier full, so that each
 * put evicts and frees an object; making the object is not counted. Not part of the build:
 *
 *	meson setup build -Dbuildtype=release
 *	ninja -C build src/store/libstore.a src/http/libhttp.a src/util/libutil.a
 *	cc -std=gnu17 -O2 -D_GNU_SOURCE -Iinclude/larder tests/bench/memory_tier.c \
 *		build/src/store/libstore.a build/src/http/libhttp.a build/src/util/libutil.a \
 *		-lxxhash -lpthread -lm -o memory_tier
 */
#include "store/memory.h"

#include "util/alloc.h"
#include "util/clock.h"
#include "util/hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define KEYS      20000 /* that fit */
#define HITS      400000
#define PUTS      40000
#define ROUNDS    5
#define BODY_SIZE 2048
#define SIZE      (UINT64_C(50) << 20)
#define KEY_SIZE  32

static const char *const names[] = {
#define X(id, text) text,
	EVICTION_TABLE(X)
#undef X
};
#define ORDERS (sizeof(names) / sizeof(names[0]))

struct cost {
	double hit_ns;
	double put_ns;
};

static char key_texts[KEYS + PUTS][KEY_SIZE];
static struct key keys[KEYS + PUTS];
static unsigned asked[HITS];

static void prepare(void)
{
	for (unsigned i = 0; i < KEYS + PUTS; i++) {
		int size = snprintf(key_texts[i], KEY_SIZE, "/search?query=%u", i);

		keys[i].bytes = (struct slice){ key_texts[i], (size_t)size };
		keys[i].hash = hash_bytes(key_texts[i], (size_t)size, 1);
	}
	/* Zipf with a skew near 1, by the inverse of the continuous law. */
	for (unsigned i = 0; i < HITS; i++) {
		double u = (double)(hash_bytes(&i, sizeof(i), 2) >> 11) * 0x1p-53;

		asked[i] = (unsigned)pow(KEYS, u) - 1;
	}
}

static struct object *make(void)
{
	struct body *body = body_new(xalloc(BODY_SIZE), BODY_SIZE);
	struct headers none = { 0 };
	struct object *object =
		object_new(&(struct object_parts){ .status = 200, .headers = &none, .body = body });

	body_unref(body);
	return object;
}

static void put(struct tier *tier, unsigned number, struct object *object)
{
	if (tier_put(tier, &keys[number], object) != RC_OK)
		abort();
	object_unref(object);
}

static double time_hits(struct tier *tier)
{
	int64_t start_us = clock_monotonic_us();
	unsigned found = 0;

	for (unsigned i = 0; i < HITS; i++) {
		SCOPED(object) object = NULL;

		found += tier_get(tier, &keys[asked[i]], NULL, &object) == RC_OK;
	}
	if (found != HITS)
		abort();
	return (double)(clock_monotonic_us() - start_us) * 1000 / HITS;
}

static double time_puts(struct tier *tier)
{
	struct object **objects = xalloc(PUTS * sizeof(struct object *));
	int64_t start_us, took_us;

	for (unsigned i = 0; i < PUTS; i++)
		objects[i] = make();
	start_us = clock_monotonic_us();
	for (unsigned i = 0; i < PUTS; i++)
		put(tier, KEYS + i, objects[i]);
	took_us = clock_monotonic_us() - start_us;
	free(objects);
	return (double)took_us * 1000 / PUTS;
}

static void run(enum eviction order, struct cost *least)
{
	struct tier *tier = memory_new(&(struct memory_options){
		.size_bytes = SIZE, .max_object_bytes = UINT64_C(1) << 20, .eviction = order });
	double hit_ns, put_ns;

	for (unsigned i = 0; i < KEYS; i++)
		put(tier, i, make());
	hit_ns = time_hits(tier);
	put_ns = time_puts(tier);
	if (least->hit_ns == 0 || hit_ns < least->hit_ns)
		least->hit_ns = hit_ns;
	if (least->put_ns == 0 || put_ns < least->put_ns)
		least->put_ns = put_ns;
	tier_free(tier);
}

int main(void)
{
	struct cost costs[ORDERS] = { 0 };
	const struct cost *fifo = &costs[EVICTION_FIFO];

	prepare();
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < ORDERS; i++)
			run((enum eviction)i, &costs[i]);
	}
	printf("%-8s %8s %8s %8s %8s\n", "order", "hit ns", "x fifo", "put ns", "x fifo");
	for (unsigned i = 0; i < ORDERS; i++)
		printf("%-8s %8.0f %8.2f %8.0f %8.2f\n", names[i], costs[i].hit_ns,
			costs[i].hit_ns / fifo->hit_ns, costs[i].put_ns,
			costs[i].put_ns / fifo->put_ns);
	return EXIT_SUCCESS;
}
