/* http/json_pointer.h - one value of a JSON document, named by a JSON Pointer (RFC 6901).
 *
 * What it is not: a reader of documents for their own sake, or of pointers as URI fragments (6901 6).
 * Documents are those of RFC 8259: in UTF-8, nested to 2,048 levels at most; of a name that stands twice in
 * an object the last counts. One with a number that no double can hold, or with U+0000 in a name, is not read
 * (RFC 8259 6, 9). Pure; threads: any.
 */
#pragma once

#include "util/bytes.h"

/* Appends the value at pointer as text: a string as it reads, a number or boolean as the document writes it
 * (so 2024.10 isn't 2024.1). RC_ABSENT: nothing is there, or null. RC_UNSUPPORTED: an object or an array.
 * RC_INVALID: document or pointer. RC_TOO_LARGE: above ret's limit. */
NODISCARD enum rc json_pointer_text(struct slice document, struct slice pointer, struct bytes *ret);
