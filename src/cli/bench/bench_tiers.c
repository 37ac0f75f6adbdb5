/* cli/bench/bench_tiers.c - the memory tier and the disk tier in this process: what a put and a get take.
 *
 * Without HTTP, without policy: what is measured is what a tier adds to a request. The disk tier writes behind;
 * "queue" is what a request waits for, "commit" is until the row is committed, one at a time. A cold read comes
 * from a tier that was opened anew after the kernel was asked to forget the files.
 *
 * Threads: one, and those of the disk tier. Ownership: the directory is made and removed here.
 */
#include "bench.h"

#include "http/gunzip.h"
#include "http/gzip.h"
#include "store/disk.h"
#include "store/memory.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEVEL       6
#define MOST_WORDS  4096
#define MOST_KEY    256
#define PLAIN_BYTES ((uint64_t)64 << 10) /* of the body that is compressed */

struct place {
	struct bench *bench;
	char path[PATH_MAX];
	struct tier *memory;
	struct disk *disk;
	struct bench_series *queued; /* where steps note more than one duration */
};

/* ---- what is stored ---- */

/* JSON as services send it, another for each seed. */
static struct body *make_body(size_t size, size_t seed)
{
	char *data = xalloc(size + 1);
	uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	size_t at = 0;

	while (at < size) {
		char row[160];
		int length = snprintf(row, sizeof(row),
			"{\"id\": %zu, \"accession\": \"P%08llx\", \"organism\": \"Homo sapiens\","
			" \"reviewed\": true, \"score\": 0.%u}\n",
			at, (unsigned long long)(state & 0xffffffff), (unsigned)(state % 1000));
		size_t count = (size_t)length < size - at ? (size_t)length : size - at;

		memcpy(data + at, row, count);
		at += count;
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	}
	return body_new(data, size);
}

static struct object *make_object(const struct place *place, size_t i)
{
	SCOPED(body) body = make_body(place->bench->size, i);
	int64_t now_ms = clock_wall_ms();
	struct arena arena;
	struct headers fields;
	struct object *object;

	arena_init(&arena);
	headers_init(&fields, &arena);
	headers_add(&fields, SLICE("Content-Type"), SLICE("application/json"));
	headers_add(&fields, SLICE("ETag"), SLICE("\"bench\""));
	object = object_new(&(struct object_parts){
		.status = 200,
		.http_version = HTTP_1_1,
		.freshness = { .requested_ms = now_ms,
			.responded_ms = now_ms,
			.date_ms = now_ms,
			.lifetime_ms = 3600000,
			.explicit = true },
		.headers = &fields,
		.epoch = groups_epoch(disk_groups(place->disk)),
		.body = body,
	});
	arena_done(&arena);
	return object;
}

struct made_key {
	struct bytes buffer;
	struct key key;
};

static enum rc make_key(const struct place *place, size_t i, struct made_key *ret)
{
	char target[64];
	int size = snprintf(target, sizeof(target), "/bench/%zu?format=json", i);

	bytes_init(&ret->buffer, MOST_KEY);
	return key_make(
		&(struct key_parts){ .route = SLICE("/bench"), .target = { target, (size_t)size } },
		groups_seed(disk_groups(place->disk)), &ret->buffer, &ret->key);
}

/* ---- steps ---- */

/* Its time alone is that of what a request waits for. */
static enum rc put_into(const struct place *place, struct tier *tier, size_t i)
{
	SCOPED(object) object = make_object(place, i);
	struct made_key key;
	uint64_t begin;
	enum rc rc = make_key(place, i, &key);

	begin = bench_now_ns();
	if (rc == RC_OK)
		rc = tier_put(tier, &key.key, object);
	bench_note(place->queued, bench_now_ns() - begin);
	bytes_done(&key.buffer);
	return rc;
}

static enum rc put_memory(void *arg, size_t i)
{
	const struct place *place = arg;

	return put_into(place, place->memory, i);
}

static enum rc get_from(const struct place *place, struct tier *tier, size_t i)
{
	SCOPED(object) object = NULL;
	SCOPED(body) body = NULL;
	struct made_key key;
	enum rc rc = make_key(place, i, &key);

	if (rc == RC_OK)
		rc = tier_get(tier, &key.key, NULL, &object);
	if (rc == RC_OK)
		rc = body_load(object->body, &body);
	bytes_done(&key.buffer);
	return rc;
}

static enum rc get_memory(void *arg, size_t i)
{
	const struct place *place = arg;

	return get_from(place, place->memory, i);
}

static enum rc get_disk(void *arg, size_t i)
{
	const struct place *place = arg;

	return get_from(place, disk_tier(place->disk), i);
}

/* Its own time is that of the commit; that of the queue is noted beside it. */
static enum rc put_disk(void *arg, size_t i)
{
	const struct place *place = arg;

	TRY(put_into(place, disk_tier(place->disk), i));
	disk_flush(place->disk);
	return RC_OK;
}

struct squeeze {
	struct body *plain;
	struct body *gzip;
};

static enum rc compress(void *arg, size_t i)
{
	struct squeeze *s = arg;
	SCOPED(body) body = NULL;

	(void)i;
	TRY(gzip_whole(
		(struct slice){ s->plain->data, s->plain->size }, LEVEL, s->plain->size, &body));
	if (s->gzip == NULL)
		s->gzip = GIVE(body);
	return RC_OK;
}

