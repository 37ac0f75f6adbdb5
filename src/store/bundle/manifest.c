/* store/bundle/manifest.c - the first and the last line of an export. Threads and ownership: store/parcel.h. */
#include "store/parcel.h"

#include "observe/jsonline.h"
#include "util/octets.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#define MEMBER      "larder_export"
#define END_MEMBER  "larder_end"
#define GROUPS_SIZE 17 /* hex digits and a NUL */

static void put_moment(struct jsonline *line, const char *name, int64_t ms, int64_t none)
{
	if (ms != none)
		jsonline_number(line, name, ms);
}

static void put_filter(struct jsonline *line, const struct parcel_filter *filter)
{
	const struct {
		const char *name;
		struct slice value;
	} texts[] = {
		{ "route", filter->route },
		{ "prefix", filter->prefix },
		{ "tag", filter->tag },
		{ "tenant", filter->tenant },
	};

	jsonline_open(line, "filter", '{');
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].value.size > 0)
			jsonline_text(line, texts[i].name, texts[i].value);
	}
	put_moment(line, "since_ms", filter->since_ms, INT64_MIN);
	put_moment(line, "until_ms", filter->until_ms, INT64_MAX);
	jsonline_close(line, '}');
}

enum rc manifest_write(const struct manifest *manifest, struct bytes *ret)
{
	char groups[GROUPS_SIZE];
	struct jsonline line;

	snprintf(groups, sizeof(groups), "%016" PRIx64, manifest->groups);
	jsonline_begin(&line);
	jsonline_number(&line, MEMBER, PARCEL_VERSION);
	jsonline_text(&line, "larder", manifest->larder);
	jsonline_number(&line, "created_ms", manifest->created_ms);
	jsonline_text(&line, "groups", slice_of(groups));
	put_filter(&line, &manifest->filter);
	jsonline_text(&line, "config", manifest->config);
	return jsonline_end(&line, ret);
}

static struct slice text_in(const json_t *object, const char *name, struct arena *arena)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return SLICE("");
	return arena_copy(
		arena, (struct slice){ json_string_value(value), json_string_length(value) });
}

static int64_t number_in(const json_t *object, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(object, name);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static uint64_t groups_in(const json_t *object)
{
	const char *text = json_string_value(json_object_get(object, "groups"));
	uint64_t groups = 0;

	if (text == NULL || sscanf(text, "%16" SCNx64, &groups) != 1)
		return 0;
	return groups;
}

static enum rc read_manifest(const json_t *root, struct arena *arena, struct manifest *ret)
{
	const json_t *filter = json_object_get(root, "filter");

	if (number_in(root, MEMBER, 0) < 1)
		return RC_INVALID;
	if (number_in(root, MEMBER, 0) > PARCEL_VERSION)
		return RC_UNSUPPORTED;
	*ret = (struct manifest){
		.larder = text_in(root, "larder", arena),
		.created_ms = number_in(root, "created_ms", 0),
		.groups = groups_in(root),
		.filter = {
			.route = text_in(filter, "route", arena),
			.prefix = text_in(filter, "prefix", arena),
			.tag = text_in(filter, "tag", arena),
			.tenant = text_in(filter, "tenant", arena),
			.since_ms = number_in(filter, "since_ms", INT64_MIN),
			.until_ms = number_in(filter, "until_ms", INT64_MAX),
		},
		.config = text_in(root, "config", arena),
	};
	return RC_OK;
}

enum rc manifest_parse(struct slice line, struct arena *arena, struct manifest *ret)
{
	json_t *root = json_loadb(line.data, line.size, JSON_REJECT_DUPLICATES, NULL);
	enum rc rc = RC_INVALID;

	if (root != NULL)
		rc = read_manifest(root, arena, ret);
	json_decref(root);
	return rc;
}

enum rc parcel_end_write(const struct parcel_end *end, struct bytes *ret)
{
	struct jsonline line;

	jsonline_begin(&line);
	jsonline_number(&line, END_MEMBER, (int64_t)end->entries);
	jsonline_number(&line, "left_out", (int64_t)end->left_out);
	return jsonline_end(&line, ret);
}

bool parcel_end_parse(struct slice line, struct parcel_end *ret)
{
	json_t *root;
	int64_t entries;

	if (!slice_starts(line, SLICE("{\"" END_MEMBER "\":")))
		return false;
	root = json_loadb(line.data, line.size, JSON_REJECT_DUPLICATES, NULL);
	entries = number_in(root, END_MEMBER, -1);
	if (entries >= 0)
		*ret = (struct parcel_end){ (uint64_t)entries,
			(uint64_t)number_in(root, "left_out", 0) };
	json_decref(root);
	return entries >= 0;
}
