/* proxy/look/popular.c - what is asked for most, missed most, and slowest.
 *
 * A hit that isn't drawn costs a multiplication; one that is, a copy of its target and a search in one of two small
 * tables. Threads and ownership: proxy/popular.h.
 */
#include "proxy/popular.h"

#include "state.h"

#include "observe/sketch.h"
#include "proxy/tenancy.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define COUNTERS    1024
#define DRAWN       16 /* one of so many hits */
#define HALVING_US  ((int64_t)10 * 60 * 1000 * 1000)
#define MOST_TARGET 1024
#define MOST_NAMES  512
#define STEPS       64 /* of durations: two to a doubling */

/* How often answers took how long, of one counter. */
struct waits {
	uint32_t counts[STEPS];
};

struct ladder {
	pthread_mutex_t lock;
	struct sketch *sketch;
	struct waits *durations; /* one a counter; NULL: nobody asks */
	int64_t halved_us;       /* monotonic */
};

struct popular {
	struct ladder ladders[POPULAR_BY_COUNT];
};

struct popular *popular_new(void)
{
	struct popular *popular = xalloc(sizeof(*popular));

	for (unsigned i = 0; i < POPULAR_BY_COUNT; i++) {
		struct ladder *ladder = &popular->ladders[i];

		pthread_mutex_init(&ladder->lock, NULL);
		ladder->sketch = sketch_new(COUNTERS);
		ladder->halved_us = clock_monotonic_us();
		if (i == POPULAR_SLOW)
			ladder->durations = xalloc(COUNTERS * sizeof(*ladder->durations));
	}
	return popular;
}

void popular_free(struct popular *popular)
{
	for (unsigned i = 0; i < POPULAR_BY_COUNT; i++) {
		pthread_mutex_destroy(&popular->ladders[i].lock);
		sketch_free(popular->ladders[i].sketch);
		free(popular->ladders[i].durations);
	}
	free(popular);
}

/* ---- durations ---- */

/* The steps end at 2, 3, 4, 6, 8, 12 ... microseconds. */
static unsigned step_of(int64_t us)
{
	unsigned step = 0;

	for (int64_t end = 2; us > end && step < STEPS - 1; step++)
		end = step % 2 == 0 ? end / 2 * 3 : end / 3 * 4;
	return step;
}

static int64_t step_end_us(unsigned step)
{
	int64_t end = 2;

	for (unsigned i = 0; i < step; i++)
		end = i % 2 == 0 ? end / 2 * 3 : end / 3 * 4;
	return end;
}

static int64_t p99_ms(const struct waits *durations)
{
	uint64_t all = 0, below = 0;
	unsigned step = 0;

	for (unsigned i = 0; i < STEPS; i++)
		all += durations->counts[i];
	while (step < STEPS - 1 && (below += durations->counts[step]) * 100 < all * 99)
		step++;
	return (step_end_us(step) + 999) / 1000;
}

/* ---- counting ---- */

/* tenant NUL route NUL target; what doesn't fit is cut. */
struct label {
	size_t size;
	char text[MOST_NAMES + MOST_TARGET];
};

static void put(void *arg, struct slice piece)
{
	struct label *label = arg;
	size_t room = sizeof(label->text) - label->size;
	size_t size = piece.size < room ? piece.size : room;

	if (size > 0)
		memcpy(label->text + label->size, piece.data, size);
	label->size += size;
}

/* A name, and the NUL behind it. */
static void put_name(struct label *label, struct slice name)
{
	name.size = name.size < MOST_NAMES / 2 - 1 ? name.size : MOST_NAMES / 2 - 1;
	put(label, name);
	put(label, (struct slice){ "", 1 });
}

static void write_label(const struct exchange *x, bool cached, struct label *ret)
{
	const struct config *config = x->proxy->config;
	size_t names;

	ret->size = 0;
	put_name(ret, tenancy_name(config, x->tenant));
	put_name(ret, slice_of(config->routes[x->route].path));
	names = ret->size;
	redact_target(key_rules_secrets(x->proxy->key_rules),
		cached ? key_target(x->key) : x->request->raw_target, put, ret);
	if (ret->size > names + MOST_TARGET)
		ret->size = names + MOST_TARGET;
}

static void halve(struct ladder *ladder, int64_t now_us)
{
	sketch_halve(ladder->sketch);
	for (size_t i = 0; ladder->durations != NULL && i < COUNTERS; i++) {
		for (unsigned step = 0; step < STEPS; step++)
			ladder->durations[i].counts[step] /= 2;
	}
	ladder->halved_us = now_us;
}

