/* http/rewrite_inside.h - what rewrite.c and the walkers of the two syntaxes share.
 *
 * A walker knows where values begin and end; rewrite.c holds a value that may begin with an address and judges
 * it. Private to src/http. Threads, ownership: rewrite.h.
 */
#pragma once

#include "http/rewrite.h"

#define HELD_MOST ((size_t)4096)
#define OTHER     '\001' /* stands for what no address has */

/* How far a value that may be an address has been read. */
enum held_part { HELD_NOTHING, HELD_SCHEME, HELD_AUTHORITY, HELD_PATH };

struct json_walk {
	bool in_string;
	bool escaped;    /* the next byte belongs to a backslash */
	bool wants_name; /* the next string is the name of a member */
	bool lost;       /* nested too deeply: the rest goes by */
	unsigned depth;
	unsigned char objects[128]; /* a bit a level: it is one */
	unsigned escape;            /* bytes of the escape in a held value */
	unsigned code;              /* of \uXXXX, as far as it is read */
};

enum xml_place {
	XML_TEXT,
	XML_OPEN, /* behind '<' */
	XML_BANG, /* behind "<!" */
	XML_TAG,
	XML_VALUE, /* of an attribute */
	XML_COMMENT,
	XML_INSTRUCTION,
	XML_CDATA,
	XML_DECLARATION,
};

struct xml_walk {
	enum xml_place place;
	bool fresh;       /* no more than blanks since the text or value began */
	char quote;       /* that ends the value; in a declaration, or 0 */
	unsigned matched; /* letters of "[CDATA[", "--", or of what ends a section */
	unsigned depth;   /* brackets in a declaration */
	char name[32];    /* of the attribute */
	unsigned name_size;
	bool name_over;
};

struct rewrite {
	enum rewrite_syntax syntax;
	const struct rewrite_rules *rules;
	struct slice base;
	size_t origin_most; /* the longest of the rules' */

	/* output */
	struct bytes *out;
	enum rc rc;
	const char *span; /* what goes by unchanged begins here */

	enum held_part part;
	size_t raw_size, text_size;
	char raw[HELD_MOST];  /* as it stands in the input */
	char text[HELD_MOST]; /* decoded */

	struct json_walk json;
	struct xml_walk xml;
};

/* What goes by ends here. */
void rewrite_pass(struct rewrite *r, const char *end);

/* A value begins at `at`, which is the next byte to be held. */
void rewrite_hold(struct rewrite *r, const char *at);

/* One byte of the input more is held. */
static inline void rewrite_keep(struct rewrite *r, char c)
{
	r->raw[r->raw_size++] = c;
}

/* That byte, or those before it, stand for this one in the text. Where it can't go on as an address what is
 * held goes by, and what follows `next` too. */
void rewrite_take(struct rewrite *r, char c, const char *next);

/* What is held is no address: it goes by, as does what follows from `next` on. */
void rewrite_drop(struct rewrite *r, const char *next);

/* The address that is held ends here: it is judged and written. */
void rewrite_judge(struct rewrite *r, const char *next);

/* Whether an address goes on to its query or fragment here. */
static inline bool rewrite_is_end(const struct rewrite *r, char c)
{
	return (c == '?' || c == '#') && r->part >= HELD_AUTHORITY;
}

/* The walkers. */
void rewrite_walk_json(struct rewrite *r, struct slice piece);
void rewrite_walk_xml(struct rewrite *r, struct slice piece);
