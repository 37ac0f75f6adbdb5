/* proxy/keep/source_version.c - which release of its data an origin answers from.
 *
 * Releases have no order, but Last-Modified has: there only what is later than all before is another one,
 * and what lies in the future says nothing. Of others, what was asked for before the last change was
 * seen can't change it back; an origin whose machines disagree makes everything stale again and again,
 * and nothing wrong.
 *
 * The response that brings a new version is from after the change, though its fetch began before it was
 * seen: it gets the epoch from behind it. That must not lift it over anything else that was invalidated
 * since its fetch began; so only where no number was taken between the two but that of the change. In
 * the other cases it is stored as stale and asked about once more.
 *
 * The value is written behind: where it is lost in a crash, the same change is seen again, which costs a
 * validation of each entry. Where it can't be read, any value is a change.
 */
#include "source_version.h"

#include "purge/grouping.h"
#include "record.h"
#include "state.h"

#include "http/date.h"
#include "proxy/triggers.h"
#include "store/disk.h"
#include "util/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

enum knowledge { VERSION_UNREAD, VERSION_NONE, VERSION_KNOWN };

struct source_version {
	atomic_uint holders;
	enum knowledge knowledge;
	struct bytes value;
	/* The counter of epochs on both sides of the last change: equal where something else was
	 * invalidated at the same time. */
	uint64_t before;
	uint64_t after;
};

struct source_versions {
	size_t count;
	struct source_version *items[];
};

struct source_versions *source_versions_new(const struct config *config)
{
	struct source_versions *versions;

	versions = xalloc(sizeof(*versions) + config->route_count * sizeof(versions->items[0]));
	versions->count = config->route_count;
	for (size_t i = 0; i < versions->count; i++) {
		versions->items[i] = xalloc(sizeof(*versions->items[i]));
		atomic_init(&versions->items[i]->holders, 1);
		bytes_init(&versions->items[i]->value, SOURCE_VERSION_MOST);
	}
	return versions;
}

static void let_go(struct source_version *version)
{
	if (atomic_fetch_sub(&version->holders, 1) != 1)
		return;
	bytes_done(&version->value);
	free(version);
}

void source_versions_share(struct source_versions *versions, size_t route,
	const struct source_versions *from, size_t from_route)
{
	let_go(versions->items[route]);
	versions->items[route] = from->items[from_route];
	atomic_fetch_add(&versions->items[route]->holders, 1);
}

void source_versions_free(struct source_versions *versions)
{
	for (size_t i = 0; i < versions->count; i++)
		let_go(versions->items[i]);
	free(versions);
}

static bool is_polled(const struct config_route *route)
{
	return route->poll.url[0] != '\0';
}

static struct slice said_by(
	const struct config_route *route, const struct headers *fields, struct arena *arena)
{
	struct slice value;

	if (route->source_version[0] == '\0' || is_polled(route))
		return SLICE("");
	value = headers_combined(fields, slice_of(route->source_version), arena);
	return value.data != NULL && value.size <= SOURCE_VERSION_MOST ? value : SLICE("");
}

struct slice source_version_of(struct flight *flight, const struct headers *fields)
{
	const struct config_route *route = flight_route(flight);
	const struct source_version *version = flight->proxy->versions->items[flight->route];

	if (!is_polled(route))
		return said_by(route, fields, &flight->arena);
	return flight->epoch >= version->after ? bytes_slice(&version->value) : SLICE("");
}

static bool is_dated(const struct config_route *route)
{
	return !is_polled(route) &&
	       slice_equal_nocase(slice_of(route->source_version), field_name(FIELD_LAST_MODIFIED));
}

