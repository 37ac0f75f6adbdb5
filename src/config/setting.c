/* config/setting.c - values from nodes into the configuration and back, by the table of forms. */
#include "setting.h"

#include "forms.h"
#include "tree.h"

#include <assert.h>

static void *place_of(const struct setting *row, const void *base)
{
	return (char *)(uintptr_t)base + row->offset;
}

static void read_at(
	const struct setting *row, const struct node *node, void *at, struct faults *faults)
{
	struct reading r = { row, kind_facts(row->kind), schema_name(row), at, faults };
	const struct form_facts *form = form_facts(r.kind->form);

	if (node->kind == NODE_SCALAR || (node->kind == NODE_LIST && form->takes_list) ||
		(node->kind == NODE_MAP && form->takes_map))
		form->read(&r, node);
	else
		reading_fault_shape(&r, node);
}

void setting_read(
	const struct setting *row, const struct node *node, void *base, struct faults *faults)
{
	read_at(row, node, place_of(row, base), faults);
}

void setting_preset_at(const struct setting *row, void *at)
{
	struct faults faults;
	struct tree tree;
	enum rc rc;

	if (kind_facts(row->kind)->form == FORM_NONE)
		return;
	faults_init(&faults, row->path);
	rc = tree_parse(slice_of(row->preset), &faults, &tree);
	assert(rc == RC_OK);
	read_at(row, tree.root, at, &faults);
	assert(faults.count == 0);
	tree_done(&tree);
	faults_done(&faults);
}

void setting_preset(const struct setting *row, void *base)
{
	setting_preset_at(row, place_of(row, base));
}

void setting_release(const struct setting *row, void *base)
{
	const struct form_facts *form = form_facts(kind_facts(row->kind)->form);

	if (form->release != NULL)
		form->release(place_of(row, base));
}

void setting_write(const struct setting *row, const void *base, FILE *to)
{
	form_facts(kind_facts(row->kind)->form)->write(row, place_of(row, base), to);
}
