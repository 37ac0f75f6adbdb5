/* util/glob.h - patterns of paths: `*` stands for any bytes or none, `?` for any one; all else is itself.
 *
 * What it is not: regular expressions, or classes in brackets. There is no way to quote: a pattern may match more
 * than was meant, never less.
 *
 * Time: that of one pass over the text, whatever the pattern is; no step is ever taken back.
 * Threads: a compiled one doesn't change. Ownership: glob_new() gives it to the caller.
 */
#pragma once

#include "util/rc.h"
#include "util/scope.h"
#include "util/slice.h"

#define GLOB_MOST 500 /* bytes of a pattern */

struct glob;

/* RC_TOO_LARGE: longer than that. */
NODISCARD enum rc glob_new(struct slice pattern, struct glob **ret);
void glob_free(struct glob *glob); /* may be NULL */

/* Bytes with which all begin that it matches. */
size_t glob_literal(struct slice pattern);

bool glob_matches(const struct glob *glob, struct slice text);

/* Whether something that begins with the text matches. */
bool glob_may_follow(const struct glob *glob, struct slice text);

SCOPE_DEFINE(glob, glob_free)
