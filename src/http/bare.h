/* http/bare.h - bare items of Structured Fields (RFC 9651 4.2.3.1): numbers, strings, tokens, bytes.
 *
 * Private to src/http: structured.c puts them together to items, lists and dictionaries.
 */
#pragma once

#include "http/structured.h"

/* Takes one bare item off the front of *rest; its text lies in arena. RC_INVALID: there is none. */
NODISCARD enum rc bare_read(struct slice *rest, struct arena *arena, struct sf_bare *ret);

/* The length of the token at the start of s (RFC 9651 4.2.6), 0: none. */
size_t bare_token_size(struct slice s);
