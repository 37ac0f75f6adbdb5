/* config/scalars.c - settings that are one value: numbers, flags, words, texts, rates, ranges. */
#include "forms.h"

#include "text.h"
#include "util/alloc.h"
#include "util/units.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

/* Says in words what rc of a parser means; RC_OK: nothing is wrong. */
static bool is_parsed(const struct reading *r, const struct node *node, enum rc rc)
{
	if (rc != RC_OK)
		reading_fault(r, node, rc == RC_TOO_LARGE ? "is too large" : NULL);
	return rc == RC_OK;
}

static bool take_number(const struct reading *r, const struct node *node, int64_t *ret)
{
	int64_t value;

	if (!is_parsed(r, node, r->kind->read(slice_of(node->text), &value)) ||
		!reading_in_range(r, node, value, fault_quote(r->faults, node->text)))
		return false;
	*ret = value;
	return true;
}

void form_read_number(const struct reading *r, const struct node *node)
{
	take_number(r, node, r->at);
}

void form_write_number(const struct setting *row, const void *at, FILE *to)
{
	char text[UNITS_TEXT];

	fputs(kind_facts(row->kind)->write(*(const int64_t *)at, text), to);
}

void form_read_flag(const struct reading *r, const struct node *node)
{
	int64_t value;

	if (take_number(r, node, &value))
		*(bool *)r->at = value != 0;
}

void form_write_flag(const struct setting *row, const void *at, FILE *to)
{
	char text[UNITS_TEXT];

	fputs(kind_facts(row->kind)->write(*(const bool *)at, text), to);
}

/* The n-th word of the row; data NULL: there are not so many. */
static struct slice word_at(const struct setting *row, int n)
{
	struct slice rest = slice_of(row->words), word = { NULL, 0 };

	for (int i = 0; i <= n; i++)
		word = slice_cut(&rest, ',');
	return slice_trim(word);
}

void form_read_word(const struct reading *r, const struct node *node)
{
	struct slice word;

	for (int i = 0; (word = word_at(r->row, i)).data != NULL; i++) {
		if (slice_equal(word, slice_of(node->text))) {
			*(int *)r->at = i;
			return;
		}
	}
	reading_fault(r, node, NULL);
}

void form_write_word(const struct setting *row, const void *at, FILE *to)
{
	fprintf(to, SLICE_FORMAT, SLICE_ARGS(word_at(row, *(const int *)at)));
}

void form_read_text(const struct reading *r, const struct node *node)
{
	char **at = r->at;

	if (!reading_is_good(r, node))
		return;
	free(*at);
	*at = xcopy(node->text, strlen(node->text));
}

void form_write_text(const struct setting *row, const void *at, FILE *to)
{
	text_write(to, *(char *const *)at);
}

void form_release_text(void *at)
{
	char **text = at;

	free(*text);
	*text = NULL;
}

void form_read_rate(const struct reading *r, const struct node *node)
{
	is_parsed(r, node, value_parse_rate(slice_of(node->text), r->at));
}

void form_write_rate(const struct setting *row, const void *at, FILE *to)
{
	char text[VALUES_TEXT];

	fputs(value_write_rate(at, text), to);
}

void form_read_range(const struct reading *r, const struct node *node)
{
	const char *quoted = fault_quote(r->faults, node->text);
	struct duration_range range;

	if (is_parsed(r, node, value_parse_range(slice_of(node->text), &range)) &&
		reading_in_range(r, node, range.least_ms, quoted) &&
		reading_in_range(r, node, range.most_ms, quoted))
		*(struct duration_range *)r->at = range;
}

void form_write_range(const struct setting *row, const void *at, FILE *to)
{
	char text[VALUES_TEXT];

	fputs(value_write_range(at, text), to);
}
