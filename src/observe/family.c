/* family.c - what a metric family looks like in both formats.
 *
 * Stateless: text is appended to the caller's buffer. Says nothing about where numbers come from.
 */
#include "family.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whole numbers up to here have no neighbour that a double can't tell apart. */
#define WHOLE_MOST 9007199254740992.0

static const char *const kind_names[] = {
	[KIND_COUNTER] = "counter",
	[KIND_GAUGE] = "gauge",
	[KIND_HISTOGRAM] = "histogram",
};

const char *kind_text(enum metric_kind kind)
{
	return kind_names[kind];
}

static bool ends_with(struct slice s, struct slice end)
{
	return s.size > end.size && memcmp(s.data + s.size - end.size, end.data, end.size) == 0;
}

/* OpenMetrics: _total belongs to the counter's sample, not to its family. */
static struct slice family_name(enum metrics_format format, const struct metric_row *row)
{
	struct slice name = slice_of(row->name);

	if (format == METRICS_OPENMETRICS_1_0_0 && ends_with(name, SLICE("_total")))
		name.size -= strlen("_total");
	return name;
}

static enum rc escape(struct bytes *out, const char *text, bool quotes)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			TRY(bytes_append(out, "\\n", 2));
			continue;
		}
		if (*text == '\\' || (*text == '"' && quotes))
			TRY(bytes_append_char(out, '\\'));
		TRY(bytes_append_char(out, *text));
	}
	return RC_OK;
}

/* OpenMetrics: a family with a unit ends in it, and says so. */
static enum rc unit_line(struct bytes *out, struct slice name)
{
	static const char *const units[] = { "seconds", "bytes" };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct slice unit = slice_of(units[i]);

		if (ends_with(name, unit) && name.data[name.size - unit.size - 1] == '_')
			return bytes_format(
				out, "# UNIT " SLICE_FORMAT " %s\n", SLICE_ARGS(name), units[i]);
	}
	return RC_OK;
}

enum rc family_head(struct bytes *out, enum metrics_format format, const struct metric_row *row)
{
	struct slice name = family_name(format, row);
	bool openmetrics = format == METRICS_OPENMETRICS_1_0_0;

	TRY(bytes_format(out, "# HELP " SLICE_FORMAT " ", SLICE_ARGS(name)));
	TRY(escape(out, row->help, openmetrics));
	TRY(bytes_format(
		out, "\n# TYPE " SLICE_FORMAT " %s\n", SLICE_ARGS(name), kind_text(row->kind)));
	return openmetrics ? unit_line(out, name) : RC_OK;
}

enum rc family_label(struct bytes *out, const char *name, const char *value)
{
	TRY(bytes_format(out, "%s=\"", name));
	TRY(escape(out, value, true));
	return bytes_append_char(out, '"');
}

enum rc family_number(struct bytes *out, double value)
{
	char text[40];

	if (isnan(value))
		return bytes_append(out, "NaN", 3);
	if (isinf(value))
		return bytes_append(out, value > 0 ? "+Inf" : "-Inf", 4);
	if (value < WHOLE_MOST && value > -WHOLE_MOST && value == (double)(long long)value)
		return bytes_format(out, "%lld", (long long)value);
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return bytes_append(out, text, strlen(text));
}

void family_undo(struct bytes *b, size_t size)
{
	if (b->data == NULL)
		return;
	b->size = size;
	b->data[size] = '\0';
}
