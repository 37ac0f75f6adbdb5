/* proxy/source_version.c - which release of its data an origin answers from.
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

#include "grouping.h"
#include "record.h"
#include "state.h"

#include "http/date.h"
#include "store/disk.h"
#include "util/alloc.h"

#include <stdlib.h>

#define MOST_BYTES 256 /* what is longer is no version */

enum knowledge { VERSION_UNREAD, VERSION_NONE, VERSION_KNOWN };

struct source_version {
	enum knowledge knowledge;
	struct bytes value;
	/* The counter of epochs on both sides of the last change: equal where something else was
	 * invalidated at the same time. */
	uint64_t before;
	uint64_t after;
};

struct source_versions {
	size_t count;
	struct source_version items[];
};

struct source_versions *source_versions_new(const struct config *config)
{
	struct source_versions *versions;

	versions = xalloc(sizeof(*versions) + config->route_count * sizeof(struct source_version));
	versions->count = config->route_count;
	for (size_t i = 0; i < versions->count; i++)
		bytes_init(&versions->items[i].value, MOST_BYTES);
	return versions;
}

void source_versions_free(struct source_versions *versions)
{
	for (size_t i = 0; i < versions->count; i++)
		bytes_done(&versions->items[i].value);
	free(versions);
}

struct slice source_version_of(
	const struct config_route *route, const struct headers *fields, struct arena *arena)
{
	struct slice value;

	if (route->source_version[0] == '\0')
		return SLICE("");
	value = headers_combined(fields, slice_of(route->source_version), arena);
	return value.data != NULL && value.size <= MOST_BYTES ? value : SLICE("");
}

static bool is_dated(const struct config_route *route)
{
	return slice_equal_nocase(slice_of(route->source_version), field_name(FIELD_LAST_MODIFIED));
}

/* What an earlier process knew. */
static void recall(const struct flight *flight, struct source_version *version)
{
	struct disk *disk = flight->proxy->disk;
	enum rc rc = RC_ABSENT;

	if (disk != NULL)
		rc = disk_recall(disk, slice_of(flight_route(flight)->path), &version->value);
	if (rc == RC_ABSENT)
		version->knowledge = VERSION_NONE;
	else if (rc == RC_OK)
		version->knowledge = VERSION_KNOWN;
}

static bool is_change(const struct flight *flight, const struct source_version *version,
	struct slice value, int64_t now_ms)
{
	struct slice known = bytes_slice(&version->value);
	int64_t told_ms, known_ms;

	if (version->knowledge != VERSION_KNOWN)
		return true;
	if (slice_equal(value, known) || flight->epoch < version->after)
		return false;
	if (!is_dated(flight_route(flight)) || date_parse(known, now_ms, &known_ms) != RC_OK)
		return true;
	return date_parse(value, now_ms, &told_ms) == RC_OK && told_ms > known_ms;
}

static void change(struct flight *flight, struct source_version *version, struct slice value)
{
	const struct proxy *proxy = flight->proxy;
	struct slice path = slice_of(flight_route(flight)->path);

	/* the first that is ever seen makes nothing stale */
	if (version->knowledge != VERSION_NONE) {
		version->before = groups_epoch(proxy->groups);
		groups_invalidate(
			proxy->groups, grouping_route_slot(proxy, flight->route), GROUPS_SOFT);
		version->after = groups_epoch(proxy->groups);
		record_invalidation(LABEL_SCOPE_ROUTE, LABEL_MODE_SOFT, LABEL_SOURCE_VERSION);
	}
	version->knowledge = VERSION_KNOWN;
	bytes_clear(&version->value);
	(void)!bytes_append_slice(&version->value, value); /* it fits: see source_version_of() */
	if (proxy->disk != NULL)
		disk_remember(proxy->disk, path, value);
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
	struct source_version *version = &flight->proxy->versions->items[flight->route];
	struct slice value;

	if (!is_told(flight))
		return;
	value = source_version_of(route, &flight->received, &flight->arena);
	if (!is_usable(route, value, now_ms))
		return;
	if (version->knowledge == VERSION_UNREAD)
		recall(flight, version);
	if (is_change(flight, version, value, now_ms))
		change(flight, version, value);
	if (version->after == version->before + 1 && flight->epoch == version->before &&
		slice_equal(value, bytes_slice(&version->value)))
		raise_epoch(flight, version->after);
}
