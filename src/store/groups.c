/* store/groups.c - a table of epochs and the counter that they come from.
 *
 * An invalidation takes the next number n and raises its slot to n, that is, each of the slot's cells; an object with
 * epoch e is out of date where a slot is above e: all of its cells are, each by the slot's own n or another's. So:
 * - e read before n was taken is below n: out of date as soon as the slot is raised. A slot only
 *   rises (numbers are taken and written under one lock), and a load that happens after the raise sees
 *   it or a higher one: nothing can bring the object back.
 * - e read after n was taken is n or higher, so the object stays. Also while the slot is not raised
 *   yet: the fetch began after the invalidation did, and that is after what caused it.
 * - a counter that is read late is too low, which costs a fetch.
 *
 * In a file the counter begins each time far above where it was: after a power failure a page of slots
 * or an object may be younger than the page with the counter, but never younger than that.
 *
 * Threads and ownership: groups.h.
 */
#include "store/groups.h"

#include "util/alloc.h"
#include "util/hash.h"
#include "util/rc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x3370726772656c6cULL /* another layout: another number */
#define LEAP  ((uint64_t)1 << 32)   /* of the counter at each opening */
#define MODES 2

/* Three cells of a million: fewer are wrong than with two or four, for the 10,000 to 300,000 invalidations that are
 * younger than most of what is stored. */
#define CELL_BITS 20
#define CELLS     ((size_t)1 << CELL_BITS)
#define OF_SLOT   3

/* Both modes side by side: who asks for one asks for the other. */
struct cell {
	atomic_uint_fast64_t raised[MODES];
};

/*	0	what it is: written once, and notes	4096	counter		8192	cells */
struct table {
	uint64_t magic;
	uint64_t seed;
	uint64_t identity;
	uint64_t check;                           /* hash of the three */
	atomic_uint_fast64_t notes[GROUPS_NOTES]; /* 0: none */
	atomic_uint_fast64_t last;                /* the number that the latest invalidation took */
	char unused_too[4096 - 8];
	struct cell cells[CELLS];
};
_Static_assert(sizeof(struct table) == 8192 + sizeof(uint64_t) * MODES * CELLS, "layout");

struct groups {
	struct table *table; /* stays where it is */
	bool mapped;
	pthread_mutex_t lock; /* of who writes to it */
};

static uint64_t check_of(const struct table *table)
{
	return hash_bytes(table, offsetof(struct table, check), MAGIC);
}

static void begin(struct table *table, uint64_t seed)
{
	table->magic = MAGIC;
	table->seed = seed;
	table->identity = random_u64();
	table->check = check_of(table);
}

static struct groups *groups_of(struct table *table, bool mapped)
{
	struct groups *groups = xalloc(sizeof(*groups));

	groups->table = table;
	groups->mapped = mapped;
	pthread_mutex_init(&groups->lock, NULL);
	return groups;
}

struct groups *groups_new(uint64_t seed)
{
	struct table *table = mmap(
		NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (table == MAP_FAILED)
		abort(); /* as xalloc() */
	/* a few invalidations must not take 2 MiB each */
	madvise(table, sizeof(*table), MADV_NOHUGEPAGE);
	begin(table, seed); /* no invalidation yet: all are 0 */
	return groups_of(table, false);
}

/* With all its blocks, or a write to the mapping could find the device full: that can't be told. */
static enum rc make_file(const char *path, int *ret_fd)
{
	int fd, failed;

	if (unlink(path) != 0 && errno != ENOENT)
		return rc_of_errno();
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return rc_of_errno();
	failed = posix_fallocate(fd, 0, sizeof(struct table));
	if (failed != 0) {
		close(fd);
		unlink(path);
		errno = failed;
		return rc_of_errno();
	}
	*ret_fd = fd;
	return RC_OK;
}

/* The mapping lives on without the descriptor. */
static struct table *map(int fd)
{
	void *at = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	return at != MAP_FAILED ? at : NULL;
}

/* RC_ABSENT: there is no file. RC_CORRUPT: there is one that is none of ours. */
static enum rc map_existing(const char *path, struct table **ret)
{
	struct table *table;
	struct stat found;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? RC_ABSENT : rc_of_errno();
	if (fstat(fd, &found) != 0 || found.st_size != (off_t)sizeof(struct table)) {
		close(fd);
		return RC_CORRUPT;
	}
	table = map(fd);
	if (table == NULL)
		return rc_of_errno();
	if (table->magic != MAGIC || table->check != check_of(table)) {
		munmap(table, sizeof(*table));
		return RC_CORRUPT;
	}
	*ret = table;
	return RC_OK;
}

static enum rc map_new(const char *path, struct table **ret)
{
	struct table *table;
	int fd = -1;

	TRY(make_file(path, &fd));
	table = map(fd);
	if (table == NULL)
		return rc_of_errno();
	begin(table, hash_seed());
	*ret = table;
	return RC_OK;
}

/* What was read for it needn't stay in this process's memory. */
static void leap(struct table *table)
{
	uint64_t highest = table->last;

	for (size_t i = 0; i < CELLS; i++) {
		for (size_t mode = 0; mode < MODES; mode++) {
			if (table->cells[i].raised[mode] > highest)
				highest = table->cells[i].raised[mode];
		}
	}
	table->last = highest + LEAP;
	madvise(table->cells, sizeof(table->cells), MADV_DONTNEED);
}

enum rc groups_open(const char *path, struct groups **ret, bool *ret_renewed)
{
	struct table *table = NULL;
	enum rc rc = map_existing(path, &table);

