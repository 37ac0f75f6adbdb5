/* util/units.c - a number and a unit out of a table, in both directions.
 *
 * Values are written in the largest unit that divides them, so each table ends in a factor of 1.
 */
#include "util/units.h"

#include <inttypes.h>
#include <stdio.h>

struct unit {
	const char *name;
	int64_t factor;
};

#define SECOND ((int64_t)1000)
#define KI     ((int64_t)1024)
#define K      ((int64_t)1000)

static const struct unit durations[] = {
	{ "d", 86400 * SECOND },
	{ "h", 3600 * SECOND },
	{ "m", 60 * SECOND },
	{ "s", SECOND },
	{ "ms", 1 },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "TiB", KI *KI *KI *KI },
	{ "GiB", KI *KI *KI },
	{ "MiB", KI *KI },
	{ "KiB", KI },
	{ "TB", K *K *K *K },
	{ "GB", K *K *K },
	{ "MB", K *K },
	{ "KB", K },
	{ "B", 1 },
	{ NULL, 0 },
};

/* The digits that s starts with, cut off it. */
static struct slice cut_digits(struct slice *s)
{
	struct slice digits = { s->data, 0 };

	while (digits.size < s->size && s->data[digits.size] >= '0' && s->data[digits.size] <= '9')
		digits.size++;
	*s = slice_skip(*s, digits.size);
	return digits;
}

enum rc units_parse_count(struct slice s, int64_t *ret)
{
	struct slice rest = s;
	struct slice digits = cut_digits(&rest);
	uint64_t value;

	if (digits.size == 0 || rest.size > 0)
		return RC_INVALID;
	if (!slice_to_u64(digits, &value) || value > INT64_MAX)
		return RC_TOO_LARGE;
	*ret = (int64_t)value;
	return RC_OK;
}

static enum rc scale(struct slice digits, int64_t factor, int64_t *ret)
{
	int64_t number, value;

	TRY(units_parse_count(digits, &number));
	if (__builtin_mul_overflow(number, factor, &value))
		return RC_TOO_LARGE;
	*ret = value;
	return RC_OK;
}

enum rc units_parse_duration(struct slice s, int64_t *ret_ms)
{
	struct slice digits = cut_digits(&s);

	if (slice_equal(digits, SLICE("0")) && s.size == 0) {
		*ret_ms = 0;
		return RC_OK;
	}
	for (const struct unit *u = durations; u->name != NULL; u++) {
		if (slice_equal(s, slice_of(u->name)))
			return scale(digits, u->factor, ret_ms);
	}
	return RC_INVALID;
}

enum rc units_parse_size(struct slice s, int64_t *ret_bytes)
{
	struct slice digits = cut_digits(&s);

	if (s.size == 0)
		return scale(digits, 1, ret_bytes);
	for (const struct unit *u = sizes; u->name != NULL; u++) {
		if (slice_equal_nocase(s, slice_of(u->name)))
			return scale(digits, u->factor, ret_bytes);
	}
	return RC_INVALID;
}

enum rc units_parse_percent(struct slice s, int64_t *ret_percent)
{
	int64_t value;

	if (s.size > 0 && s.data[s.size - 1] == '%')
		s.size--;
	TRY(units_parse_count(s, &value));
	if (value > 100)
		return RC_TOO_LARGE;
	*ret_percent = value;
	return RC_OK;
}

static const char *write_scaled(const struct unit *units, int64_t value, char text[UNITS_TEXT])
{
	const struct unit *best = NULL;

	for (const struct unit *u = units; u->name != NULL; u++) {
		if (value % u->factor == 0 && (best == NULL || u->factor > best->factor))
			best = u;
	}
	snprintf(text, UNITS_TEXT, "%" PRId64 "%s", value / best->factor, best->name);
	return text;
}

const char *units_write_duration(int64_t ms, char text[UNITS_TEXT])
{
	if (ms == 0)
		return units_write_count(0, text);
	return write_scaled(durations, ms, text);
}

const char *units_write_size(int64_t size_bytes, char text[UNITS_TEXT])
{
	if (size_bytes == 0)
		return units_write_count(0, text);
	return write_scaled(sizes, size_bytes, text);
}

const char *units_write_percent(int64_t percent, char text[UNITS_TEXT])
{
	snprintf(text, UNITS_TEXT, "%" PRId64 "%%", percent);
	return text;
}

const char *units_write_count(int64_t count, char text[UNITS_TEXT])
{
	snprintf(text, UNITS_TEXT, "%" PRId64, count);
	return text;
}
