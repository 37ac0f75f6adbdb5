/* key_parameters.c - a query or a form, read under a key rule (application/x-www-form-urlencoded, WHATWG
 * URL 5.1).
 *
 * On the hit path: some passes over some dozen parameters on the stack, text in the arena. In doubt a query is
 * not read: that costs a hit and nothing else. Pure; threads: any.
 */
#include "key_inside.h"
#include "key_text.h"

#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

#define COMMA      "%2C"
#define COMMA_SIZE 3

struct parameter {
	struct slice name, value;    /* canonical */
	struct slice written;        /* the name as it came */
	const struct key_name *rule; /* what is said of the name, or NULL */
	size_t at;                   /* its place in the query, which keeps the sorting stable */
	bool bare;                   /* without '=': not the same as an empty value */
	bool folded;
	bool gone;
};

struct parameters {
	struct parameter items[KEY_RULE_PARAMETERS];
	size_t count;
};

static unsigned says(const struct parameter *p)
{
	return p->rule != NULL ? p->rule->says : 0;
}

static bool read_one(
	const struct key_rule *rule, struct slice piece, char **to, struct parameter *ret)
{
	struct slice value = piece, name = slice_cut(&value, '=');

	ret->bare = value.data == NULL;
	ret->written = name;
	ret->name.data = *to;
	if (!key_text_write(name, rule->config->fold_names, to, &ret->folded))
		return false;
	ret->name.size = (size_t)(*to - ret->name.data);
	ret->value.data = *to;
	if (!ret->bare && !key_text_write(value, false, to, NULL))
		return false;
	ret->value.size = (size_t)(*to - ret->value.data);
	ret->rule = key_rule_name(rule, ret->name);
	return true;
}

/* false: it is ambiguous, or has too many. */
static bool read_all(const struct key_rule *rule, struct slice query, struct arena *arena,
	struct parameters *ret)
{
	char *to = arena_alloc(arena, key_text_room(query) + 1);
	struct slice piece;

	ret->count = 0;
	while (key_next_piece(&query, &piece)) {
		struct parameter *p = &ret->items[ret->count];

		if (ret->count == KEY_RULE_PARAMETERS)
			return false;
		*p = (struct parameter){ .at = ret->count };
		if (!read_one(rule, piece, &to, p))
			return false;
		ret->count++;
	}
	return true;
}

static void note_value(struct slice text, uint64_t *hash)
{
	*hash = hash_bytes(text.data, text.size, *hash + 1) | 1;
}

/* A name in another letter case than a credential's may be one for the origin: it is neither left out nor
 * let into a key. */
static bool passes(const struct key_rule *rule, const struct parameter *p)
{
	if (says(p) & KEY_SAYS_PASS)
		return true;
	return !(says(p) & KEY_SAYS_CREDENTIAL) && key_rule_is_credential(rule, p->name);
}

static void classify(
	const struct key_rule *rule, struct parameters *all, struct key_parameters *ret)
{
	for (size_t i = 0; i < all->count; i++) {
		struct parameter *p = &all->items[i];

		ret->passes |= passes(rule, p);
		ret->has_format |= (says(p) & KEY_SAYS_FORMAT) != 0 && p->value.size > 0;
		if (says(p) & KEY_SAYS_CREDENTIAL)
			note_value(p->value, &ret->credentials);
		else if (says(p) & KEY_SAYS_DROP)
			note_value(p->value, &ret->dropped);
		p->gone = (says(p) & (KEY_SAYS_CREDENTIAL | KEY_SAYS_DROP)) != 0;
	}
}

/* How many others have the name, and whether all of them write it in the same letter case. */
static size_t count_others(const struct parameters *all, size_t i, bool *ret_alike)
{
	const struct parameter *p = &all->items[i];
	size_t count = 0;

	*ret_alike = true;
	for (size_t k = 0; k < all->count; k++) {
		const struct parameter *other = &all->items[k];

		if (k == i || !slice_equal(other->name, p->name))
			continue;
		if ((other->folded || p->folded) && !slice_equal(other->written, p->written))
			*ret_alike = false;
		count++;
	}
	return count;
}

/* Of several values an origin takes the first, the last, or all: none of them is left out, and they are one
 * parameter only if their names are written alike. false: it is ambiguous. */
static bool leave_out_defaults(struct parameters *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct parameter *p = &all->items[i];
		bool alike;
		size_t others;

		if (p->gone)
			continue;
		others = count_others(all, i, &alike);
		if (!alike)
			return false;
		p->gone = others == 0 && !p->bare && (says(p) & KEY_SAYS_DEFAULT) &&
			  slice_equal(p->value, p->rule->value);
	}
	return true;
}

/* ---- sets ---- */

static struct slice cut_at_comma(struct slice *rest)
{
	struct slice s = *rest;

	for (size_t i = 0; i + COMMA_SIZE <= s.size; i++) {
		if (memcmp(s.data + i, COMMA, COMMA_SIZE) == 0) {
			*rest = slice_skip(s, i + COMMA_SIZE);
			return (struct slice){ s.data, i };
		}
	}
	*rest = (struct slice){ NULL, 0 };
	return s;
}

