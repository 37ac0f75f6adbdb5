/* cells.c - per-thread numbers, summed when they are read.
 *
 * A thread's block is made at its first count and belongs to the list; when the thread ends, the
 * key's destructor folds it into "retired" and frees it. Only the owner writes a block's numbers,
 * so relaxed loads and stores do; the lock is for blocks that come and go while somebody sums.
 */
#include "cells.h"

#include "util/alloc.h"
#include "util/list.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct block {
	struct list link;
	_Atomic(uint64_t) *plain;
	_Atomic(struct histogram *) *histograms;
};

/* A NaN that no computation gives: "never set". Values are kept with its bits inverted, so that memory that nobody
 * has touched says so. */
#define UNSET UINT64_C(0x7ff8dead00000000)

static struct {
	bool ready;
	size_t plain_count;
	size_t histogram_count;
	_Atomic(uint64_t) *set;
	pthread_key_t key;    /* its destructor folds the block of a thread that ends */
	pthread_mutex_t lock; /* guards the list and retired, not the numbers in blocks */
	struct list blocks;
	struct block *retired;
} cells = { .lock = PTHREAD_MUTEX_INITIALIZER };

static _Thread_local struct block *mine;

static struct block *block_new(void)
{
	struct block *b = xalloc(sizeof(*b));

	/* Large zeroed allocations cost memory only where they are touched. */
	b->plain = xalloc(cells.plain_count * sizeof(*b->plain));
	b->histograms = xalloc(cells.histogram_count * sizeof(struct histogram *));
	return b;
}

static void block_free(struct block *b)
{
	for (size_t i = 0; i < cells.histogram_count; i++)
		free(atomic_load(&b->histograms[i]));
	free(b->histograms);
	free(b->plain);
	free(b);
}

static uint64_t load(const _Atomic(uint64_t) *at)
{
	return atomic_load_explicit(at, memory_order_relaxed);
}

/* Load and store rather than an atomic addition: only one thread writes. */
static void increase(_Atomic(uint64_t) *at, uint64_t by)
{
	atomic_store_explicit(at, load(at) + by, memory_order_relaxed);
}

static void fold_histogram(_Atomic(struct histogram *) *to, _Atomic(struct histogram *) *from)
{
	struct histogram *source = atomic_load(from);
	struct histogram *target = atomic_load(to);

	if (source == NULL)
		return;
	if (target != NULL) {
		histogram_merge(target, source);
		return;
	}
	atomic_store(to, source);
	atomic_store(from, NULL);
}

/* Of a thread that ends: its numbers stay in "retired". */
static void block_retire(void *arg)
{
	struct block *b = arg;

	pthread_mutex_lock(&cells.lock);
	for (size_t i = 0; i < cells.plain_count; i++) {
		if (load(&b->plain[i]) > 0)
			increase(&cells.retired->plain[i], load(&b->plain[i]));
	}
	for (size_t i = 0; i < cells.histogram_count; i++)
		fold_histogram(&cells.retired->histograms[i], &b->histograms[i]);
	list_remove(&b->link);
	pthread_mutex_unlock(&cells.lock);
	mine = NULL; /* another destructor may still count: it gets a new block */
	block_free(b);
}

static struct block *block_enrol(void)
{
	struct block *b;

	if (!cells.ready)
		return NULL;
	b = block_new();
	pthread_mutex_lock(&cells.lock);
	list_append(&cells.blocks, &b->link);
	pthread_mutex_unlock(&cells.lock);
	pthread_setspecific(cells.key, b);
	mine = b;
	return b;
}

static struct block *block_mine(void)
{
	return __builtin_expect(mine != NULL, 1) ? mine : block_enrol();
}

void cells_init(size_t plain_count, size_t histogram_count)
{
	cells.plain_count = plain_count;
	cells.histogram_count = histogram_count;
	list_init(&cells.blocks);
	cells.retired = block_new();
	cells.set = xalloc(plain_count * sizeof(*cells.set));
	if (pthread_key_create(&cells.key, block_retire) != 0)
		abort();
	cells.ready = true;
}

