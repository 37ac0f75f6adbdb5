/* http/rewrite.c - what is held of a value: is it an address of a rule, and what is written for it.
 *
 * Where values begin is known to rewrite_json.c and rewrite_xml.c. Threads, ownership: rewrite.h.
 */
#include "rewrite_inside.h"

#include "http/uri.h"
#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

/* ---- rules ---- */

static bool ends_with(struct slice text, struct slice end)
{
	if (text.size < end.size)
		return false;
	return slice_equal_nocase(slice_skip(text, text.size - end.size), end);
}

enum rewrite_syntax rewrite_syntax_of(struct slice content_type)
{
	struct slice type = slice_trim(slice_cut(&content_type, ';'));

	if (slice_equal_nocase(type, SLICE("application/json")) || ends_with(type, SLICE("+json")))
		return REWRITE_JSON;
	if (slice_equal_nocase(type, SLICE("application/xml")) ||
		slice_equal_nocase(type, SLICE("text/xml")) || ends_with(type, SLICE("+xml")))
		return REWRITE_XML;
	return REWRITE_NONE;
}

static bool begins_with(struct slice url, const struct rewrite_rule *rule)
{
	size_t size = rule->from.size;
	struct slice origin = { rule->from.data, rule->origin_size };

	if (url.size < size ||
		!slice_equal_nocase((struct slice){ url.data, rule->origin_size }, origin) ||
		!slice_starts(slice_skip(url, rule->origin_size),
			slice_skip(rule->from, rule->origin_size)))
		return false;
	return url.size == size || url.data[size] == '/' || url.data[size] == '?' ||
	       url.data[size] == '#';
}

const struct rewrite_rule *rewrite_find(const struct rewrite_rules *rules, struct slice url)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rewrite_rule *rule = &rules->items[i];

		if (begins_with(url, rule))
			return rule->to.data != NULL ? rule : NULL;
	}
	return NULL;
}

/* Whether some rule has this scheme and authority. */
static bool is_known_origin(const struct rewrite_rules *rules, struct slice origin)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rewrite_rule *rule = &rules->items[i];

		if (slice_equal_nocase(
			    origin, (struct slice){ rule->from.data, rule->origin_size }))
			return true;
	}
	return false;
}

/* ---- output ---- */

static void put(struct rewrite *r, struct slice text)
{
	if (r->rc == RC_OK && text.size > 0)
		r->rc = bytes_append_slice(r->out, text);
}

void rewrite_pass(struct rewrite *r, const char *end)
{
	put(r, (struct slice){ r->span, (size_t)(end - r->span) });
	r->span = end;
}

static struct slice json_escape(char c, bool slashes)
{
	switch (c) {
	case '"':
		return SLICE("\\\"");
	case '\\':
		return SLICE("\\\\");
	case '/':
		return slashes ? SLICE("\\/") : SLICE("/");
	default:
		return SLICE("");
	}
}

static struct slice xml_escape(char c)
{
	switch (c) {
	case '&':
		return SLICE("&amp;");
	case '<':
		return SLICE("&lt;");
	case '>':
		return SLICE("&gt;");
	case '"':
		return SLICE("&quot;");
	case '\'':
		return SLICE("&apos;");
	default:
		return SLICE("");
	}
}

/* As it has to stand where it is put; slashes: the origin escapes them. */
static void put_escaped(struct rewrite *r, struct slice text, bool slashes)
{
	bool verbatim = r->syntax == REWRITE_XML && r->xml.place == XML_CDATA;

	for (size_t i = 0; i < text.size; i++) {
		struct slice one = { text.data + i, 1 }, escape = SLICE("");

		if (r->syntax == REWRITE_JSON)
			escape = json_escape(text.data[i], slashes);
		else if (!verbatim)
			escape = xml_escape(text.data[i]);
		put(r, escape.size > 0 ? escape : one);
	}
}

/* ---- what is held ---- */

void rewrite_hold(struct rewrite *r, const char *at)
{
	rewrite_pass(r, at);
	r->part = HELD_SCHEME;
	r->raw_size = r->text_size = 0;
}

