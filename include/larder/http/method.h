/* http/method.h - request methods (RFC 9110 9). */
#pragma once

#include "util/slice.h"

/*	X(id, "TOKEN", safe) */
#define METHOD_TABLE(X)              \
	X(GET, "GET", true)          \
	X(HEAD, "HEAD", true)        \
	X(QUERY, "QUERY", true)      \
	X(OPTIONS, "OPTIONS", true)  \
	X(TRACE, "TRACE", true)      \
	X(POST, "POST", false)       \
	X(PUT, "PUT", false)         \
	X(PATCH, "PATCH", false)     \
	X(DELETE, "DELETE", false)   \
	X(CONNECT, "CONNECT", false) \
	X(OTHER, "OTHER", false)

enum method {
#define X(id, text, safe) METHOD_##id,
	METHOD_TABLE(X)
#undef X
		METHOD_COUNT
};

/* Methods are case-sensitive; one that is not in the table is METHOD_OTHER. */
enum method method_lookup(struct slice token);
const char *method_name(enum method method);

/* RFC 9110 9.2.1; an unknown method is taken as unsafe. */
bool method_is_safe(enum method method);

/* RFC 9110 9.2.2: once or twice is the same. Unknown ones are not. */
bool method_is_idempotent(enum method method);
