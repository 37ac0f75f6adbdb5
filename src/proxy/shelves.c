/* proxy/shelves.c - the tiers, as the configuration has them. */
#include "shelves.h"

#include "state.h"

#include "observe/domains.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "store/disk.h"
#include "store/memory.h"
#include "store/partition.h"
#include "store/tiers.h"
#include "util/alloc.h"
#include "util/hash.h"

#include <stdlib.h>

static struct memory_options options_of(const struct config *config)
{
	static const enum eviction orders[] = {
		[CONFIG_S3FIFO] = EVICTION_S3FIFO,
		[CONFIG_LRU] = EVICTION_LRU,
		[CONFIG_LFU] = EVICTION_LFU,
		[CONFIG_FIFO] = EVICTION_FIFO,
	};

	return (struct memory_options){
		.size_bytes = (uint64_t)config->cache.memory.size,
		.max_object_bytes = (uint64_t)config->cache.memory.max_object,
		.eviction = orders[config->cache.memory.eviction],
		.negative_percent = (unsigned)config->cache.negative_share,
	};
}

static void share_out(struct tier *memory, const struct config *config)
{
	struct partition_share *shares = xalloc((config->tenant_count + 1) * sizeof(*shares));

	for (size_t i = 0; i < config->tenant_count; i++)
		shares[i] = (struct partition_share){ slice_of(config->tenants[i].name),
			(unsigned)config->tenants[i].memory };
	partition_resize(memory, &(struct partition_options){ .all = options_of(config),
					 .shares = shares,
					 .share_count = config->tenant_count });
	free(shares);
}

static void share_disk(struct disk *disk, const struct config *config)
{
	struct disk_share *shares = xalloc((config->tenant_count + 1) * sizeof(*shares));

	for (size_t i = 0; i < config->tenant_count; i++)
		shares[i] = (struct disk_share){ slice_of(config->tenants[i].name),
			(unsigned)config->tenants[i].disk };
	disk_set_shares(disk, shares, config->tenant_count);
	free(shares);
}

void shelves_resize(struct house *house, const struct config *config)
{
	struct tier *memory = atomic_load(&house->memory);

	if (house->disk != NULL)
		share_disk(house->disk, config);
	if (memory == NULL)
		return;
	if (partition_is(memory)) {
		share_out(memory, config);
	} else {
		const struct memory_options options = options_of(config);

		memory_resize(memory, &options);
	}
}

void shelves_divide(struct house *house, const struct config *config)
{
	struct tier *memory = atomic_load(&house->memory);

	if (memory == NULL || config->tenant_count == 0 || partition_is(memory))
		return;
	memory = partition_new(memory);
	atomic_store(&house->memory, memory);
	if (house->store != NULL)
		tiers_set_memory(house->store, memory);
}

/* Without tenants it is the plain tier. */
static void make_memory(struct house *house)
{
	const struct memory_options options = options_of(house->config);

	if (options.size_bytes == 0)
		return;
	atomic_store(&house->memory, memory_new(&options));
	shelves_divide(house, house->config);
}

/* One line for each change. */
static void report(void *arg, enum disk_state state, const char *detail)
{
	static const struct {
		enum log_level level;
		const char *event;
	} events[DISK_STATE_COUNT] = {
		[DISK_OPENING] = { LOG_LEVEL_INFO, "disk-opening" },
		[DISK_WORKS] = { LOG_LEVEL_INFO, "disk-works" },
		[DISK_FAILS] = { LOG_LEVEL_WARN, "disk-failing" },
		[DISK_REFUSED] = { LOG_LEVEL_ERROR, "disk-refused" },
	};
	const struct house *house = arg;

	log_event(events[state].level, events[state].event, "%s%s%s",
		house->config->cache.disk.path, detail[0] != '\0' ? ": " : "", detail);
}

static bool in_use(void *arg, const struct key *key)
{
	const struct house *house = arg;
	struct tier *memory = atomic_load(&house->memory);
	struct object *object;

	if (memory == NULL || tier_get(memory, key, NULL, &object) != RC_OK)
		return false;
	object_unref(object);
	return true;
}

