/* http/rewrite_xml.c - where text and the values of attributes begin and end in XML.
 *
 * Entities are left as they stand: an address that is written with them before its query is none. In comments,
 * processing instructions and declarations nothing is touched. Threads, ownership: rewrite.h.
 */
#include "rewrite_inside.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- names of attributes ---- */

static void name_begin(struct xml_walk *w)
{
	w->name_size = 0;
	w->name_over = false;
}

static void name_take(struct xml_walk *w, char c)
{
	if (w->name_over)
		name_begin(w);
	if (w->name_size < sizeof(w->name))
		w->name[w->name_size++] = c;
}

/* Namespaces are names that look like addresses: another one is another namespace. */
static bool names_namespace(const struct xml_walk *w)
{
	struct slice name = { w->name, w->name_size }, prefix = slice_cut(&name, ':');
	struct slice local = name.data != NULL ? name : prefix;

	return slice_equal(prefix, SLICE("xmlns")) || slice_equal(local, SLICE("schemaLocation"));
}

/* ---- places ---- */

static void enter(struct xml_walk *w, enum xml_place place)
{
	w->place = place;
	w->matched = 0;
}

static void walk_text(struct rewrite *r, const char *at)
{
	struct xml_walk *w = &r->xml;

	if (*at == '<') {
		enter(w, XML_OPEN);
	} else if (w->fresh && !is_blank(*at)) {
		w->fresh = false;
		rewrite_hold(r, at);
	}
}

static void walk_open(struct xml_walk *w, char c)
{
	if (c == '!') {
		enter(w, XML_BANG);
	} else if (c == '?') {
		enter(w, XML_INSTRUCTION);
	} else {
		enter(w, XML_TAG);
		name_begin(w);
	}
}

/* Behind "<!": a comment, CDATA or a declaration. */
static void walk_bang(struct xml_walk *w, char c)
{
	static const char cdata[] = "[CDATA[";

	if (c == '-' && w->matched == 0) {
		w->matched = sizeof(cdata);
	} else if (c == '-' && w->matched == sizeof(cdata)) {
		enter(w, XML_COMMENT);
	} else if (w->matched < sizeof(cdata) - 1 && c == cdata[w->matched]) {
		if (++w->matched == sizeof(cdata) - 1)
			enter(w, XML_CDATA);
	} else {
		enter(w, c == '>' ? XML_TEXT : XML_DECLARATION);
		w->depth = 0;
		w->quote = '\0';
	}
}

static void walk_tag(struct xml_walk *w, char c)
{
	if (c == '>') {
		enter(w, XML_TEXT);
		w->fresh = true;
	} else if (c == '"' || c == '\'') {
		enter(w, XML_VALUE);
		w->quote = c;
		w->fresh = !names_namespace(w);
	} else if (is_blank(c) || c == '=' || c == '/') {
		w->name_over = true;
	} else {
		name_take(w, c);
	}
}

static void walk_value(struct rewrite *r, const char *at)
{
	struct xml_walk *w = &r->xml;

	if (*at == w->quote) {
		enter(w, XML_TAG);
		w->name_over = true;
	} else if (w->fresh && !is_blank(*at)) {
		w->fresh = false;
		rewrite_hold(r, at);
	}
}

/* A section that ends with `count` of these and '>'. */
static void walk_section(struct xml_walk *w, char c, char closing)
{
	unsigned count = w->place == XML_INSTRUCTION ? 1 : 2;

	if (c == '>' && w->matched >= count)
		enter(w, XML_TEXT);
	else
		w->matched = c == closing ? w->matched + 1 : 0;
}

static void walk_cdata(struct rewrite *r, const char *at)
{
	struct xml_walk *w = &r->xml;

	walk_section(w, *at, ']');
	if (w->place == XML_CDATA && w->fresh && !is_blank(*at)) {
		w->fresh = false;
		if (*at != ']')
			rewrite_hold(r, at);
	}
}

/* A document type, maybe with declarations of its own in brackets. */
static void walk_declaration(struct xml_walk *w, char c)
{
	if (w->quote != '\0') {
		if (c == w->quote)
			w->quote = '\0';
	} else if (c == '[') {
		w->depth++;
	} else if (c == ']' && w->depth > 0) {
		w->depth--;
	} else if (w->depth == 0 && (c == '"' || c == '\'')) {
		w->quote = c;
	} else if (w->depth == 0 && c == '>') {
		enter(w, XML_TEXT);
	}
}

/* ---- values that are held ---- */

/* Of an IPv6 address. */
static bool in_brackets(const struct rewrite *r)
{
	return r->part == HELD_AUTHORITY && memchr(r->text, '[', r->text_size) != NULL &&
	       memchr(r->text, ']', r->text_size) == NULL;
}

/* Whether the text, value or section ends here, or what is held of it does: blanks do, too. */
static bool ends_here(const struct rewrite *r, char c)
{
	if (is_blank(c) || rewrite_is_end(r, c))
		return true;
	switch (r->xml.place) {
	case XML_VALUE:
		return c == r->xml.quote;
	case XML_CDATA:
		return c == ']' && !in_brackets(r);
	case XML_TEXT:
	case XML_OPEN:
	case XML_BANG:
	case XML_TAG:
	case XML_COMMENT:
	case XML_INSTRUCTION:
	case XML_DECLARATION:
		break;
	}
	return c == '<';
}

/* The next byte. */
static const char *walk_held(struct rewrite *r, const char *at)
{
	if (ends_here(r, *at)) {
		rewrite_judge(r, at);
		return at;
	}
	if (r->raw_size == HELD_MOST) {
		rewrite_drop(r, at);
		return at;
	}
	rewrite_keep(r, *at);
	rewrite_take(r, *at, at + 1);
	return at + 1;
}

static void walk(struct rewrite *r, const char *at)
{
	struct xml_walk *w = &r->xml;

	switch (w->place) {
	case XML_TEXT:
		walk_text(r, at);
		break;
	case XML_OPEN:
		walk_open(w, *at);
		break;
	case XML_BANG:
		walk_bang(w, *at);
		break;
	case XML_TAG:
		walk_tag(w, *at);
		break;
	case XML_VALUE:
		walk_value(r, at);
		break;
	case XML_COMMENT:
		walk_section(w, *at, '-');
		break;
	case XML_INSTRUCTION:
		walk_section(w, *at, '?');
		break;
	case XML_CDATA:
		walk_cdata(r, at);
		break;
	case XML_DECLARATION:
		walk_declaration(w, *at);
		break;
	}
}

/* What can't begin anything goes by at once. */
static const char *skip(const struct xml_walk *w, const char *at, const char *end)
{
	const char *stop = NULL;

	if (w->fresh || (w->place != XML_TEXT && w->place != XML_VALUE))
		return at;
	stop = memchr(at, w->place == XML_TEXT ? '<' : w->quote, (size_t)(end - at));
	return stop != NULL ? stop : end;
}

void rewrite_walk_xml(struct rewrite *r, struct slice piece)
{
	const char *at = piece.data, *end = piece.data + piece.size;

	while (at < end) {
		if (r->part != HELD_NOTHING) {
			at = walk_held(r, at);
			continue;
		}
		at = skip(&r->xml, at, end);
		if (at == end)
			break;
		walk(r, at);
		if (r->part == HELD_NOTHING) /* else a value begins with this byte */
			at++;
	}
}
