/* key_spelling.c - spellings of targets under a key rule: begins of them, and what they are without their
 * credentials. Only cutting a query into pieces is on the hit path. Pure; threads: any.
 */
#include "key_inside.h"
#include "key_text.h"

#include "util/octets.h"

#include <string.h>

bool key_next_piece(struct slice *query, struct slice *ret)
{
	while (query->data != NULL) {
		*ret = slice_cut(query, '&');
		if (ret->size > 0)
			return true;
	}
	return false;
}

static char *put(char *to, struct slice text)
{
	return text.size > 0 ? mempcpy(to, text.data, text.size) : to;
}

/* Which pieces of a query are wanted. */
struct choice {
	const struct key_rule *rule;
	struct arena *arena;
	bool credentials; /* those, or all the others */
};

static bool is_wanted(const struct choice *choice, struct slice piece)
{
	struct slice name = slice_cut(&piece, '=');
	char *text = arena_alloc(choice->arena, key_text_room(name) + 1), *to = text;
	bool is_credential =
		key_text_write(name, choice->rule->config->fold_names, &to, NULL) &&
		key_rule_is_credential(choice->rule, (struct slice){ text, (size_t)(to - text) });

	return is_credential == choice->credentials;
}

/* As they came; mark stands before the first of them. */
static char *copy_pieces(const struct choice *choice, struct slice query, char mark, char *to)
{
	struct slice piece;

	while (key_next_piece(&query, &piece)) {
		if (!is_wanted(choice, piece))
			continue;
		*to++ = mark;
		mark = '&';
		to = put(to, piece);
	}
	return to;
}

/* '+' is a blank, and what is malformed stays. */
static struct slice decode(struct slice s, struct arena *arena)
{
	char *text = arena_alloc(arena, s.size + 1);
	size_t size = 0;

	while (s.size > 0) {
		int octet = octets_decode(s);

		text[size++] = octet >= 0 ? (char)octet : s.data[0] == '+' ? ' ' : s.data[0];
		s = slice_skip(s, octet >= 0 ? 3 : 1);
	}
	return (struct slice){ text, size };
}

struct key_secrets key_rule_secrets(
	const struct key_rule *rule, struct slice raw_target, struct arena *arena)
{
	const struct choice choice = { rule, arena, true };
	struct slice query = raw_target, piece;
	struct slice items[2 * KEY_RULE_PARAMETERS], *kept;
	size_t count = 0;

	slice_cut(&query, '?');
	while (key_next_piece(&query, &piece) && count < 2 * KEY_RULE_PARAMETERS) {
		if (!is_wanted(&choice, piece))
			continue;
		slice_cut(&piece, '=');
		if (piece.size < KEY_RULE_SECRET_LEAST)
			continue;
		items[count++] = piece;
		items[count++] = decode(piece, arena);
	}
	kept = arena_alloc(arena, count * sizeof(*kept) + 1);
	if (count > 0)
		memcpy(kept, items, count * sizeof(*kept));
	return (struct key_secrets){ kept, count };
}

bool key_secrets_stand_in(const struct key_secrets *secrets, struct slice text)
{
	for (size_t i = 0; i < secrets->count; i++) {
		if (text.size > 0 && memmem(text.data, text.size, secrets->items[i].data,
					     secrets->items[i].size) != NULL)
			return true;
	}
	return false;
}

struct slice key_rule_spelling(
	const struct key_rule *rule, struct slice raw_target, struct arena *arena)
{
	const struct choice choice = { rule, arena, false };
	struct slice query = raw_target, path = slice_cut(&query, '?');
	char *text = arena_alloc(arena, raw_target.size + 1), *to = put(text, path);

	to = copy_pieces(&choice, query, '?', to);
	return (struct slice){ text, (size_t)(to - text) };
}

struct slice key_rule_respell(const struct key_rule *rule, struct slice spelling,
	struct slice raw_target, struct arena *arena)
{
	const struct choice choice = { rule, arena, true };
	struct slice query = raw_target;
	char *text = arena_alloc(arena, spelling.size + raw_target.size + 2), *to;

	slice_cut(&query, '?');
	to = put(text, spelling);
	to = copy_pieces(&choice, query, slice_find(spelling, '?') >= 0 ? '&' : '?', to);
	return (struct slice){ text, (size_t)(to - text) };
}

static bool write_piece(const struct key_rule *rule, struct slice piece, char **to)
{
	struct slice value = piece, name = slice_cut(&value, '=');

	if (!key_text_write(name, rule->config->fold_names, to, NULL))
		return false;
	if (value.data == NULL)
		return true;
	*(*to)++ = '=';
	return key_text_write(value, false, to, NULL);
}

enum rc key_rule_prefix(
	const struct key_rule *rule, struct slice begin, struct arena *arena, struct slice *ret)
{
	struct slice query = begin, path = slice_cut(&query, '?');
	char *text = arena_alloc(arena, path.size + 2 + key_text_room(query)), *to = text;
	char before = '?';

	to = mempcpy(to, path.data, path.size);
	while (query.data != NULL) {
		*to++ = before;
		if (!write_piece(rule, slice_cut(&query, '&'), &to))
			return RC_INVALID;
		before = '&';
	}
	*ret = (struct slice){ text, (size_t)(to - text) };
	return RC_OK;
}