/* What an earlier process knew. false: it can't be told yet. */
static bool recall(const struct proxy *proxy, uint16_t route, struct source_version *version)
{
	struct disk_usage usage = { .state = DISK_REFUSED };
	enum rc rc = RC_ABSENT;

	if (proxy->disk != NULL)
		disk_usage(proxy->disk, &usage);
	if (usage.state == DISK_OPENING)
		return false;
	if (usage.state == DISK_WORKS)
		rc = disk_recall(
			proxy->disk, slice_of(proxy->config->routes[route].path), &version->value);
	if (usage.state == DISK_FAILS)
		rc = RC_IO;
	if (rc == RC_ABSENT)
		version->knowledge = VERSION_NONE;
	else if (rc == RC_OK)
		version->knowledge = VERSION_KNOWN;
	return true;
}

static bool is_later(struct slice value, struct slice known)
{
	int64_t told_ms, known_ms;

	if (date_parse(known, 0, &known_ms) != RC_OK)
		return true;
	return date_parse(value, 0, &told_ms) == RC_OK && told_ms > known_ms;
}

static bool is_change(const struct config_route *route, const struct source_version *version,
	const struct source_version_news *news)
{
	struct slice known = bytes_slice(&version->value);

	if (version->knowledge != VERSION_KNOWN)
		return true;
	if (slice_equal(news->value, known) || news->epoch < version->after)
		return false;
	return !is_dated(route) || is_later(news->value, known);
}

static void change(
	struct proxy *proxy, uint16_t route, struct source_version *version, struct slice value)
{
	/* the first that is ever seen makes nothing stale */
	if (version->knowledge != VERSION_NONE) {
		version->before = groups_epoch(proxy->groups);
		groups_invalidate(proxy->groups, grouping_route_slot(proxy, route), GROUPS_SOFT);
		version->after = groups_epoch(proxy->groups);
		record_invalidation(LABEL_SCOPE_ROUTE, LABEL_MODE_SOFT, LABEL_SOURCE_VERSION);
		triggers_note(
			proxy, &(struct trigger){ .source = LABEL_SOURCE_VERSION,
				       .scope = LABEL_SCOPE_ROUTE,
				       .mode = LABEL_MODE_SOFT,
				       .about = slice_of(proxy->config->routes[route].path) });
	}
	version->knowledge = VERSION_KNOWN;
	bytes_clear(&version->value);
	(void)!bytes_append_slice(&version->value, value); /* it fits */
	if (proxy->disk != NULL)
		disk_remember(proxy->disk, slice_of(proxy->config->routes[route].path), value);
}

void source_version_tell(
	struct proxy *proxy, uint16_t route, const struct source_version_news *news)
{
	struct source_version *version = proxy->versions->items[route];

	if (version->knowledge == VERSION_UNREAD && !recall(proxy, route, version))
		return;
	if (is_change(&proxy->config->routes[route], version, news))
		change(proxy, route, version, news->value);
}

/* A response that says nothing of the data says nothing of its release. */
static bool is_told(const struct flight *flight)
{
	int status = flight->status;

	return flight->cached && (status == 200 || status == 203 || status == 206 || status == 304);
}

static bool is_usable(const struct config_route *route, struct slice value, int64_t now_ms)
{
	int64_t told_ms;

	if (value.size == 0)
		return false;
	return !is_dated(route) ||
	       (date_parse(value, now_ms, &told_ms) == RC_OK && told_ms <= now_ms);
}

/* Front threads look at it when they join. */
static void raise_epoch(struct flight *flight, uint64_t epoch)
{
	pthread_mutex_lock(&flight->lock);
	flight->epoch = epoch;
	pthread_mutex_unlock(&flight->lock);
}

void source_version_note(struct flight *flight, int64_t now_ms)
{
	const struct config_route *route = flight_route(flight);
	struct proxy *proxy = flight->proxy;
	const struct source_version *version = proxy->versions->items[flight->route];
	struct source_version_news news = { .epoch = flight->epoch };

	if (!is_told(flight))
		return;
	news.value = said_by(route, &flight->received, &flight->arena);
	if (!is_usable(route, news.value, now_ms))
		return;
	source_version_tell(proxy, flight->route, &news);
	if (version->after == version->before + 1 && flight->epoch == version->before &&
		slice_equal(news.value, bytes_slice(&version->value)))
		raise_epoch(flight, version->after);
}
