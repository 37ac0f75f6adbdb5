/* fuzz_no_vary_search.c - "field\ntarget\ntarget": the form that targets are compared in.
 *
 * It is stable, and two targets share it if and only if they are equivalent by a slower and plainer
 * reading of the draft's comparison, written here once more. What is beyond ASCII may be taken for
 * different: queries that are not UTF-8 are left alone.
 */
#include "http/no_vary_search.h"

#include "http/uri.h"

#include <assert.h>

#define PARAMETERS_MOST 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct parameter {
	struct slice name, value;
};

struct query {
	struct parameter items[PARAMETERS_MOST];
	size_t count;
	bool is_ascii;
};

static struct arena arena;

static unsigned hex(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* s is part of a target that was taken: what follows '%' are hex digits. */
static struct slice decode(struct slice s, struct query *query)
{
	char *text = arena_alloc(&arena, s.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < s.size; i++, size++) {
		text[size] = s.data[i] == '+' ? ' ' : s.data[i];
		if (s.data[i] == '%') {
			text[size] = (char)(hex(s.data[i + 1]) * 16 + hex(s.data[i + 2]));
			i += 2;
		}
		query->is_ascii &= (unsigned char)text[size] < 0x80;
	}
	return (struct slice){ text, size };
}

static bool is_named(const struct no_vary_search *rule, struct slice name)
{
	for (size_t i = 0; i < rule->count; i++) {
		if (slice_equal(rule->names[i], name))
			return true;
	}
	return false;
}

static void read_query(const struct no_vary_search *rule, struct slice text, struct query *ret)
{
	*ret = (struct query){ .is_ascii = true };
	while (text.data != NULL && ret->count < PARAMETERS_MOST) {
		struct slice value = slice_cut(&text, '&'), name;

		if (value.size == 0)
			continue;
		name = decode(slice_cut(&value, '='), ret);
		if (is_named(rule, name) == rule->only_names)
			ret->items[ret->count++] = (struct parameter){ name, decode(value, ret) };
		else
			decode(value, ret);
	}
}

/* How many of that name stand before place `at`. */
static size_t count_before(const struct query *q, size_t at, struct slice name)
{
	size_t count = 0;

	for (size_t i = 0; i < at; i++)
		count += slice_equal(q->items[i].name, name);
	return count;
}

/* Whether b has the parameter at a's place i, at that place or as the same one of its name. */
static bool has(
	const struct no_vary_search *rule, const struct query *b, const struct query *a, size_t i)
{
	const struct parameter *p = &a->items[i];
	size_t rank = count_before(a, i, p->name);

	for (size_t j = 0; j < b->count; j++) {
		if (!slice_equal(b->items[j].name, p->name) ||
			(rule->any_order ? count_before(b, j, p->name) != rank : i != j))
			continue;
		return slice_equal(b->items[j].value, p->value);
	}
	return false;
}

static bool equivalent(
	const struct no_vary_search *rule, const struct query *a, const struct query *b)
{
	for (size_t i = 0; i < a->count; i++) {
		if (!has(rule, b, a, i))
			return false;
	}
	return a->count == b->count;
}

static void canonical(const struct no_vary_search *rule, struct slice raw, struct bytes *ret)
{
	struct target target;

	bytes_init(ret, 1 << 24);
	assert(no_vary_search_target(rule, raw, &arena, ret) == RC_OK);
	assert(target_split(bytes_slice(ret), &target) == RC_OK);
}

static void check_stable(const struct no_vary_search *rule, const struct bytes *form)
{
	struct bytes again;

	canonical(rule, bytes_slice(form), &again);
	assert(slice_equal(bytes_slice(form), bytes_slice(&again)));
	bytes_done(&again);
}

static void check_pair(const struct no_vary_search *rule, struct slice left, struct slice right)
{
	struct target a, b;
	struct query of_a, of_b;
	struct bytes form_a, form_b;
	bool same_form, same;

	if (target_split(left, &a) != RC_OK || target_split(right, &b) != RC_OK)
		return;
	canonical(rule, left, &form_a);
	canonical(rule, right, &form_b);
	check_stable(rule, &form_a);
	check_stable(rule, &form_b);
	read_query(rule, a.query, &of_a);
	read_query(rule, b.query, &of_b);
	same_form = slice_equal(bytes_slice(&form_a), bytes_slice(&form_b));
	same = slice_equal(a.path, b.path) && equivalent(rule, &of_a, &of_b);
	if (of_a.count < PARAMETERS_MOST && of_b.count < PARAMETERS_MOST) {
		assert(!same_form || same);
		assert(!same || same_form || !of_a.is_ascii || !of_b.is_ascii);
	}
	bytes_done(&form_a);
	bytes_done(&form_b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct slice field = slice_cut(&rest, '\n'), left;
	struct no_vary_search rule;

	arena_init(&arena);
	if (no_vary_search_parse(field, &arena, &rule) == RC_OK) {
		assert(rule.any_order || rule.only_names || rule.count > 0);
		left = slice_cut(&rest, '\n');
		check_pair(&rule, left, rest);
		check_pair(&rule, left, left);
	}
	arena_done(&arena);
	return 0;
}
