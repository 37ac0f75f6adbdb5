/* observe/json.h - text as a JSON string (RFC 8259 7), for what larder itself writes.
 *
 * Bytes that are not valid UTF-8 become \ufffd, so that the result is valid whatever a client sent.
 * Not a JSON library: no values, no parsing.
 */
#pragma once

#include "util/bytes.h"

/* The most that one character takes when escaped. */
#define JSON_ESCAPE_MOST 6

/* Bytes at the start of text that stand for themselves in a JSON string. */
size_t json_plain_prefix(struct slice text);

/* Takes one character off a non-empty *text and writes it escaped; returns the bytes written. */
size_t json_escape_next(struct slice *text, char out[static JSON_ESCAPE_MOST]);

/* Appends "text" with its quotes. RC_TOO_LARGE: b's limit; some of it may have been appended. */
NODISCARD enum rc json_append_string(struct bytes *b, struct slice text);
