/* disk_fixture.h - a disk tier in a directory of its own, and short words for what tests do with it.
 *
 * "again" closes the tier and opens it anew.
 */
#pragma once

#include "tier_fixture.h"

#include "store/disk.h"
#include "util/clock.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];
static struct disk *disk;
static int reports[DISK_STATE_COUNT];
static bool (*above)(void *, const struct key *);

static inline void report(void *arg, enum disk_state state, const char *detail)
{
	(void)arg;
	(void)detail;
	reports[state]++;
}

static inline enum rc open_with(struct disk_options options, struct bytes *fault)
{
	options.path = directory;
	options.report = report;
	options.in_use = above;
	if (options.size_bytes == 0)
		options.size_bytes = 64 * MIB;
	if (options.queue_bytes == 0)
		options.queue_bytes = 16 * MIB;
	options.inline_limit_bytes = 64 * KIB;
	options.max_object_bytes = 8 * MIB;
	options.high_water_percent = 95;
	options.low_water_percent = 80;
	options.compress_bytes = UINT64_MAX;
	return disk_open(&options, &disk, fault);
}

static inline void open_disk(void)
{
	struct bytes fault;

	bytes_init(&fault, 4096);
	ck_assert_int_eq(open_with((struct disk_options){ 0 }, &fault), RC_OK);
	bytes_done(&fault);
}

static inline void again(void)
{
	disk_close(disk);
	open_disk();
}

static inline void set_up(void)
{
	snprintf(directory, sizeof(directory), "/tmp/larder-disk-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	memset(reports, 0, sizeof(reports));
	above = NULL;
	open_disk();
}

static inline int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
	(void)found;
	(void)kind;
	(void)at;
	return remove(path);
}

static inline void tear_down(void)
{
	disk_close(disk);
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A key as key_make() makes them: the disk takes them apart. */
struct real_key {
	struct bytes buffer;
	struct key key;
};

static inline const struct key *real_key(struct real_key *k, const char *target)
{
	const struct key_parts parts = {
		.route = SLICE("/r"),
		.namespace_version = 1,
		.target = slice_of(target),
	};

	bytes_init(&k->buffer, 4096);
	ck_assert_int_eq(
		key_make(&parts, groups_seed(disk_groups(disk)), &k->buffer, &k->key), RC_OK);
	return &k->key;
}

struct stored_as {
	const char *target;
	size_t size;
	char fill; /* of the body */
	int64_t age_ms;
	const char *tag;
	const char *variant;
	int64_t lifetime_ms; /* 0: an hour */
};

static inline uint32_t slot_of(const char *name)
{
	return groups_slot(disk_groups(disk), 1, slice_of(name));
}

static inline struct object *object_of(const struct stored_as *as)
{
	uint32_t slots[2] = { slot_of(as->target), 0 };
	char *data = xalloc(as->size + 1);
	struct headers fields, variant;
	struct arena arena;
	SCOPED(body) body = NULL;
	struct object *object;

	memset(data, as->fill != 0 ? as->fill : 'x', as->size);
	body = body_new(data, as->size);
	arena_init(&arena);
	headers_init(&fields, &arena);
	headers_init(&variant, &arena);
	headers_add(&fields, SLICE("Content-Type"), SLICE("text/plain"));
	if (as->tag != NULL) {
		headers_add(&fields, SLICE("Surrogate-Key"), slice_of(as->tag));
		slots[1] = slot_of(as->tag);
	}
	if (as->variant != NULL)
		headers_add(&variant, SLICE("accept"), slice_of(as->variant));
	object = object_new(&(struct object_parts){
		.status = 200,
		.http_version = HTTP_1_1,
		.freshness = {
			.requested_ms = clock_wall_ms() - as->age_ms,
			.responded_ms = clock_wall_ms() - as->age_ms,
			.date_ms = clock_wall_ms() - as->age_ms,
			.lifetime_ms = as->lifetime_ms != 0 ? as->lifetime_ms : 3600000,
			.explicit = true,
		},
		.headers = &fields,
		.variant = &variant,
		.groups = slots,
		.group_count = as->tag != NULL ? 2 : 1,
		.epoch = groups_epoch(disk_groups(disk)),
		.body = body,
	});
	arena_done(&arena);
	return object;
}

static inline enum rc store(struct stored_as as)
{
	SCOPED(object) object = object_of(&as);
	struct real_key k;
	enum rc rc = tier_put(disk_tier(disk), real_key(&k, as.target), object);

	bytes_done(&k.buffer);
	return rc;
}

static inline bool is_valid(struct object *object, void *arg)
{
	(void)arg;
	return !groups_outdated(
		disk_groups(disk), object->groups, object->group_count, object->epoch);
}

/* What is found: 0, or the body's first byte once all of them were read and found to be that. */
static inline char found(const char *target)
{
	const struct chooser chooser = { is_valid, NULL };
	SCOPED(object) object = NULL;
	SCOPED(body) body = NULL;
	struct real_key k;
	enum rc rc = tier_get(disk_tier(disk), real_key(&k, target), &chooser, &object);

	bytes_done(&k.buffer);
	if (rc != RC_OK || body_load(object->body, &body) != RC_OK)
		return 0;
	for (size_t i = 1; i < body->size; i++) {
		if (body->data[i] != body->data[0])
			return '!';
	}
	return body->size > 0 ? body->data[0] : '-';
}

/* What a purge or a count came to. */
struct told {
	atomic_int calls;
	enum rc rc;
	uint64_t count;
};

static inline void tell(void *arg, enum rc rc, uint64_t count)
{
	struct told *told = arg;

	told->rc = rc;
	told->count = count;
	atomic_fetch_add(&told->calls, 1);
}
