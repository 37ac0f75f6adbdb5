/* control/calls/event_values.c - values of events, in their source's template. Threads, ownership: event_values.h. */
#include "event_values.h"

#include "http/json_values.h"

#include <string.h>

#define PLACE "{}" /* of a value in its template */
#define PIECE ((size_t)16 * 1024)

/* ---- in the template ---- */

/* What may stand in a path as it is (RFC 3986 3.3), slashes too. */
static bool is_of_path(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~!$&'()+,;=:@/", c) != NULL);
}

/* A value that becomes a piece of a path is no wildcard, and begins no query. */
static struct slice as_path(struct slice value, struct arena *arena)
{
	static const char digits[] = "0123456789ABCDEF";
	char *at = arena_alloc(arena, 3 * value.size + 1), *begin = at;

	for (size_t i = 0; i < value.size; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if (is_of_path(c)) {
			*at++ = (char)c;
			continue;
		}
		*at++ = '%';
		*at++ = digits[c >> 4];
		*at++ = digits[c & 15];
	}
	return (struct slice){ begin, (size_t)(at - begin) };
}

static bool names_paths(const struct config_source *source)
{
	return source->scope == CONFIG_EVENT_URL || source->scope == CONFIG_EVENT_PREFIX ||
	       source->scope == CONFIG_EVENT_GLOB;
}

static size_t find_place(struct slice template)
{
	for (size_t i = 0; i + 1 < template.size; i++) {
		if (template.data[i] == PLACE[0] && template.data[i + 1] == PLACE[1])
			return i;
	}
	return template.size;
}

static size_t count_places(struct slice template)
{
	size_t count = 0, place;

	while ((place = find_place(template)) < template.size) {
		template = slice_skip(template, place + sizeof(PLACE) - 1);
		count++;
	}
	return count;
}

/* The template with the value in the place of each {}. Alone it stands for itself, be it a path with a query. */
static struct slice filled(
	const struct config_source *source, struct slice value, struct arena *arena)
{
	struct slice rest = slice_of(source->value);
	struct slice text = { NULL, 0 };
	char *at;

	if (names_paths(source) && !slice_equal(rest, SLICE(PLACE)))
		value = as_path(value, arena);
	text.data = at = arena_alloc(arena, rest.size + count_places(rest) * value.size + 1);
	while (rest.size > 0) {
		size_t place = find_place(rest);

		memcpy(at, rest.data, place);
		at += place;
		if (place < rest.size) {
			memcpy(at, value.data, value.size);
			at += value.size;
		}
		rest = slice_skip(rest, place + sizeof(PLACE) - 1);
	}
	text.size = (size_t)(at - text.data);
	return text;
}

/* ---- out of the body ---- */

static enum rc feed(struct json_values *values, struct slice rest)
{
	while (rest.size > 0) {
		size_t size = rest.size < PIECE ? rest.size : PIECE;

		TRY(json_values_feed(values, (struct slice){ rest.data, size }));
		rest = slice_skip(rest, size);
	}
	return json_values_end(values);
}

static void take_found(const struct config_source *source, const struct json_values *values,
	struct arena *arena, struct event_values *ret)
{
	const struct json_value *found = json_values_at(values, 0, &ret->count);

	ret->others = json_values_others(values, 0);
	ret->items = arena_alloc(arena, (ret->count + 1) * sizeof(*ret->items));
	for (size_t i = 0; i < ret->count; i++)
		ret->items[i] =
			found[i].text.size > 0 ? filled(source, found[i].text, arena) : SLICE("");
}

/* Everything, or the source's route. */
static bool is_valueless(const struct config_source *source)
{
	return source->scope == CONFIG_EVENT_ALL ||
	       (source->scope == CONFIG_EVENT_ROUTE && source->route[0] != '\0');
}

/* What is purged whatever the event says. */
static bool is_constant(const struct config_source *source)
{
	return is_valueless(source) || find_place(slice_of(source->value)) == strlen(source->value);
}

static void take_constant(
	const struct config_source *source, struct arena *arena, struct event_values *ret)
{
	*ret = (struct event_values){ .items = arena_alloc(arena, sizeof(*ret->items)),
		.count = 1 };
	*ret->items = slice_of(is_valueless(source) ? "" : source->value);
}

enum rc event_values_read(const struct config_source *source, struct slice body,
	struct arena *arena, struct event_values *ret)
{
	/* texts are no longer than what they were written as: only their number is bounded */
	const struct json_values_limits limits = { EVENT_VALUES_MOST, body.size };
	SCOPED(json_places) places = json_places_new();
	SCOPED(json_values) values = NULL;
	enum rc rc;

	TRY(json_places_add(places, slice_of(source->pointer), JSON_PLACE_ELEMENTS));
	values = json_values_new(places, limits);
	rc = feed(values, body);
	if (rc == RC_TOO_LARGE && json_values_over(values))
		return RC_FULL;
	TRY(rc);
	if (is_constant(source))
		take_constant(source, arena, ret);
	else
		take_found(source, values, arena, ret);
	return RC_OK;
}
