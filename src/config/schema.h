/* config/schema.h - THE TABLE of settings: from it come parser, presets, dump and documents.
 *
 * Paths are as written in the file, with dots for nesting; `upstreams.*.` and the like stand
 * for each item of a collection, whose settings lie in a struct of their own. Constant.
 */
#pragma once

#include "util/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct config;

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
	SECRET,
	DIGEST,
	ANY_DIGEST,
	DIGESTS,
	MOMENT,
	STAR_POINTER,
	TAG_PATTERNS,
	HELD_PATTERNS,
	COLLECTION,
};

struct setting {
	const char *path;
	enum kind kind;
	size_t offset;      /* in struct config, or in that of its collection */
	const char *preset; /* YAML; NULL: the file must say */
	const char *least;  /* of a number, or of a list's length; NULL: no limit */
	const char *most;
	const char *about; /* one line for the documents */
	const char *words; /* of WORD, in the order of its enum: "one, two"; else NULL, or what
			    * the reference shows where there is no preset; of COLLECTION: what
			    * outline.h calls an item */
	bool fixed;        /* what is set at the start stays until the end */
};

extern const struct setting settings[];
extern const size_t setting_count;

#define SETTINGS_EACH(row)                                                                \
	for (const struct setting *row = settings, *row##_end = settings + setting_count; \
		row < row##_end; row++)

/* Where a setting lies. */
enum scope {
	SCOPE_CONFIG,
	SCOPE_TOKEN,
	SCOPE_TENANT,
	SCOPE_SOURCE,
	SCOPE_UPSTREAM,
	SCOPE_ROUTE,
	SCOPE_COUNT
};

/* What a configuration has several of: an array in struct config, one struct an item. */
struct collection {
	const char *path;  /* in the file: "upstreams" */
	const char *what;  /* how a fault calls one: "an upstream" */
	const char *about; /* in the reference */
	const char
		*example; /* a name in the reference; NULL: a list of maps. Else a map from names */
	size_t items;     /* in struct config: the pointer, and how many there are */
	size_t count;
	size_t size; /* of an item; in it: */
	size_t name; /* of a map's: char *, owned; else unused */
	size_t line; /* int: where it stands in the file */
};

/* NULL of SCOPE_CONFIG. */
const struct collection *schema_collection(enum scope scope);

/* The scope of a collection by its path; SCOPE_CONFIG: there is none. One that lies in a section has a row of
 * kind COLLECTION, which says where. */
enum scope schema_collection_at(const char *path);

/* The items of a collection, and the n-th. */
size_t collection_count(const struct collection *c, const struct config *config);
void *collection_item(const struct collection *c, const struct config *config, size_t index);

/* Room for so many zeroed items; none is counted yet. */
void collection_make(const struct collection *c, struct config *config, size_t room);
/* One more of them. */
void *collection_add(const struct collection *c, struct config *config);
/* The name of an item of a map. */
char **collection_name(const struct collection *c, void *item);

enum scope schema_scope(const struct setting *row);

/* Its path within the scope: what a fault or a dump calls it. */
const char *schema_name(const struct setting *row);

/* The row of a name within a scope; NULL: none. */
const struct setting *schema_find(enum scope scope, struct slice name);

/* Is it the name of a section of that scope, such as "cache.memory"? */
bool schema_section(enum scope scope, struct slice name);
