/* qualified.c - the field lists of private= and no-cache=. Pure; threads: any. */
#include "qualified.h"

/* Without these a stored response would be misread, kept too long or not be validated. */
static const enum field_id essential[] = {
	FIELD_AGE,
	FIELD_CACHE_CONTROL,
	FIELD_CDN_CACHE_CONTROL,
	FIELD_CONTENT_ENCODING,
	FIELD_CONTENT_RANGE,
	FIELD_CONTENT_TYPE,
	FIELD_DATE,
	FIELD_ETAG,
	FIELD_EXPIRES,
	FIELD_LARDER_CACHE_CONTROL,
	FIELD_LAST_MODIFIED,
	FIELD_LOCATION,
	FIELD_SURROGATE_CONTROL,
	FIELD_VARY,
};

static bool is_essential(struct slice name)
{
	enum field_id id = field_lookup(name);

	for (size_t i = 0; i < sizeof(essential) / sizeof(essential[0]); i++) {
		if (essential[i] == id)
			return true;
	}
	return false;
}

static bool has_essential(struct slice list)
{
	struct slice name;

	while (list_next(&list, &name)) {
		if (is_essential(name))
			return true;
	}
	return false;
}

/* Not where the whole list is taken as unqualified: what is validated needs its validators. */
static bool list_names(struct slice list, struct slice wanted)
{
	struct slice name;

	if (has_essential(list))
		return false;
	while (list_next(&list, &name)) {
		if (slice_equal_nocase(name, wanted))
			return true;
	}
	return false;
}

unsigned qualified_escalates(const struct cache_control *cc)
{
	return (has_essential(cc->private_fields) ? CC_PRIVATE : 0U) |
	       (has_essential(cc->no_cache_fields) ? CC_NO_CACHE : 0U);
}

bool qualified_names(const struct cache_control *cc, struct slice name)
{
	return list_names(cc->private_fields, name) || list_names(cc->no_cache_fields, name);
}
