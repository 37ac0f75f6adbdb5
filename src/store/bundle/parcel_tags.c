/* store/bundle/parcel_tags.c - tags that a stored response had where it was exported. */
#include "reading.h"

#include "http/tags.h"

#define TAGS_LISTED 1000 /* far above what fields and patterns give one */

static bool is_among(struct slice name, const struct slice *names, size_t count)
{
	size_t i = 0;

	while (i < count && !slice_equal(names[i], name))
		i++;
	return i < count;
}

/* Those of them that the fields haven't: the exporter's configuration gave them. */
bool reading_take_own_tags(struct reading *r)
{
	const json_t *list = json_object_get(r->root, "tags"), *one;
	size_t i, known_count, count = 0;
	struct slice *known, *own;
	bool too_many;

	if (list == NULL)
		return true;
	if (!json_is_array(list) || json_array_size(list) > TAGS_LISTED)
		return reading_fails(r, "tags: a list of texts is expected");
	known_count = tags_of(&r->headers, r->arena, &known, &too_many);
	own = arena_alloc(r->arena, (json_array_size(list) + 1) * sizeof(*own));
	json_array_foreach(list, i, one)
	{
		if (!reading_text_of(one, r->arena, &own[count]) || own[count].size > TAG_SIZE_MOST)
			return reading_fails(r, "tags: a text that can be a tag is expected");
		if (!is_among(own[count], known, known_count))
			count++;
	}
	r->parts.own_tags = tags_packed(own, count, r->arena);
	return true;
}
