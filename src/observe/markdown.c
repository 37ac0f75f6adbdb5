/* markdown.c - docs/metrics.md, from the same table as the exposition.
 *
 * Holds no fact of its own about any metric: what the page lacks is added to metrics.def, to the
 * table of domains in registry.h, or to their words.
 */
#include "family.h"

static enum rc label_list(struct bytes *out, const struct metric_row *row)
{
	const char *between = "";

	for (size_t i = 0; i < LABELS_MOST; i++) {
		if (row->labels[i] == DOMAIN_NONE)
			continue;
		TRY(bytes_format(out, "%s`%s`", between, domain_label(row->labels[i])));
		between = ", ";
	}
	return RC_OK;
}

static enum rc metric_line(struct bytes *out, const struct metric_row *row)
{
	TRY(bytes_format(out, "| `%s` | %s | ", row->name, kind_text(row->kind)));
	TRY(label_list(out, row));
	return bytes_format(out, " | %s |\n", row->help);
}

/* The names of all metrics that have this label with these words. */
static enum rc users_of(struct bytes *out, enum domain domain)
{
	const char *between = "";

	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		for (size_t i = 0; i < LABELS_MOST; i++) {
			if (metric_rows[m].labels[i] != domain)
				continue;
			TRY(bytes_format(out, "%s`%s`", between, metric_rows[m].name));
			between = ", ";
		}
	}
	return RC_OK;
}

static enum rc domain_lines(struct bytes *out, enum domain domain)
{
	const char *between = "";

	TRY(bytes_format(out, "\n### `%s`: %s\n\nIn ", domain_label(domain), domain_about(domain)));
	TRY(users_of(out, domain));
	TRY(bytes_format(out, ".\n"));
	/* The version's word would make the page differ with every release. */
	if (domain_is_dynamic(domain) || domain == DOMAIN_VERSION)
		return RC_OK;
	TRY(bytes_format(out, "\n"));
	for (size_t i = 0; i < domain_size(domain); i++) {
		TRY(bytes_format(out, "%s`%s`", between, domain_word(domain, i)));
		between = ", ";
	}
	return bytes_format(out, "\n");
}

static enum rc bound_list(struct bytes *out)
{
	TRY(bytes_format(out, "\n## Histograms\n\nSeconds. Values of `le`: "));
	for (size_t i = 0; i < HISTOGRAM_SEGMENTS; i++) {
		if (histogram_bounds[i].exposed)
			TRY(bytes_format(out, "`%s`, ", histogram_bounds[i].text));
	}
	return bytes_format(out, "`+Inf`.\n");
}

static enum rc write_all(struct bytes *out)
{
	size_t count;
	const struct metric_row *process = process_rows(&count);

	TRY(bytes_format(out,
		"# Metrics\n\n"
		"Generated from include/larder/observe/metrics.def by "
		"`larder metrics --markdown`: change the table, not this page.\n\n"
		"Text 0.0.4 or OpenMetrics 1.0.0, by what `Accept` prefers. A labelled "
		"series appears with its first event, or when it is first told;\n"
		"there are no ratios: divide rates in the query.\n\n"
		"| name | type | labels | about |\n|---|---|---|---|\n"));
	for (enum metric m = 0; m < METRIC_COUNT; m++)
		TRY(metric_line(out, &metric_rows[m]));
	for (size_t i = 0; i < count; i++)
		TRY(metric_line(out, &process[i]));
	TRY(bound_list(out));
	TRY(bytes_format(out, "\n## Labels\n"));
	for (enum domain d = DOMAIN_NONE + 1; d < DOMAIN_COUNT; d++)
		TRY(domain_lines(out, d));
	return RC_OK;
}

enum rc metrics_write_markdown(struct bytes *ret)
{
	size_t before = ret->size;
	enum rc rc = write_all(ret);

	if (rc != RC_OK)
		family_undo(ret, before);
	return rc;
}