	*ret_renewed = rc == RC_CORRUPT;
	if (rc == RC_ABSENT || rc == RC_CORRUPT)
		rc = map_new(path, &table);
	if (rc != RC_OK)
		return rc;
	leap(table);
	*ret = groups_of(table, true);
	return RC_OK;
}

/* Read in pieces of one number at least: each slot is as it was at some moment of the call. */
static enum rc read_table(int fd, struct table *table)
{
	struct stat found;

	if (fstat(fd, &found) != 0)
		return rc_of_errno();
	if (found.st_size != (off_t)sizeof(*table))
		return RC_CORRUPT;
	if (pread(fd, table, sizeof(*table), 0) != (ssize_t)sizeof(*table))
		return RC_IO;
	return table->magic == MAGIC && table->check == check_of(table) ? RC_OK : RC_CORRUPT;
}

enum rc groups_copy(const char *path, struct groups **ret)
{
	struct groups *groups;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum rc rc;

	if (fd < 0)
		return rc_of_errno();
	groups = groups_new(0);
	rc = read_table(fd, groups->table);
	close(fd);
	if (rc == RC_OK)
		*ret = groups;
	else
		groups_free(groups);
	return rc;
}

void groups_free(struct groups *groups)
{
	if (groups == NULL)
		return;
	munmap(groups->table, sizeof(*groups->table));
	pthread_mutex_destroy(&groups->lock);
	free(groups);
}

uint64_t groups_seed(const struct groups *groups)
{
	return groups->table->seed;
}

uint64_t groups_identity(const struct groups *groups)
{
	return groups->table->identity;
}

uint64_t groups_epoch(const struct groups *groups)
{
	return atomic_load_explicit(&groups->table->last, memory_order_acquire);
}

uint32_t groups_slot(const struct groups *groups, uint64_t scope, struct slice name)
{
	uint64_t scoped = hash_bytes(&scope, sizeof(scope), groups->table->seed);

	return (uint32_t)hash_bytes(name.data, name.size, scoped);
}

/* The i-th cell of a slot, by other bits for each of a number in which all of the slot's have a part. */
static struct cell *cell_of(const struct groups *groups, uint32_t slot, unsigned i)
{
	uint64_t mixed = slot * 0x9e3779b97f4a7c15ULL; /* 2^64 / the golden ratio */

	mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93ULL;
	mixed ^= mixed >> 32;
	return &groups->table->cells[mixed >> (i * CELL_BITS) & (CELLS - 1)];
}

void groups_invalidate(struct groups *groups, uint32_t slot, enum groups_mode mode)
{
	uint64_t number;

	pthread_mutex_lock(&groups->lock);
	number = atomic_fetch_add(&groups->table->last, 1) + 1;
	for (unsigned i = 0; i < OF_SLOT; i++)
		atomic_store(&cell_of(groups, slot, i)->raised[mode], number);
	pthread_mutex_unlock(&groups->lock);
}

/* Most often the first cell says no. */
static bool is_above(
	const struct groups *groups, uint32_t slot, enum groups_mode mode, uint64_t epoch)
{
	for (unsigned i = 0; i < OF_SLOT; i++) {
		if (atomic_load_explicit(
			    &cell_of(groups, slot, i)->raised[mode], memory_order_acquire) <= epoch)
			return false;
	}
	return true;
}

static bool any_above(const struct groups *groups, const uint32_t *slots, size_t count,
	enum groups_mode mode, uint64_t epoch)
{
	for (size_t i = 0; i < count; i++) {
		if (is_above(groups, slots[i], mode, epoch))
			return true;
	}
	return false;
}

bool groups_outdated(
	const struct groups *groups, const uint32_t *slots, size_t count, uint64_t epoch)
{
	return any_above(groups, slots, count, GROUPS_HARD, epoch);
}

bool groups_softened(
	const struct groups *groups, const uint32_t *slots, size_t count, uint64_t epoch)
{
	return any_above(groups, slots, count, GROUPS_SOFT, epoch);
}

bool groups_noted(const struct groups *groups, uint64_t number)
{
	for (size_t i = 0; i < GROUPS_NOTES; i++) {
		if (atomic_load(&groups->table->notes[i]) == number)
			return true;
	}
	return false;
}

void groups_note(struct groups *groups, const uint64_t *numbers, size_t count)
{
	pthread_mutex_lock(&groups->lock);
	for (size_t i = 0; i < GROUPS_NOTES; i++)
		atomic_store(&groups->table->notes[i], i < count ? numbers[i] : 0);
	pthread_mutex_unlock(&groups->lock);
}

/* Under the lock: nothing changes between what is written and what is mapped. Whoever reads sees the same
 * at the same place before and after. */
static enum rc remap(struct groups *groups, const char *path)
{
	size_t size = sizeof(*groups->table);
	void *at;
	int fd;

	TRY(make_file(path, &fd));
	if (pwrite(fd, groups->table, size, 0) != (ssize_t)size) {
		close(fd);
		return RC_IO;
	}
	at = mmap(groups->table, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	close(fd);
	return at != MAP_FAILED ? RC_OK : rc_of_errno();
}

enum rc groups_keep(struct groups *groups, const char *path)
{
	enum rc rc;

	pthread_mutex_lock(&groups->lock);
	rc = remap(groups, path);
	groups->mapped = groups->mapped || rc == RC_OK;
	pthread_mutex_unlock(&groups->lock);
	return rc;
}

enum rc groups_sync(struct groups *groups)
{
	bool mapped;

	pthread_mutex_lock(&groups->lock);
	mapped = groups->mapped;
	pthread_mutex_unlock(&groups->lock);
	if (mapped && msync(groups->table, sizeof(*groups->table), MS_SYNC) != 0)
		return rc_of_errno();
	return RC_OK;
}