static int compare_values(const void *a, const void *b)
{
	return key_text_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static size_t values_most(const struct parameters *all)
{
	size_t most = 0;

	for (size_t i = 0; i < all->count; i++)
		most += 1 + all->items[i].value.size / COMMA_SIZE;
	return most;
}

/* Those of one name, from its first place on; all but that are gone then. Returns their bytes with the
 * commas. */
static size_t gather(struct parameters *all, size_t first, struct slice *values, size_t *ret_count)
{
	size_t room = 0, count = 0;

	for (size_t i = first; i < all->count; i++) {
		struct parameter *p = &all->items[i];
		struct slice rest = p->value;

		if (p->gone || !slice_equal(p->name, all->items[first].name))
			continue;
		while (rest.data != NULL) {
			values[count] = cut_at_comma(&rest);
			room += values[count++].size + COMMA_SIZE;
		}
		p->gone = i != first;
	}
	*ret_count = count;
	return room;
}

static struct slice join(struct slice *values, size_t count, char *text)
{
	char *to = text;

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && slice_equal(values[i], values[i - 1]))
			continue;
		if (i > 0)
			to = mempcpy(to, COMMA, COMMA_SIZE);
		if (values[i].size > 0)
			to = mempcpy(to, values[i].data, values[i].size);
	}
	return (struct slice){ text, (size_t)(to - text) };
}

/* false: a name without '=' is no set. */
static bool order_sets(struct parameters *all, struct arena *arena)
{
	for (size_t i = 0; i < all->count; i++) {
		if (!all->items[i].gone && (says(&all->items[i]) & KEY_SAYS_SET) &&
			all->items[i].bare)
			return false;
	}
	for (size_t i = 0; i < all->count; i++) {
		struct parameter *p = &all->items[i];
		struct slice *values;
		size_t count, room;

		if (p->gone || !(says(p) & KEY_SAYS_SET))
			continue;
		values = arena_alloc(arena, values_most(all) * sizeof(*values));
		room = gather(all, i, values, &count);
		qsort(values, count, sizeof(*values), compare_values);
		p->value = join(values, count, arena_alloc(arena, room));
	}
	return true;
}

/* ---- the text ---- */

static bool goes_before(const struct parameter *a, const struct parameter *b)
{
	int order = key_text_compare(a->name, b->name);

	return order < 0 || (order == 0 && a->at < b->at);
}

/* Places of those that remain, in the order of the rule. By insertion: they are few, and mostly sorted. */
static size_t put_in_order(
	const struct key_rule *rule, const struct parameters *all, const struct parameter **ret)
{
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct parameter *p = &all->items[i];
		size_t at = count;

		if (p->gone)
			continue;
		for (; rule->config->sort && at > 0 && goes_before(p, ret[at - 1]); at--)
			ret[at] = ret[at - 1];
		ret[at] = p;
		count++;
	}
	return count;
}

static char *put(char *to, struct slice text)
{
	return text.size > 0 ? mempcpy(to, text.data, text.size) : to;
}

static struct slice write_all(
	const struct key_rule *rule, const struct parameters *all, struct arena *arena)
{
	const struct parameter *order[KEY_RULE_PARAMETERS];
	size_t count = put_in_order(rule, all, order), room = 1;
	char *text, *to;

	for (size_t i = 0; i < count; i++)
		room += order[i]->name.size + order[i]->value.size + 2;
	text = to = arena_alloc(arena, room);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			*to++ = '&';
		to = put(to, order[i]->name);
		if (!order[i]->bare)
			*to++ = '=';
		to = put(to, order[i]->value);
	}
	return (struct slice){ text, (size_t)(to - text) };
}

/* ---- what is ambiguous ---- */

/* Whether the name of some piece, cut as the laxest origin would, is one that must not be missed. */
static bool hides_some(const struct key_rule *rule, struct slice query, struct arena *arena)
{
	char *text = arena_alloc(arena, key_text_room(query) + 1);
	struct slice piece, part;

	while (key_next_piece(&query, &piece)) {
		while (piece.data != NULL) {
			char *to = text;
			struct slice name;
			const struct key_name *rule_name;

			part = slice_cut(&piece, ';');
			if (!key_text_write(
				    slice_cut(&part, '='), rule->config->fold_names, &to, NULL))
				continue;
			name = (struct slice){ text, (size_t)(to - text) };
			rule_name = key_rule_name(rule, name);
			if (key_rule_is_credential(rule, name) ||
				(rule_name != NULL && rule_name->says & KEY_SAYS_PASS))
				return true;
		}
	}
	return false;
}

void key_parameters_read(const struct key_rule *rule, struct slice query, struct arena *arena,
	struct key_parameters *ret)
{
	struct parameters all;

	*ret = (struct key_parameters){ 0 };
	if (!read_all(rule, query, arena, &all)) {
		ret->passes = hides_some(rule, query, arena);
		return;
	}
	classify(rule, &all, ret);
	if (!leave_out_defaults(&all) || !order_sets(&all, arena))
		return; /* credentials in it: see key_rule_read() */
	ret->is_read = true;
	ret->text = write_all(rule, &all, arena);
}
