/* util/octets.h - octets in percent-encoding (RFC 3986 2.1) and as hex digits, and whether they are UTF-8
 * (RFC 3629). Pure: any thread.
 */
#pragma once

#include "util/arena.h"
#include "util/bytes.h"

/* The octet that "%XX" at the start of s stands for, or -1. */
int octets_decode(struct slice s);

/* Text with each "%XX" as its octet, in the arena; '+' stands for itself, and so does a '%' without digits. */
struct slice octets_decoded(struct slice text, struct arena *arena);

/* What the hex digits of text, in lower case, stand for: half as many octets, also in the place of text. false:
 * something else, or an odd number; ret may have been written to. */
bool octets_from_hex(struct slice text, char *ret);

/* Appends an octet: as it is when it is unreserved (RFC 3986 2.3), else as "%XX". */
NODISCARD enum rc octets_append(struct bytes *b, int octet);

/* No overlong forms, no surrogates, nothing above U+10FFFF. */
bool octets_are_utf8(struct slice s);
