/* config/forms.c - the table of forms, and what reading has in common. */
#include "forms.h"

#include "util/units.h"

#include <assert.h>
#include <string.h>

/* clang-format off */
static const struct form_facts forms[] = {
	/* takes_list, takes_map, read, write, release */
	[FORM_NUMBER]    = { false, false, form_read_number, form_write_number, NULL },
	[FORM_FLAG]      = { false, false, form_read_flag, form_write_flag, NULL },
	[FORM_WORD]      = { false, false, form_read_word, form_write_word, NULL },
	[FORM_TEXT]      = { false, false, form_read_text, form_write_text, form_release_text },
	[FORM_RATE]      = { false, false, form_read_rate, form_write_rate, NULL },
	[FORM_RANGE]     = { false, false, form_read_range, form_write_range, NULL },
	[FORM_TEXTS]     = { true, false, form_read_texts, form_write_texts, form_release_texts },
	[FORM_ORIGINS]   = { true, false, form_read_origins, form_write_origins, form_release_origins },
	[FORM_TEXT_MAP]  = { false, true, form_read_text_map, form_write_text_map, form_release_text_map },
	[FORM_DURATIONS] = { false, true, form_read_durations, form_write_durations, form_release_durations },
	[FORM_STATUSES]  = { false, true, form_read_statuses, form_write_statuses, form_release_statuses },
	[FORM_NONE]     = { true, true, NULL, NULL, NULL },
};
/* clang-format on */

const struct form_facts *form_facts(enum form form)
{
	return &forms[form];
}

/* How a fault calls the value. */
static const char *found_text(const struct reading *r, const struct node *node)
{
	enum secrecy secrecy = r->kind->secrecy;

	if (secrecy == SECRECY_WHOLE || secrecy == SECRECY_DIGEST)
		return "a text";
	if (secrecy == SECRECY_ADDRESS && strchr(node->text, '@') != NULL)
		return "an address";
	return fault_quote(r->faults, node->text);
}

void reading_fault(const struct reading *r, const struct node *node, const char *why)
{
	fault_add(r->faults, node, "%s for %s%s%s; expected %s%s", found_text(r, node), r->name,
		why != NULL ? ", which " : "", why != NULL ? why : "",
		r->row->kind == WORD ? "one of " : "",
		r->row->kind == WORD ? r->row->words : r->kind->expected);
}

void reading_fault_shape(const struct reading *r, const struct node *node)
{
	static const char *const shapes[] = {
		[NODE_SCALAR] = "text",
		[NODE_LIST] = "list",
		[NODE_MAP] = "map",
	};

	if (node->kind != NODE_BAD)
		fault_add(r->faults, node, "a %s for %s; expected %s", shapes[node->kind], r->name,
			r->kind->expected);
}

bool reading_is_good(const struct reading *r, const struct node *node)
{
	const char *why = r->kind->check != NULL ? r->kind->check(node->text) : NULL;

	if (why != NULL)
		reading_fault(r, node, why);
	return why == NULL;
}

/* A limit of the row: a value of its own kind, or the length of a list. */
static int64_t limit_of(const struct reading *r, const char *text, int64_t missing)
{
	int64_t value = missing;
	enum rc rc = RC_OK;

	if (text != NULL)
		rc = r->kind->read != NULL ? r->kind->read(slice_of(text), &value)
					   : units_parse_count(slice_of(text), &value);
	assert(rc == RC_OK);
	return value;
}

bool reading_in_range(
	const struct reading *r, const struct node *node, int64_t value, const char *found)
{
	bool low = value < limit_of(r, r->row->least, INT64_MIN);
	bool high = value > limit_of(r, r->row->most, INT64_MAX);

	if (low || high)
		fault_add(r->faults, node, "%s for %s; expected %s %s", found, r->name,
			low ? "at least" : "at most", low ? r->row->least : r->row->most);
	return !low && !high;
}

struct reading reading_member(const struct reading *r, const struct node *member)
{
	struct reading below = *r;

	if (member->key != NULL)
		below.name =
			arena_format(&r->faults->arena, "%s.%s", r->name, member->key->text).data;
	return below;
}
