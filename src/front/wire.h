/* front/wire.h - do the fields lie as they came over the wire?
 *
 * libmicrohttpd 0.9.75 parses a header in place: each line's end becomes NULs, names and values are
 * pointers into the line. What it gets wrong can be seen in that layout:
 *
 *	method 0 target 0 version 00 name 0 blank value 00 name 0 blank value 00 00
 *
 *	a folded line       the name was moved elsewhere, with the fold's text glued to it
 *	a NUL in a value    the next line begins later than the value ends
 *	an empty name       the header ends there, and what follows is taken for the next request
 *
 * The layout is that version's: with another one the check is off (see tests/e2e/
 * 04_requests_guard.py for what then has to be refused in another way).
 */
#pragma once

#include "util/slice.h"

struct wire {
	const char *begin;
	const char *at; /* end of the last piece, without the line's end */
	bool plain;
};

/* Whether this libmicrohttpd is the one whose layout is known. */
bool wire_is_known(const char *version);

/* target: where the raw target lay and how long it was, before it was decoded in place. */
void wire_begin(struct wire *wire, const char *method, struct slice target, const char *version);
void wire_field(struct wire *wire, struct slice name, struct slice value);
/* size: of the whole header section. Whether all of it was accounted for. */
bool wire_end(const struct wire *wire, size_t size);