void cells_done(void)
{
	if (!cells.ready)
		return; /* what fails at the very start ends without having begun */
	pthread_setspecific(cells.key, NULL);
	pthread_key_delete(cells.key);
	LIST_EACH_SAFE(at, &cells.blocks)
		block_free(LIST_ITEM(at, struct block, link));
	block_free(cells.retired);
	free(cells.set);
	mine = NULL;
	cells.ready = false;
}

bool cells_ready(void)
{
	return cells.ready;
}

void cells_add(size_t cell, uint64_t count)
{
	struct block *b = block_mine();

	if (b != NULL)
		increase(&b->plain[cell], count);
}

void cells_observe(size_t cell, int64_t us)
{
	struct block *b = block_mine();
	struct histogram *h;

	if (b == NULL)
		return;
	h = atomic_load_explicit(&b->histograms[cell], memory_order_relaxed);
	if (h == NULL) {
		h = xalloc(sizeof(*h));
		/* A reader that sees the pointer sees the zeros behind it. */
		atomic_store_explicit(&b->histograms[cell], h, memory_order_release);
	}
	histogram_add(h, us);
}

void cells_set(size_t cell, double value)
{
	uint64_t bits;

	if (!cells.ready)
		return;
	if (isnan(value))
		value = (double)NAN;
	memcpy(&bits, &value, sizeof(bits));
	atomic_store_explicit(&cells.set[cell], bits ^ UNSET, memory_order_relaxed);
}

void cells_unset(size_t cell)
{
	if (cells.ready)
		atomic_store_explicit(&cells.set[cell], 0, memory_order_relaxed);
}

bool cells_get(size_t cell, double *ret)
{
	uint64_t bits = load(&cells.set[cell]) ^ UNSET;

	if (bits == UNSET)
		return false;
	memcpy(ret, &bits, sizeof(bits));
	return true;
}

uint64_t cells_sum(size_t cell)
{
	uint64_t sum;

	pthread_mutex_lock(&cells.lock);
	sum = load(&cells.retired->plain[cell]);
	LIST_EACH(at, &cells.blocks)
		sum += load(&LIST_ITEM(at, struct block, link)->plain[cell]);
	pthread_mutex_unlock(&cells.lock);
	return sum;
}

static void move_plain(struct block *b, size_t from, size_t to)
{
	uint64_t count = load(&b->plain[from]);

	if (count == 0)
		return;
	increase(&cells.retired->plain[to], count);
	atomic_store_explicit(&b->plain[from], 0, memory_order_relaxed);
}

void cells_move(size_t from, size_t to)
{
	pthread_mutex_lock(&cells.lock);
	move_plain(cells.retired, from, to);
	LIST_EACH(at, &cells.blocks)
		move_plain(LIST_ITEM(at, struct block, link), from, to);
	pthread_mutex_unlock(&cells.lock);
}

static void move_histogram(struct block *b, size_t from, size_t to)
{
	fold_histogram(&cells.retired->histograms[to], &b->histograms[from]);
	free(atomic_exchange(&b->histograms[from], NULL));
}

void cells_move_histogram(size_t from, size_t to)
{
	pthread_mutex_lock(&cells.lock);
	move_histogram(cells.retired, from, to);
	LIST_EACH(at, &cells.blocks)
		move_histogram(LIST_ITEM(at, struct block, link), from, to);
	pthread_mutex_unlock(&cells.lock);
}

static bool merge_from(struct block *b, size_t cell, struct histogram *to)
{
	struct histogram *h = atomic_load_explicit(&b->histograms[cell], memory_order_acquire);

	if (h == NULL)
		return false;
	histogram_merge(to, h);
	return true;
}

bool cells_merge(size_t cell, struct histogram *to)
{
	bool found;

	pthread_mutex_lock(&cells.lock);
	found = merge_from(cells.retired, cell, to);
	LIST_EACH(at, &cells.blocks)
		found |= merge_from(LIST_ITEM(at, struct block, link), cell, to);
	pthread_mutex_unlock(&cells.lock);
	return found;
}
