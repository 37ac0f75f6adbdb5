/* control/plans/schedule.c - purges that are done later.
 *
 * The list is one JSON array, in memory and as it is kept: objects with `id`, `who`, `tenant`, `next_ms`, `every_ms`,
 * `runs` and `purge`. Each change makes a new array, which is kept first and then takes the place of the old one.
 *
 * Threads: one lock for the list, held while it is kept; the thread holds none while it purges. Ownership: schedule.h.
 */
#include "schedule.h"

#include "kept.h"
#include "calls/purge_order.h"
#include "schedule_share.h"

#include "observe/log.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NAME      "schedule"
#define MOST_TEXT 4096
#define TURN_MS   1000

struct schedule {
	struct control *control;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	bool loaded;
	bool durable;
	uint64_t last_id;
	json_t *items;
	bool told_failing; /* the thread's: the log knows */
};

/* ---- the list ---- */

static const char *text_in(const json_t *item, const char *name)
{
	const char *text = json_string_value(json_object_get(item, name));

	return text != NULL ? text : "";
}

static int64_t number_in(const json_t *item, const char *name)
{
	return json_integer_value(json_object_get(item, name));
}

static bool is_of(const json_t *item, const char *tenant)
{
	return tenant[0] == '\0' || strcmp(text_in(item, "tenant"), tenant) == 0;
}

/* What is kept is ours; what isn't so all the same would be done at a wrong time, or for nobody. */
static bool is_item(const json_t *item)
{
	return json_is_string(json_object_get(item, "id")) &&
	       json_is_integer(json_object_get(item, "next_ms")) &&
	       json_is_object(json_object_get(item, "purge"));
}

static void take_kept(struct schedule *schedule, json_t *kept)
{
	for (size_t i = 0; i < json_array_size(kept); i++) {
		json_t *item = json_array_get(kept, i);

		if (is_item(item))
			json_array_append(schedule->items, item);
	}
	json_decref(kept);
}

/* Under the lock. Until then nothing is changed: it would take the place of what is kept. */
static enum rc load(struct schedule *schedule)
{
	struct proxy *proxy;
	json_t *kept = NULL;
	enum rc rc;

	if (schedule->loaded)
		return RC_OK;
	proxy = control_proxy(schedule->control);
	rc = kept_load(proxy, NAME, &kept);
	proxy_unref(proxy);
	if (rc != RC_OK && rc != RC_UNSUPPORTED)
		return rc;
	take_kept(schedule, kept);
	schedule->loaded = true;
	schedule->durable = rc == RC_OK;
	return RC_OK;
}

/* Under the lock. Takes items, which become the list where they are kept. */
static enum rc keep(struct schedule *schedule, json_t *items)
{
	enum rc rc = RC_OK;

	if (schedule->durable) {
		struct proxy *proxy = control_proxy(schedule->control);

		rc = kept_save(proxy, NAME, items);
		proxy_unref(proxy);
	}
	if (rc != RC_OK) {
		json_decref(items);
		return rc;
	}
	json_decref(schedule->items);
	schedule->items = items;
	return RC_OK;
}

/* As it is shown; a new one. */
static json_t *shown(const struct schedule *schedule, const json_t *item)
{
	json_t *json = json_copy(json_object_get(item, "purge"));

	json_object_set(json, "id", json_object_get(item, "id"));
	json_object_set_new(json, "next_at", json_of_moment(number_in(item, "next_ms")));
	json_object_set_new(json, "runs", json_integer(number_in(item, "runs")));
	json_object_set_new(json, "who", json_string(text_in(item, "who")));
	json_object_set_new(json, "durable", json_boolean(schedule->durable));
	if (text_in(item, "tenant")[0] != '\0')
		json_object_set_new(json, "tenant", json_string(text_in(item, "tenant")));
	return json;
}

static json_t *make_item(struct schedule *schedule, const struct planning *planning)
{
	uint64_t now = (uint64_t)clock_wall_ms() * 1000;
	char id[32];

	schedule->last_id = schedule->last_id >= now ? schedule->last_id + 1 : now;
	snprintf(id, sizeof(id), "%" PRIu64, schedule->last_id);
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:O}", "id", id, "who", planning->who,
		"tenant", planning->tenant, "next_ms", (json_int_t)planning->at_ms, "every_ms",
		(json_int_t)planning->every_ms, "runs", 0, "purge", planning->json);
}

