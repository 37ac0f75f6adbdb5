/* family.h - one metric family as text: HELP, TYPE and UNIT, sample names, escaping, numbers.
 *
 * Text 0.0.4 and OpenMetrics 1.0.0 differ in three things: OpenMetrics names a counter's family
 * without _total, escapes quotes in HELP, and has UNIT lines and an EOF.
 */
#pragma once

#include "registry.h"

/* "counter", "gauge", "histogram" */
const char *kind_text(enum metric_kind kind);

NODISCARD enum rc family_head(
	struct bytes *out, enum metrics_format format, const struct metric_row *row);

/* name="value" with the value escaped. */
NODISCARD enum rc family_label(struct bytes *out, const char *name, const char *value);

/* The shortest decimal that reads back to the same; whole numbers without a fraction. */
NODISCARD enum rc family_number(struct bytes *out, double value);

/* Takes back what was appended after it had this size. */
void family_undo(struct bytes *b, size_t size);

/* The standard process_* families, from /proc/self; one that can't be read is left out. */
NODISCARD enum rc process_render(struct bytes *out, enum metrics_format format);

/* Their rows, for docs. */
const struct metric_row *process_rows(size_t *ret_count);
