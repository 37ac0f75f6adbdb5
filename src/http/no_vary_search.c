/* http/no_vary_search.c - No-Vary-Search (draft-ietf-httpbis-no-vary-search): the rule, and targets
 * under it.
 *
 * Where in doubt, targets stay different: that costs a hit and nothing else. Queries are read as
 * application/x-www-form-urlencoded (WHATWG URL 5.1), which is how the draft compares them; ';' is
 * no separator there. Threads: any. Ownership: the arena's.
 */
#include "http/no_vary_search.h"

#include "http/structured.h"
#include "util/octets.h"

#include <stdlib.h>
#include <string.h>

/* ---- application/x-www-form-urlencoded ---- */

/* '+' is a blank, "%XX" an octet, a '%' alone is itself. */
static struct slice form_decode(struct slice s, struct arena *arena)
{
	char *text;
	size_t size = 0;

	if (slice_find(s, '%') < 0 && slice_find(s, '+') < 0)
		return s;
	text = arena_alloc(arena, s.size);
	while (s.size > 0) {
		int octet = octets_decode(s);

		text[size++] = octet >= 0 ? (char)octet : s.data[0] == '+' ? ' ' : s.data[0];
		s = slice_skip(s, octet >= 0 ? 3 : 1);
	}
	return (struct slice){ text, size };
}

/* Appends what form_decode() gives the same text for, whatever it was made of. */
static enum rc form_append(struct bytes *b, struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		TRY(octets_append(b, (unsigned char)text.data[i]));
	return RC_OK;
}

static int compare(struct slice a, struct slice b)
{
	size_t shared = a.size < b.size ? a.size : b.size;
	int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* ---- the rule ---- */

static int compare_names(const void *a, const void *b)
{
	return compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* An inner list of strings (draft, 5.1); each is decoded as a name in a query would be (5.3). */
static enum rc read_names(
	const struct sf_member *member, struct arena *arena, struct no_vary_search *rule)
{
	if (!member->is_inner_list)
		return RC_INVALID;
	rule->names = arena_alloc(arena, member->inner_count * sizeof(*rule->names));
	for (size_t i = 0; i < member->inner_count; i++) {
		const struct sf_bare *bare = &member->inner[i].bare;

		if (bare->kind != SF_STRING)
			return RC_INVALID;
		rule->names[i] = form_decode(bare->text, arena);
		if (!octets_are_utf8(rule->names[i]))
			return RC_INVALID;
	}
	rule->count = member->inner_count;
	if (rule->count > 0)
		qsort(rule->names, rule->count, sizeof(*rule->names), compare_names);
	return RC_OK;
}

static enum rc read_order(const struct sf_member *member, struct no_vary_search *rule)
{
	if (member->is_inner_list || member->item.bare.kind != SF_BOOLEAN)
		return RC_INVALID;
	rule->any_order = member->item.bare.number != 0;
	return RC_OK;
}

/* Draft, 5.1. Its step for "neither exists" would void key-order alone as well, against its own
 * examples; without names nothing is left out. */
static enum rc read_rule(
	const struct sf_members *members, struct arena *arena, struct no_vary_search *rule)
{
	const struct sf_member *order = sf_member_find(members, SLICE("key-order"));
	const struct sf_member *params = sf_member_find(members, SLICE("params"));
	const struct sf_member *except = sf_member_find(members, SLICE("except"));

	if (params != NULL && except != NULL)
		return RC_INVALID;
	if (order != NULL)
		TRY(read_order(order, rule));
	if (params != NULL)
		TRY(read_names(params, arena, rule));
	if (except != NULL)
		TRY(read_names(except, arena, rule));
	rule->only_names = except != NULL;
	return RC_OK;
}

enum rc no_vary_search_parse(struct slice field, struct arena *arena, struct no_vary_search *ret)
{
	struct no_vary_search rule = { .names = NULL };
	struct sf_members members;

	if (sf_parse_dictionary(field, arena, &members) != RC_OK ||
		read_rule(&members, arena, &rule) != RC_OK)
		return RC_ABSENT;
	/* The default config by other words, for which queries aren't decoded (draft, 6). */
	if (!rule.any_order && !rule.only_names && rule.count == 0)
		return RC_ABSENT;
	*ret = rule;
	return RC_OK;
}

/* ---- targets ---- */

struct pair {
	struct slice name, value;
	size_t at; /* its place in the query, which keeps the sorting stable */
};

struct pairs {
	struct pair *items;
	size_t count;
};

/* By name, never by value: "a=1&a=2" and "a=2&a=1" differ (draft, 6). */
static int compare_pairs(const void *a, const void *b)
{
	const struct pair *left = a, *right = b;
	int order = compare(left->name, right->name);

	return order != 0 ? order : (left->at > right->at) - (left->at < right->at);
}

/* The next one that isn't empty. */
static bool next_parameter(struct slice *query, struct slice *ret)
{
	while (query->data != NULL) {
		*ret = slice_cut(query, '&');
		if (ret->size > 0)
			return true;
	}
	return false;
}

static size_t count_parameters(struct slice query)
{
	struct slice parameter;
	size_t count = 0;

	while (next_parameter(&query, &parameter))
		count++;
	return count;
}

static bool matters(const struct no_vary_search *rule, struct slice name)
{
	bool named = rule->count > 0 && bsearch(&name, rule->names, rule->count,
						sizeof(*rule->names), compare_names) != NULL;

	return named == rule->only_names;
}

/* RC_INVALID: it is not UTF-8. */
static enum rc read_query(const struct no_vary_search *rule, struct slice query,
	struct arena *arena, struct pairs *ret)
{
	struct slice value;

	ret->items = arena_alloc(arena, count_parameters(query) * sizeof(*ret->items));
	ret->count = 0;
	while (next_parameter(&query, &value)) {
		struct slice name = form_decode(slice_cut(&value, '='), arena);

		value = form_decode(value, arena);
		if (!octets_are_utf8(name) || !octets_are_utf8(value))
			return RC_INVALID;
		if (!matters(rule, name))
			continue;
		ret->items[ret->count] = (struct pair){ name, value, ret->count };
		ret->count++;
	}
	return RC_OK;
}

static enum rc append_pairs(struct bytes *b, const struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		TRY(bytes_append_char(b, i == 0 ? '?' : '&'));
		TRY(form_append(b, pairs->items[i].name));
		TRY(bytes_append_char(b, '='));
		TRY(form_append(b, pairs->items[i].value));
	}
	return RC_OK;
}

enum rc no_vary_search_target(const struct no_vary_search *rule, struct slice raw_target,
	struct arena *arena, struct bytes *ret)
{
	struct slice query = raw_target, path = slice_cut(&query, '?');
	struct pairs pairs;

	if (read_query(rule, query, arena, &pairs) != RC_OK)
		return bytes_append_slice(ret, raw_target);
	if (rule->any_order && pairs.count > 0)
		qsort(pairs.items, pairs.count, sizeof(*pairs.items), compare_pairs);
	TRY(bytes_append_slice(ret, path));
	return append_pairs(ret, &pairs);
}