static bool is_short(const json_t *json)
{
	return json_dumpb(json, NULL, 0, JSON_COMPACT) <= MOST_TEXT;
}

static enum rc add(struct schedule *schedule, const struct planning *planning, json_t **ret)
{
	json_t *items, *item;

	TRY(load(schedule));
	if (!schedule_share_has_room(schedule->items, planning->tenant, planning->tenants))
		return RC_FULL;
	item = make_item(schedule, planning);
	*ret = shown(schedule, item);
	items = json_copy(schedule->items);
	json_array_append_new(items, item);
	return keep(schedule, items);
}

enum rc schedule_add(struct schedule *schedule, const struct planning *planning, json_t **ret)
{
	json_t *told = NULL;
	enum rc rc;

	if (!is_short(planning->json))
		return RC_TOO_LARGE;
	pthread_mutex_lock(&schedule->lock);
	rc = add(schedule, planning, &told);
	pthread_cond_signal(&schedule->changed);
	pthread_mutex_unlock(&schedule->lock);
	if (rc == RC_OK)
		*ret = told;
	else
		json_decref(told);
	return rc;
}

enum rc schedule_list(struct schedule *schedule, const char *tenant, json_t **ret)
{
	enum rc rc;

	pthread_mutex_lock(&schedule->lock);
	rc = load(schedule);
	if (rc == RC_OK)
		*ret = json_array();
	for (size_t i = 0; rc == RC_OK && i < json_array_size(schedule->items); i++) {
		const json_t *item = json_array_get(schedule->items, i);

		if (is_of(item, tenant))
			json_array_append_new(*ret, shown(schedule, item));
	}
	pthread_mutex_unlock(&schedule->lock);
	return rc;
}

/* Its place, or the count. Under the lock. */
static size_t place_of(const struct schedule *schedule, struct slice id)
{
	size_t count = json_array_size(schedule->items);

	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(schedule->items, i);

		if (slice_equal(slice_of(text_in(item, "id")), id))
			return i;
	}
	return count;
}

static enum rc remove_one(struct schedule *schedule, struct slice id, const char *tenant)
{
	json_t *items;
	size_t at;

	TRY(load(schedule));
	at = place_of(schedule, id);
	if (at == json_array_size(schedule->items) ||
		!is_of(json_array_get(schedule->items, at), tenant))
		return RC_ABSENT;
	items = json_copy(schedule->items);
	json_array_remove(items, at);
	return keep(schedule, items);
}

enum rc schedule_remove(struct schedule *schedule, struct slice id, const char *tenant)
{
	enum rc rc;

	pthread_mutex_lock(&schedule->lock);
	rc = remove_one(schedule, id, tenant);
	pthread_mutex_unlock(&schedule->lock);
	return rc;
}

/* ---- doing ---- */

/* One whose time has come: a reference, or NULL. */
static json_t *due(struct schedule *schedule, int64_t now_ms)
{
	json_t *found = NULL;

	pthread_mutex_lock(&schedule->lock);
	if (load(schedule) == RC_OK && !schedule->stopping) {
		for (size_t i = 0; found == NULL && i < json_array_size(schedule->items); i++) {
			json_t *item = json_array_get(schedule->items, i);

			if (number_in(item, "next_ms") <= now_ms)
				found = json_incref(item);
		}
	}
	pthread_mutex_unlock(&schedule->lock);
	return found;
}

/* RC_INVALID: it can't be done, now or later. */
static enum rc run(struct schedule *schedule, const json_t *item, int64_t now_ms)
{
	struct proxy *proxy = control_proxy(schedule->control);
	struct purge_result result = { .rc = RC_INVALID };
	struct order_fault fault;
	struct arena arena;
	const struct order_terms terms = { proxy, &arena, slice_of(text_in(item, "tenant")), now_ms,
		.is_due = true };
	struct order order;