void rewrite_drop(struct rewrite *r, const char *next)
{
	put(r, (struct slice){ r->raw, r->raw_size });
	r->part = HELD_NOTHING;
	r->span = next;
}

static struct slice text_of(const struct rewrite *r)
{
	return (struct slice){ r->text, r->text_size };
}

static bool take_scheme(struct rewrite *r)
{
	static const struct slice schemes[] = { { "https://", 8 }, { "http://", 7 } };
	struct slice text = text_of(r);

	for (size_t i = 0; i < 2; i++) {
		struct slice begin = { schemes[i].data, text.size };

		if (text.size > schemes[i].size || !slice_equal_nocase(text, begin))
			continue;
		if (text.size == schemes[i].size)
			r->part = HELD_AUTHORITY;
		return true;
	}
	return false;
}

static bool take_authority(struct rewrite *r, char c)
{
	struct slice origin = { r->text, r->text_size - 1 };

	if (c != '/')
		return c != OTHER && r->text_size <= r->origin_most;
	r->part = HELD_PATH;
	return is_known_origin(r->rules, origin);
}

void rewrite_take(struct rewrite *r, char c, const char *next)
{
	bool goes_on = true;

	r->text[r->text_size++] = c;
	if (r->part == HELD_SCHEME)
		goes_on = take_scheme(r);
	else if (r->part == HELD_AUTHORITY)
		goes_on = take_authority(r, c);
	if (!goes_on)
		rewrite_drop(r, next);
}

/* Bytes of the input that so many of the text were. */
static size_t raw_size_of(const struct rewrite *r, size_t text_size)
{
	size_t raw = 0;

	if (r->syntax != REWRITE_JSON)
		return text_size;
	while (text_size-- > 0) {
		if (r->raw[raw] != '\\')
			raw++;
		else
			raw += r->raw[raw + 1] == 'u' ? 6 : 2;
	}
	return raw;
}

void rewrite_judge(struct rewrite *r, const char *next)
{
	struct slice text = text_of(r), raw = { r->raw, r->raw_size };
	const struct rewrite_rule *rule =
		r->part >= HELD_AUTHORITY ? rewrite_find(r->rules, text) : NULL;
	size_t size;
	bool slashes;

	/* dots could lead out of what the rule speaks of */
	if (rule == NULL || target_has_dots(slice_skip(text, rule->origin_size))) {
		rewrite_drop(r, next);
		return;
	}
	size = raw_size_of(r, rule->from.size);
	slashes = memmem(r->raw, size, "\\/", 2) != NULL;
	put_escaped(r, r->base, slashes);
	put_escaped(r, rule->to, slashes);
	put(r, slice_skip(raw, size));
	r->part = HELD_NOTHING;
	r->span = next;
}

/* ---- a body ---- */

struct rewrite *rewrite_new(
	enum rewrite_syntax syntax, const struct rewrite_rules *rules, struct slice base)
{
	struct rewrite *r = xalloc(sizeof(*r));

	r->syntax = syntax;
	r->rules = rules;
	r->base = base;
	r->xml.fresh = true;
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->items[i].origin_size > r->origin_most)
			r->origin_most = rules->items[i].origin_size;
	}
	return r;
}

void rewrite_free(struct rewrite *r)
{
	free(r);
}

enum rc rewrite_feed(struct rewrite *r, struct slice piece, struct bytes *out)
{
	r->out = out;
	r->rc = RC_OK;
	r->span = piece.data;
	if (r->syntax == REWRITE_JSON)
		rewrite_walk_json(r, piece);
	else
		rewrite_walk_xml(r, piece);
	if (r->part == HELD_NOTHING)
		rewrite_pass(r, piece.data + piece.size);
	return r->rc;
}

enum rc rewrite_end(struct rewrite *r, struct bytes *out)
{
	r->out = out;
	r->rc = RC_OK;
	/* a value that doesn't end is not a value */
	if (r->part != HELD_NOTHING)
		rewrite_drop(r, NULL);
	return r->rc;
}