static enum rc make_disk(struct house *house, struct bytes *fault)
{
	static const enum disk_fsync policies[] = {
		[CONFIG_FSYNC_NEVER] = DISK_FSYNC_NEVER,
		[CONFIG_FSYNC_NORMAL] = DISK_FSYNC_NORMAL,
		[CONFIG_FSYNC_ALWAYS] = DISK_FSYNC_ALWAYS,
	};
	const struct config_cache *c = &house->config->cache;

	if (c->disk.path[0] == '\0')
		return RC_OK;
	return disk_open(
		&(struct disk_options){
			.path = c->disk.path,
			.size_bytes = (uint64_t)c->disk.size,
			.inline_limit_bytes = (uint64_t)c->disk.inline_limit,
			.max_object_bytes = (uint64_t)c->disk.max_object,
			.high_water_percent = (unsigned)c->disk.high_water,
			.low_water_percent = (unsigned)c->disk.low_water,
			.free_floor_bytes = (uint64_t)c->disk.free_floor,
			.queue_bytes = (uint64_t)c->disk.queue,
			.fsync = policies[c->disk.fsync],
			.compress_bytes = (uint64_t)c->compression.threshold,
			.compress_level = (int)c->compression.level,
			.in_use = in_use,
			.report = report,
			.arg = house,
		},
		&house->disk, fault);
}

enum rc shelves_start(struct house *house, struct bytes *fault)
{
	make_memory(house); /* the disk's collector looks into it */
	TRY(make_disk(house, fault));
	shelves_resize(house, house->config);
	house->groups = house->disk != NULL ? disk_groups(house->disk) : groups_new(hash_seed());
	house->seed = groups_seed(house->groups);
	house->store = tiers_new(
		house->memory, house->disk != NULL ? disk_tier(house->disk) : house->shelf);
	return RC_OK;
}

const char *shelves_spool_path(const struct house *house)
{
	const char *path = house->disk != NULL ? disk_spool_path(house->disk) : NULL;

	return path != NULL ? path : house->spool_path;
}

void shelves_stop(struct house *house)
{
	tier_free(house->store);
	if (house->disk == NULL)
		groups_free(house->groups);
	disk_close(house->disk); /* its collector looks into memory */
	tier_free(house->memory);
}

static void collect_tier(enum label_tier label, const struct tier_usage *usage)
{
	metrics_set(METRIC_CACHE_ENTRIES, LABELS(label), (double)usage->entries);
	metrics_set(METRIC_CACHE_BYTES, LABELS(label), (double)usage->bytes);
	metrics_set(METRIC_CACHE_MAX_BYTES, LABELS(label), (double)usage->max_bytes);
	metrics_set(METRIC_CACHE_EVICTIONS, LABELS(label, LABEL_EVICT_CAPACITY),
		(double)usage->evicted);
	metrics_set(
		METRIC_CACHE_EVICTIONS, LABELS(label, LABEL_EVICT_EXPIRED), (double)usage->expired);
}

static void collect_disk(const struct house *house)
{
	struct disk_usage usage;
	struct tier_usage tier;

	disk_usage(house->disk, &usage);
	tier_usage(disk_tier(house->disk), &tier);
	collect_tier(LABEL_TIER_DISK, &tier);
	metrics_set(METRIC_DISK_UP, NO_LABELS, usage.state == DISK_WORKS);
	metrics_set(METRIC_DISK_WRITE_QUEUE, NO_LABELS, (double)usage.queued);
	metrics_set(METRIC_DISK_MOVED_ASIDE, NO_LABELS, (double)usage.moved_aside);
	metrics_set(METRIC_DISK_ARTIFACTS, NO_LABELS, (double)usage.artifacts);
}

void shelves_collect(const struct house *house)
{
	struct tier_usage usage;

	if (house->memory != NULL) {
		tier_usage(house->memory, &usage);
		collect_tier(LABEL_TIER_MEMORY, &usage);
		metrics_set(METRIC_CACHE_NEGATIVE_BYTES, NO_LABELS, (double)usage.negative_bytes);
	}
	if (house->disk != NULL)
		collect_disk(house);
}