/* What is counted: `times` such answers, of which each took so long. */
struct tally {
	const struct label *label;
	uint64_t times;
	int64_t duration_us;
	int64_t now_us;
};

static void count(struct ladder *ladder, const struct tally *tally)
{
	const struct slice text = { tally->label->text, tally->label->size };
	uint64_t weight = tally->times;
	bool taken;
	size_t at;

	if (pthread_mutex_trylock(&ladder->lock) != 0)
		return;
	if (tally->now_us - ladder->halved_us >= HALVING_US)
		halve(ladder, tally->now_us);
	if (ladder->durations != NULL)
		weight *= (uint64_t)(tally->duration_us > 0 ? tally->duration_us : 1);
	at = sketch_add(ladder->sketch, text, weight, &taken);
	if (ladder->durations != NULL) {
		if (taken)
			ladder->durations[at] = (struct waits){ 0 };
		ladder->durations[at].counts[step_of(tally->duration_us)] += (uint32_t)tally->times;
	}
	pthread_mutex_unlock(&ladder->lock);
}

static bool is_hit(enum cache_result result)
{
	return result == CACHE_RESULT_HIT || result == CACHE_RESULT_STALE_HIT;
}

static bool is_miss(enum cache_result result)
{
	return result == CACHE_RESULT_URI_MISS || result == CACHE_RESULT_VARY_MISS ||
	       result == CACHE_RESULT_STALE || result == CACHE_RESULT_PARTIAL ||
	       result == CACHE_RESULT_COLLAPSED;
}

/* By the microsecond at which it came: clients don't choose that. */
static bool is_drawn(const struct exchange *x)
{
	return (uint64_t)x->started_us * UINT64_C(0x9e3779b97f4a7c15) >> 60 == 0;
}

void popular_note(const struct exchange *x, enum cache_result result, int64_t duration_us)
{
	struct popular *popular = x->proxy->house->popular;
	bool hit = is_hit(result), miss = is_miss(result);
	struct label label;
	const struct tally tally = {
		.label = &label,
		.times = hit ? DRAWN : 1,
		.duration_us = duration_us,
		.now_us = x->started_us + duration_us,
	};

	if ((hit && !is_drawn(x)) || result == CACHE_RESULT_LOCAL ||
		x->route >= x->proxy->config->route_count)
		return;
	write_label(x, hit || miss, &label);
	if (hit)
		count(&popular->ladders[POPULAR_HITS], &tally);
	if (miss)
		count(&popular->ladders[POPULAR_MISSES], &tally);
	count(&popular->ladders[POPULAR_SLOW], &tally);
}

/* ---- looking ---- */

static struct popular_item item_of(const struct ladder *ladder, const struct sketch_count *count)
{
	struct slice rest = count->text;
	struct slice tenant = slice_cut(&rest, '\0'), route = slice_cut(&rest, '\0');
	bool slow = ladder->durations != NULL;

	return (struct popular_item){
		.tenant = xcopy(tenant.data, tenant.size),
		.route = xcopy(route.data, route.size),
		.target = xcopy(rest.data != NULL ? rest.data : "", rest.size),
		.count = slow ? count->count / 1000 : count->count,
		.error = slow ? (count->error + 999) / 1000 : count->error,
		.p99_ms = slow ? p99_ms(&ladder->durations[count->counter]) : -1,
	};
}

static bool is_of(const struct sketch_count *count, struct slice tenant)
{
	struct slice rest = count->text;

	return count->count > 0 &&
	       (tenant.size == 0 || slice_equal(slice_cut(&rest, '\0'), tenant));
}

void popular_top(
	const struct proxy *proxy, const struct popular_asked *asked, struct popular_list *ret)
{
	struct ladder *ladder = &proxy->house->popular->ladders[asked->by];
	struct sketch_count *counts = xalloc(COUNTERS * sizeof(*counts));
	size_t count;

	*ret = (struct popular_list){ xalloc((asked->most + 1) * sizeof(*ret->items)), 0 };
	pthread_mutex_lock(&ladder->lock);
	count = sketch_counts(ladder->sketch, counts);
	for (size_t i = 0; i < count && ret->count < asked->most; i++) {
		if (is_of(&counts[i], asked->tenant))
			ret->items[ret->count++] = item_of(ladder, &counts[i]);
	}
	pthread_mutex_unlock(&ladder->lock);
	free(counts);
}

void popular_list_done(struct popular_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].tenant);
		free(list->items[i].route);
		free(list->items[i].target);
	}
	free(list->items);
}
