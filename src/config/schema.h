/* config/schema.h - THE TABLE of settings: from it come parser, presets, dump and documents.
 *
 * Paths are as written in the file, with dots for nesting; `upstreams.*.` and `routes.*.` stand
 * for each upstream and each route, whose settings lie in structs of their own. Constant.
 */
#pragma once

#include "util/slice.h"

#include <stddef.h>

enum kind {
	DURATION,
	DURATION_OR_DEFAULT,
	DURATIONS,
	RANGE,
	STATUSES,
	OWN_STATUSES,
	RATE,
	SHARE,
	SIZE,
	PERCENT,
	COUNT,
	THREADS,
	BOOLEAN,
	WORD,
	TEXT,
	NONEMPTY,
	NAME,
	ANY_NAME,
	URL,
	ANY_URL,
	POLLED_URL,
	ORIGINS,
	PATH,
	ANY_PATH,
	TARGET,
	TEXTS,
	LISTENERS,
	NETWORKS,
	FIELDS,
	FIELD,
	POINTER,
	PARAMETER,
	PARAMETERS,
	PARAMETER_MAP,
	ACCEPTS,
	MEDIA_TYPES,
	CONDITIONS,
	ELEMENT,
	ELEMENTS,
};

struct setting {
	const char *path;
	enum kind kind;
	size_t offset;      /* in struct config, config_upstream or config_route */
	const char *preset; /* YAML; NULL: the file must say */
	const char *least;  /* of a number, or of a list's length; NULL: no limit */
	const char *most;
	const char *about; /* one line for the documents */
	const char *words; /* of WORD, in the order of its enum: "one, two"; else NULL, or what
			    * the reference shows where there is no preset */
};

extern const struct setting settings[];
extern const size_t setting_count;

#define SETTINGS_EACH(row)                                                                \
	for (const struct setting *row = settings, *row##_end = settings + setting_count; \
		row < row##_end; row++)

/* Where a setting lies. */
enum scope { SCOPE_CONFIG, SCOPE_UPSTREAM, SCOPE_ROUTE };

enum scope schema_scope(const struct setting *row);

/* Its path without upstreams.*. or routes.*.: what a fault or a dump calls it. */
const char *schema_name(const struct setting *row);

/* The row of a name within a scope; NULL: none. */
const struct setting *schema_find(enum scope scope, struct slice name);

/* Is it the name of a section of that scope, such as "cache.memory"? */
bool schema_section(enum scope scope, struct slice name);