static enum rc inflate(void *arg, size_t i)
{
	const struct squeeze *s = arg;
	const struct gunzip_limits limits = { .bytes = s->plain->size, .ratio = 1032 };
	SCOPED(body) body = NULL;

	(void)i;
	return gunzip_all((struct slice){ s->gzip->data, s->gzip->size }, &limits, &body);
}

/* ---- series ---- */

static enum rc open_disk(struct place *place)
{
	const struct disk_options options = {
		.path = place->path,
		.size_bytes = UINT64_C(1) << 40,
		.inline_limit_bytes = UINT64_C(64) << 10,
		.max_object_bytes = UINT64_C(1) << 30,
		.high_water_percent = 95,
		.low_water_percent = 80,
		.queue_bytes = UINT64_C(1) << 30,
		.fsync = DISK_FSYNC_NORMAL,
		.compress_bytes = UINT64_C(10) << 10,
		.compress_level = LEVEL,
	};
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, MOST_WORDS);
	rc = disk_open(&options, &place->disk, &fault);
	if (rc != RC_OK)
		fprintf(stderr, "larder bench: %s: %s\n", place->path,
			fault.size > 0 ? fault.data : rc_text(rc));
	bytes_done(&fault);
	return rc;
}

static int forget_file(const char *path, const struct stat *found, int kind, struct FTW *at)
{
	int fd;

	(void)found;
	(void)at;
	if (kind != FTW_F)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	fdatasync(fd); /* only what is on the device can be forgotten */
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	return 0;
}

static enum rc reopen_cold(struct place *place)
{
	disk_close(GIVE(place->disk));
	nftw(place->path, forget_file, 16, FTW_PHYS);
	return open_disk(place);
}

static enum rc run(struct place *place, const char *name, const char *about,
	enum rc (*step)(void *arg, size_t i))
{
	struct bench *bench = place->bench;

	return bench_measure(bench, bench_series(bench, name, about),
		&(struct bench_steps){ bench->entries, step, place });
}

/* Reads what was written in time. */
static enum rc run_gets(struct place *place, const char *name, const char *about,
	enum rc (*step)(void *arg, size_t i))
{
	struct bench *bench = place->bench;

	return bench_measure(bench, bench_series(bench, name, about),
		&(struct bench_steps){ place->queued->count, step, place });
}

/* The step's own time is the tier's and that of making what is put: only the former is kept. */
static enum rc run_memory(struct place *place)
{
	struct bench *bench = place->bench;
	struct bench_series whole = { 0 };
	enum rc rc;

	place->queued = bench_series(bench, "memory-put", "into the memory tier");
	rc = bench_measure(
		bench, &whole, &(struct bench_steps){ bench->entries, put_memory, place });
	free(whole.ns);
	TRY(rc);
	return run_gets(place, "memory-get", "from the memory tier", get_memory);
}

static enum rc run_disk(struct place *place)
{
	place->queued = bench_series(place->bench, "disk-queue", "what a request waits for");
	TRY(run(place, "disk-commit", "made and committed, one at a time", put_disk));
	TRY(run_gets(place, "disk-get-hot", "body read, files in the page cache", get_disk));
	TRY(reopen_cold(place));
	return run_gets(place, "disk-get-cold", "body read, page cache dropped", get_disk);
}

static enum rc run_squeeze(struct place *place)
{
	struct bench *bench = place->bench;
	struct squeeze s = { .plain = make_body(PLAIN_BYTES, 1) };
	const struct bench_steps steps = { bench->entries, compress, &s };
	const struct bench_steps back = { bench->entries, inflate, &s };
	enum rc rc = bench_measure(
		bench, bench_series(bench, "compress", "64 KiB of JSON, level 6"), &steps);

	if (rc == RC_OK)
		rc = bench_measure(bench, bench_series(bench, "inflate", "the same back"), &back);
	if (rc == RC_OK)
		bench->ratio = (double)s.gzip->size / (double)s.plain->size;
	if (s.gzip != NULL)
		body_unref(s.gzip);
	body_unref(s.plain);
	return rc;
}

static enum rc run_all(struct place *place)
{
	const struct memory_options options = { .size_bytes = UINT64_C(1) << 40,
		.max_object_bytes = UINT64_C(1) << 30 };
	enum rc rc;

	TRY(open_disk(place));
	place->memory = memory_new(&options);
	rc = run_memory(place);
	tier_free(place->memory); /* its copies would be counted as the page cache's */
	TRY(rc);
	TRY(run_disk(place));
	return run_squeeze(place);
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
	(void)found;
	(void)kind;
	(void)at;
	return remove(path);
}

enum rc bench_tiers(struct bench *bench)
{
	struct place place = { .bench = bench };
	enum rc rc;

	snprintf(place.path, sizeof(place.path), "%s/larder-bench-XXXXXX", bench->directory);
	if (mkdtemp(place.path) == NULL) {
		rc = rc_of_errno();
		fprintf(stderr, "larder bench: %s: %s\n", bench->directory, strerror(errno));
		return rc;
	}
	rc = run_all(&place);
	disk_close(place.disk);
	nftw(place.path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return rc;
}