	arena_init(&arena);
	if (order_read(&terms, json_object_get(item, "purge"), &order, &fault)) {
		order.purge.source = LABEL_SOURCE_SCHEDULE;
		order.purge.who = slice_of(text_in(item, "who"));
		purge_wait_all(proxy, &order.purge, 1, &result);
	} else {
		log_event(LOG_LEVEL_WARN, "planned-purge-left-out", "%s: " SLICE_FORMAT,
			text_in(item, "id"), SLICE_ARGS(fault.detail));
	}
	arena_done(&arena);
	proxy_unref(proxy);
	return result.rc;
}

/* Its next time is the first of its times that is to come. */
static json_t *next_of(const json_t *item, int64_t now_ms)
{
	int64_t every_ms = number_in(item, "every_ms"), next_ms = number_in(item, "next_ms");
	json_t *next = json_copy((json_t *)(uintptr_t)item);

	next_ms += ((now_ms - next_ms) / every_ms + 1) * every_ms;
	json_object_set_new(next, "next_ms", json_integer(next_ms));
	json_object_set_new(next, "runs", json_integer(number_in(item, "runs") + 1));
	return next;
}

/* It was done, or can't be. RC_BUSY, RC_IO, ...: that can't be kept, and it will be done once more. */
static enum rc move_on(struct schedule *schedule, const json_t *item, int64_t now_ms)
{
	enum rc rc = RC_OK;
	json_t *items;
	size_t at;

	pthread_mutex_lock(&schedule->lock);
	at = place_of(schedule, slice_of(text_in(item, "id")));
	if (at < json_array_size(schedule->items)) { /* else removed meanwhile */
		items = json_copy(schedule->items);
		if (number_in(item, "every_ms") > 0)
			json_array_set_new(items, at, next_of(item, now_ms));
		else
			json_array_remove(items, at);
		rc = keep(schedule, items);
	}
	pthread_mutex_unlock(&schedule->lock);
	return rc;
}

/* false: none was due, or it couldn't be done and waits for the next turn. */
static bool do_one(struct schedule *schedule)
{
	int64_t now_ms = clock_wall_ms();
	json_t *item = due(schedule, now_ms);
	enum rc rc;

	if (item == NULL)
		return false;
	rc = run(schedule, item, now_ms);
	if (rc == RC_OK || rc == RC_INVALID)
		rc = move_on(schedule, item, now_ms);
	if (rc != RC_OK && !schedule->told_failing)
		log_event(LOG_LEVEL_WARN, "planned-purge-failing", "%s is tried again: %s",
			text_in(item, "id"), rc_text(rc));
	schedule->told_failing = rc != RC_OK;
	json_decref(item);
	return rc == RC_OK;
}

static bool wait_a_turn(struct schedule *schedule)
{
	struct timespec until;
	bool goes_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TURN_MS / 1000;
	pthread_mutex_lock(&schedule->lock);
	if (!schedule->stopping)
		pthread_cond_timedwait(&schedule->changed, &schedule->lock, &until);
	goes_on = !schedule->stopping;
	pthread_mutex_unlock(&schedule->lock);
	return goes_on;
}

static void *work(void *arg)
{
	while (wait_a_turn(arg)) {
		while (do_one(arg))
			;
	}
	return NULL;
}

static void schedule_free(struct schedule *schedule)
{
	json_decref(schedule->items);
	pthread_cond_destroy(&schedule->changed);
	pthread_mutex_destroy(&schedule->lock);
	free(schedule);
}

enum rc schedule_start(struct control *control, struct schedule **ret)
{
	struct schedule *schedule = xalloc(sizeof(*schedule));
	pthread_condattr_t attributes;

	schedule->control = control;
	schedule->items = json_array();
	pthread_mutex_init(&schedule->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&schedule->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	if (pthread_create(&schedule->thread, NULL, work, schedule) != 0) {
		schedule_free(schedule);
		return RC_IO;
	}
	*ret = schedule;
	return RC_OK;
}

void schedule_stop(struct schedule *schedule)
{
	pthread_mutex_lock(&schedule->lock);
	schedule->stopping = true;
	pthread_cond_signal(&schedule->changed);
	pthread_mutex_unlock(&schedule->lock);
	pthread_join(schedule->thread, NULL);
	schedule_free(schedule);
}
