/* http/rewrite_json.c - where the strings of a JSON text begin and end (RFC 8259).
 *
 * No more is known of it than that: several texts in a row are taken, and what is malformed too. Threads,
 * ownership: rewrite.h.
 */
#include "rewrite_inside.h"

#include <limits.h>

#define ESCAPE_SIZE 6 /* \uXXXX */
#define DEPTH_MOST  (sizeof(((struct json_walk *)0)->objects) * CHAR_BIT)

static bool in_object(const struct json_walk *w)
{
	unsigned level = w->depth - 1;

	return w->depth > 0 && w->objects[level / CHAR_BIT] & 1U << level % CHAR_BIT;
}

static void enter(struct json_walk *w, bool is_object)
{
	unsigned char bit = (unsigned char)(1U << w->depth % CHAR_BIT);
	unsigned char *byte;

	if (w->depth == DEPTH_MOST) {
		w->lost = true;
		return;
	}
	byte = &w->objects[w->depth++ / CHAR_BIT];
	*byte = (unsigned char)(is_object ? *byte | bit : *byte & ~bit);
	w->wants_name = is_object;
}

static void leave(struct json_walk *w)
{
	if (w->depth > 0)
		w->depth--;
	w->wants_name = false;
}

/* Between strings. */
static void walk_outside(struct rewrite *r, const char *at)
{
	struct json_walk *w = &r->json;

	switch (*at) {
	case '"':
		w->in_string = true;
		if (!w->wants_name)
			rewrite_hold(r, at + 1);
		break;
	case '{':
	case '[':
		enter(w, *at == '{');
		break;
	case '}':
	case ']':
		leave(w);
		break;
	case ',':
		w->wants_name = in_object(w);
		break;
	case ':':
		w->wants_name = false;
		break;
	default:
		break;
	}
}

/* In a string of which nothing is held: up to its end. */
static const char *walk_string(struct json_walk *w, const char *at, const char *end)
{
	for (; at < end; at++) {
		if (w->escaped)
			w->escaped = false;
		else if (*at == '\\')
			w->escaped = true;
		else if (*at == '"') {
			w->in_string = false;
			return at + 1;
		}
	}
	return at;
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A whole escape is held: what it stands for goes on, or ends the address. */
static void end_escape(struct rewrite *r, char c, const char *next)
{
	r->json.escape = 0;
	if (rewrite_is_end(r, c))
		rewrite_judge(r, next);
	else
		rewrite_take(r, c, next);
}

/* In an escape of which `escape` bytes are held. The next byte. */
static const char *walk_escape(struct rewrite *r, const char *at)
{
	struct json_walk *w = &r->json;
	int digit;

	if (w->escape == 1 && *at != 'u') {
		rewrite_keep(r, *at);
		end_escape(r, *at == '/' ? '/' : OTHER, at + 1);
		return at + 1;
	}
	digit = w->escape == 1 ? 0 : hex_of(*at);
	if (digit < 0) {
		w->escape = 0;
		rewrite_drop(r, at); /* malformed: the byte is as any in the string */
		return at;
	}
	rewrite_keep(r, *at);
	w->code = w->escape == 1 ? 0 : w->code * 16 + (unsigned)digit;
	if (++w->escape == ESCAPE_SIZE)
		end_escape(r, w->code >= ' ' && w->code <= '~' ? (char)w->code : OTHER, at + 1);
	return at + 1;
}

/* In a string that is held. The next byte. */
static const char *walk_held(struct rewrite *r, const char *at)
{
	if (r->json.escape > 0)
		return walk_escape(r, at);
	if (*at == '"' || rewrite_is_end(r, *at)) {
		rewrite_judge(r, at);
		return at;
	}
	if (r->raw_size + ESCAPE_SIZE > HELD_MOST) {
		rewrite_drop(r, at);
		return at;
	}
	rewrite_keep(r, *at);
	if (*at == '\\')
		r->json.escape = 1;
	else
		rewrite_take(r, *at, at + 1);
	return at + 1;
}

void rewrite_walk_json(struct rewrite *r, struct slice piece)
{
	const char *at = piece.data, *end = piece.data + piece.size;

	while (at < end && !r->json.lost) {
		if (r->part != HELD_NOTHING)
			at = walk_held(r, at);
		else if (r->json.in_string)
			at = walk_string(&r->json, at, end);
		else
			walk_outside(r, at++);
	}
}
