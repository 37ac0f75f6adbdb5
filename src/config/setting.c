/* config/setting.c - values from nodes into the configuration and back, by the table of kinds. */
#include "setting.h"

#include "kinds.h"
#include "text.h"
#include "tree.h"
#include "util/alloc.h"
#include "util/units.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One value on its way in. */
struct reading {
	const struct setting *row;
	const struct kind_facts *kind;
	void *at; /* where the setting lies */
	struct faults *faults;
};

static void *place_of(const struct setting *row, const void *base)
{
	return (char *)(uintptr_t)base + row->offset;
}

/* why: what is wrong with it, or NULL. */
static void fault_value(const struct reading *r, const struct node *node, const char *why)
{
	/* A value with '@' may hold a password, which is not for logs. */
	const char *found = (r->row->kind == URL || r->row->kind == POLLED_URL) &&
					    strchr(node->text, '@') != NULL
				    ? "an address"
				    : fault_quote(r->faults, node->text);

	fault_add(r->faults, node, "%s for %s%s%s; expected %s%s", found, schema_name(r->row),
		why != NULL ? ", which " : "", why != NULL ? why : "",
		r->row->kind == WORD ? "one of " : "",
		r->row->kind == WORD ? r->row->words : r->kind->expected);
}

/* A limit of the row: a value of its own kind, or the length of a list. */
static int64_t limit_of(const struct reading *r, const char *text, int64_t missing)
{
	int64_t value = missing;
	enum rc rc = RC_OK;

	if (text != NULL && r->kind->form == FORM_TEXTS)
		rc = units_parse_count(slice_of(text), &value);
	else if (text != NULL)
		rc = r->kind->read(slice_of(text), &value);
	assert(rc == RC_OK);
	return value;
}

/* found: how a fault calls the value. */
static bool in_range(
	const struct reading *r, const struct node *node, int64_t value, const char *found)
{
	bool low = value < limit_of(r, r->row->least, INT64_MIN);
	bool high = value > limit_of(r, r->row->most, INT64_MAX);

	if (low || high)
		fault_add(r->faults, node, "%s for %s; expected %s %s", found, schema_name(r->row),
			low ? "at least" : "at most", low ? r->row->least : r->row->most);
	return !low && !high;
}

static void read_number(const struct reading *r, const struct node *node)
{
	int64_t value;
	enum rc rc = r->kind->read(slice_of(node->text), &value);

	if (rc != RC_OK) {
		fault_value(r, node, rc == RC_TOO_LARGE ? "is too large" : NULL);
		return;
	}
	if (!in_range(r, node, value, fault_quote(r->faults, node->text)))
		return;
	if (r->kind->form == FORM_FLAG)
		*(bool *)r->at = value != 0;
	else
		*(int64_t *)r->at = value;
}

/* The n-th word of the row; data NULL: there are not so many. */
static struct slice word_at(const struct setting *row, int n)
{
	struct slice rest = slice_of(row->words), word = { NULL, 0 };

	for (int i = 0; i <= n; i++)
		word = slice_cut(&rest, ',');
	return slice_trim(word);
}

static void read_word(const struct reading *r, const struct node *node)
{
	struct slice word;

	for (int i = 0; (word = word_at(r->row, i)).data != NULL; i++) {
		if (slice_equal(word, slice_of(node->text))) {
			*(int *)r->at = i;
			return;
		}
	}
	fault_value(r, node, NULL);
}

/* False: a fault was added. */
static bool is_good_text(const struct reading *r, const struct node *node)
{
	const char *why = r->kind->check != NULL ? r->kind->check(node->text) : NULL;

	if (why != NULL)
		fault_value(r, node, why);
	return why == NULL;
}

static void read_text(const struct reading *r, const struct node *node)
{
	char **at = r->at;

	if (!is_good_text(r, node))
		return;
	free(*at);
	*at = xcopy(node->text, strlen(node->text));
}

static void release_texts(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct text_list){ NULL, 0 };
}

