/* config/shapes.h - what settings consist of that are more than a number, a word or a text.
 *
 * Durations are milliseconds. Owned by the configuration that they stand in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_list {
	char **items;
	size_t count;
};

/* Named values, in the order of the file; a name stands once. */
struct text_map {
	char **names;
	char **values;
	size_t count;
};

/* From least_ms to most_ms, drawn uniformly each time; equal: just that. */
struct duration_range {
	int64_t least_ms;
	int64_t most_ms;
};

/* Whether a status speaks of who asked and not of what was asked for (401, 403, 407): no lifetime can be
 * given to it, and no rule gives it one. */
static inline bool config_status_is_personal(int status)
{
	return status == 401 || status == 403 || status == 407;
}

/* What is said of single statuses (400 to 599): `404: 300s-900s`. */
struct status_ranges {
	struct status_range {
		int status;
		struct duration_range range;
	} * items;
	size_t count;
};

/* Names of durations: `search: 5m`. Those that the file names stand beside the presets. */
struct durations {
	struct named_duration {
		char *name;
		int64_t ms;
	} * items;
	size_t count;
};

/* `5/s`, `100/m`, `1/250ms`; count 0: no bound. */
struct config_rate {
	int64_t count;
	int64_t period_ms;
};
