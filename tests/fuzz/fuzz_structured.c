/* fuzz_structured.c - any bytes as item, list and dictionary: no fault, bounds kept, and each string
 * that is read can be written and read again.
 */
#include "http/structured.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_string(struct slice text, struct arena *arena)
{
	struct sf_item item;
	struct bytes b;

	bytes_init(&b, 1 << 20);
	assert(sf_append_string(&b, text) == RC_OK);
	assert(sf_parse_item(bytes_slice(&b), arena, &item) == RC_OK);
	assert(item.bare.kind == SF_STRING && slice_equal(item.bare.text, text));
	bytes_done(&b);
}

static void check_token(struct slice text, struct arena *arena)
{
	struct sf_item item;

	assert(sf_parse_item(text, arena, &item) == RC_OK);
	assert(item.bare.kind == SF_TOKEN && slice_equal(item.bare.text, text));
	assert(item.parameters.count == 0);
}

static void check_bare(const struct sf_bare *bare, struct arena *arena)
{
	assert(bare->number >= -999999999999999 && bare->number <= 999999999999999);
	if (bare->text.data != NULL)
		assert(bare->text.data[bare->text.size] == '\0');
	if (bare->kind == SF_STRING)
		check_string(bare->text, arena);
	if (bare->kind == SF_TOKEN)
		check_token(bare->text, arena);
}

static void check_item(const struct sf_item *item, struct arena *arena)
{
	const struct sf_parameters *p = &item->parameters;

	assert(p->count <= 256);
	check_bare(&item->bare, arena);
	for (size_t i = 0; i < p->count; i++) {
		check_bare(&p->items[i].value, arena);
		assert(sf_parameter_find(p, p->items[i].key) == &p->items[i].value);
	}
}

static void check_members(const struct sf_members *members, bool keyed, struct arena *arena)
{
	assert(members->count <= 1024);
	for (size_t i = 0; i < members->count; i++) {
		const struct sf_member *m = &members->items[i];

		assert(keyed == (m->key.size > 0));
		assert(!keyed || sf_member_find(members, m->key) == m);
		check_item(&m->item, arena);
		for (size_t j = 0; j < m->inner_count; j++)
			check_item(&m->inner[j], arena);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct sf_members members;
	struct sf_item item;
	struct arena arena;

	arena_init(&arena);
	if (sf_parse_item(text, &arena, &item) == RC_OK)
		check_item(&item, &arena);
	if (sf_parse_list(text, &arena, &members) == RC_OK)
		check_members(&members, false, &arena);
	if (sf_parse_dictionary(text, &arena, &members) == RC_OK)
		check_members(&members, true, &arena);
	arena_done(&arena);
	return 0;
}