static void append_text(
	const struct reading *r, struct text_list *list, const struct node *node, bool *good)
{
	if (node->kind == NODE_BAD) {
		*good = false;
		return;
	}
	if (node->kind != NODE_SCALAR) {
		fault_add(r->faults, node, "a %s in the list %s; expected %s",
			node->kind == NODE_MAP ? "map" : "list", schema_name(r->row),
			r->kind->expected);
		*good = false;
		return;
	}
	*good = is_good_text(r, node) && *good;
	list->items[list->count++] = xcopy(node->text, strlen(node->text));
}

static void read_texts(const struct reading *r, const struct node *node)
{
	struct text_list list = { .items = xgrow(NULL, node->count + 1, sizeof(char *)) };
	bool good = true;
	char found[UNITS_TEXT + 8];

	if (node->kind == NODE_SCALAR && !node->blank)
		append_text(r, &list, node, &good);
	NODE_EACH(at, node)
	append_text(r, &list, at, &good);
	snprintf(found, sizeof(found), "%zu entries", list.count);
	if (good && in_range(r, node, (int64_t)list.count, found)) {
		release_texts(r->at);
		*(struct text_list *)r->at = list;
	} else {
		release_texts(&list);
	}
}

static bool has_right_shape(const struct reading *r, const struct node *node)
{
	bool is_list = node->kind == NODE_LIST && r->kind->form == FORM_TEXTS;

	if (node->kind == NODE_SCALAR || is_list)
		return true;
	if (node->kind != NODE_BAD)
		fault_add(r->faults, node, "a %s for %s; expected %s",
			node->kind == NODE_MAP ? "map" : "list", schema_name(r->row),
			r->kind->expected);
	return false;
}

void setting_read(
	const struct setting *row, const struct node *node, void *base, struct faults *faults)
{
	struct reading r = { row, kind_facts(row->kind), place_of(row, base), faults };

	if (!has_right_shape(&r, node))
		return;
	switch (r.kind->form) {
	case FORM_NUMBER:
	case FORM_FLAG:
		read_number(&r, node);
		break;
	case FORM_WORD:
		read_word(&r, node);
		break;
	case FORM_TEXT:
		read_text(&r, node);
		break;
	case FORM_TEXTS:
		read_texts(&r, node);
		break;
	}
}

void setting_preset(const struct setting *row, void *base)
{
	struct faults faults;
	struct tree tree;
	enum rc rc;

	faults_init(&faults, row->path);
	rc = tree_parse(slice_of(row->preset), &faults, &tree);
	assert(rc == RC_OK);
	setting_read(row, tree.root, base, &faults);
	assert(faults.count == 0);
	tree_done(&tree);
	faults_done(&faults);
}

void setting_release(const struct setting *row, void *base)
{
	enum form form = kind_facts(row->kind)->form;
	void *at = place_of(row, base);

	if (form == FORM_TEXT) {
		free(*(char **)at);
		*(char **)at = NULL;
	} else if (form == FORM_TEXTS) {
		release_texts(at);
	}
}

static void write_texts(const struct text_list *list, FILE *to)
{
	fputc('[', to);
	for (size_t i = 0; i < list->count; i++) {
		fputs(i > 0 ? ", " : "", to);
		text_write(to, list->items[i]);
	}
	fputc(']', to);
}

void setting_write(const struct setting *row, const void *base, FILE *to)
{
	const struct kind_facts *kind = kind_facts(row->kind);
	const void *at = place_of(row, base);
	char text[UNITS_TEXT];

	switch (kind->form) {
	case FORM_NUMBER:
		fputs(kind->write(*(const int64_t *)at, text), to);
		break;
	case FORM_FLAG:
		fputs(kind->write(*(const bool *)at, text), to);
		break;
	case FORM_WORD:
		fprintf(to, SLICE_FORMAT, SLICE_ARGS(word_at(row, *(const int *)at)));
		break;
	case FORM_TEXT:
		text_write(to, *(char *const *)at);
		break;
	case FORM_TEXTS:
		write_texts(at, to);
		break;
	}
}
