/* disk_tier.c - a disk tier with many entries: file size, start, memory, and what a read costs cold and warm.
 *
 *	ninja -C build-bench tests/bench/disk_tier
 *	build-bench/tests/bench/disk_tier DIR [ENTRIES [BYTES]]
 *
 * Fills DIR with ENTRIES responses (a million of 2,000 bytes if not said otherwise), closes the tier, has the
 * kernel forget the files, and opens it again: the time until the first read is answered, then reads at random
 * cold and warm. Prints a line each. DIR must not exist; it stays.
 */
#include "http/key.h"
#include "store/disk.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/hash.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUTE     "/rest"
#define HOUR_MS   3600000
#define PIECE     2000 /* puts between two flushes */
#define COLD      2000
#define WARM      20000
#define QUANTILES 3

static struct disk *disk;

static void open_in(const char *path)
{
	const struct disk_options options = {
		.path = path,
		.size_bytes = UINT64_C(8) << 30,
		.inline_limit_bytes = 64 << 10,
		.max_object_bytes = 64 << 20,
		.high_water_percent = 95,
		.low_water_percent = 80,
		.queue_bytes = UINT64_C(256) << 20,
		.fsync = DISK_FSYNC_NORMAL,
		.compress_bytes = UINT64_MAX,
	};
	struct bytes fault;

	bytes_init(&fault, 4096);
	if (disk_open(&options, &disk, &fault) != RC_OK) {
		fprintf(stderr, "disk_tier: %s\n", fault.size > 0 ? fault.data : "can't be opened");
		exit(1);
	}
	bytes_done(&fault);
}

static void key_of(struct bytes *buffer, unsigned long number, struct key *ret)
{
	char target[64];
	int size = snprintf(target, sizeof(target), "/search?query=%lu&format=json", number);
	const struct key_parts parts = {
		.route = SLICE(ROUTE),
		.namespace_version = 1,
		.target = { target, (size_t)size },
	};

	if (key_make(&parts, groups_seed(disk_groups(disk)), buffer, ret) != RC_OK)
		exit(1);
}

/* Of random letters, as far as the length goes: neither compressible to nothing nor equal. */
static struct object *object_of(unsigned long number, size_t size)
{
	const struct field fields[] = {
		{ SLICE("Content-Type"), SLICE("application/json"), FIELD_CONTENT_TYPE },
		{ SLICE("ETag"), SLICE("\"5a3b-61f2c4d8e9a00\""), FIELD_ETAG },
		{ SLICE("Cache-Control"), SLICE("max-age=86400"), FIELD_CACHE_CONTROL },
		{ SLICE("Date"), SLICE("Sat, 21 Nov 2026 09:24:54 GMT"), FIELD_DATE },
	};
	struct headers headers = { .fields = (struct field *)(uintptr_t)fields, .count = 4 };
	uint32_t slot = (uint32_t)number;
	char *data = xalloc(size + sizeof(uint64_t));
	SCOPED(body) body = NULL;

	for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
		uint64_t word = hash_bytes(&i, sizeof(i), number);

		memcpy(data + i, &word, sizeof(word));
	}
	body = body_new(data, size);
	return object_new(&(struct object_parts){
		.status = 200,
		.http_version = HTTP_1_1,
		.freshness = { .responded_ms = clock_wall_ms(), .lifetime_ms = 24 * HOUR_MS },
		.headers = &headers,
		.groups = &slot,
		.group_count = 1,
		.epoch = groups_epoch(disk_groups(disk)),
		.body = body,
	});
}

static void fill(unsigned long entries, size_t size)
{
	int64_t began_us = clock_monotonic_us();
	struct bytes buffer;

	bytes_init(&buffer, 4096);
	for (unsigned long i = 0; i < entries; i++) {
		SCOPED(object) object = object_of(i, size);
		struct key key;

		key_of(&buffer, i, &key);
		if (tier_put(disk_tier(disk), &key, object) != RC_OK)
			exit(1);
		if (i % PIECE == PIECE - 1)
			disk_flush(disk);
	}
	disk_flush(disk);
	bytes_done(&buffer);
	printf("put      %lu of %zu bytes: %.0f us each, committed\n", entries, size,
		(double)(clock_monotonic_us() - began_us) / (double)entries);
}

/* The kernel gives back what it holds of a file. */
static void forget(const char *directory, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

static int64_t read_one(struct bytes *buffer, unsigned long number)
{
	int64_t began_us = clock_monotonic_us();
	SCOPED(object) object = NULL;
	struct key key;

	key_of(buffer, number, &key);
	if (tier_get(disk_tier(disk), &key, NULL, &object) != RC_OK) {
		fprintf(stderr, "disk_tier: entry %lu is not there\n", number);
		exit(1);
	}
	return clock_monotonic_us() - began_us;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Keys from `range` of all, at random. */
static void read_many(const char *what, size_t count, unsigned long range)
{
	static const double quantiles[QUANTILES] = { 0.5, 0.95, 0.99 };
	int64_t *taken = xgrow(NULL, count, sizeof(*taken)), sum = 0;
	struct bytes buffer;

	bytes_init(&buffer, 4096);
	for (size_t i = 0; i < count; i++)
		sum += taken[i] =
			read_one(&buffer, (unsigned long)(hash_bytes(&i, sizeof(i), 1) % range));
	qsort(taken, count, sizeof(*taken), by_value);
	printf("%-8s %zu reads: %.1f us mean", what, count, (double)sum / (double)count);
	for (size_t i = 0; i < QUANTILES; i++)
		printf(", p%.0f %lld us", quantiles[i] * 100,
			(long long)taken[(size_t)((double)(count - 1) * quantiles[i])]);
	printf("\n");
	bytes_done(&buffer);
	free(taken);
}

static long resident_kib(void)
{
	FILE *from = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (from == NULL || fscanf(from, "%*d %ld", &pages) != 1)
		pages = 0;
	if (from != NULL)
		fclose(from);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv)
{
	unsigned long entries = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
	size_t size = argc > 3 ? strtoul(argv[3], NULL, 10) : 2000;
	char path[4096];
	struct bytes buffer;
	struct stat found;
	int64_t began_us, opened_us;

	if (argc < 2 || entries == 0 || stat(argv[1], &found) == 0) {
		fputs("usage: disk_tier DIR [ENTRIES [BYTES]]; DIR must not exist\n", stderr);
		return 2;
	}
	open_in(argv[1]);
	fill(entries, size);
	disk_close(disk);
	snprintf(path, sizeof(path), "%s/larder.db", argv[1]);
	if (stat(path, &found) == 0)
		printf("file     %.0f bytes an entry\n", (double)found.st_size / (double)entries);
	forget(argv[1], "larder.db");
	began_us = clock_monotonic_us();
	open_in(argv[1]);
	opened_us = clock_monotonic_us() - began_us;
	bytes_init(&buffer, 4096);
	read_one(&buffer, entries / 2);
	bytes_done(&buffer);
	printf("start    %.1f ms, the first read answered after %.1f ms\n",
		(double)opened_us / 1000, (double)(clock_monotonic_us() - began_us) / 1000);
	forget(argv[1], "larder.db");
	read_many("cold", COLD, entries);
	read_many("warm", WARM, entries < WARM / 4 ? entries : WARM / 4);
	read_many("again", WARM, entries < WARM / 4 ? entries : WARM / 4);
	printf("memory   %ld MiB resident\n", resident_kib() / 1024);
	disk_close(disk);
	return 0;
}
