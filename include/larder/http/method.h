/* http/method.h - request methods (RFC 9110 9). */
#pragma once

#include "util/slice.h"

/*	X(id, "TOKEN", safe, cached) */
#define METHOD_TABLE(X)                     \
	X(GET, "GET", true, true)           \
	X(HEAD, "HEAD", true, true)         \
	X(QUERY, "QUERY", true, true)       \
	X(OPTIONS, "OPTIONS", true, false)  \
	X(TRACE, "TRACE", true, false)      \
	X(POST, "POST", false, false)       \
	X(PUT, "PUT", false, false)         \
	X(PATCH, "PATCH", false, false)     \
	X(DELETE, "DELETE", false, false)   \
	X(CONNECT, "CONNECT", false, false) \
	X(OTHER, "OTHER", false, false)

enum method {
#define X(id, text, safe, cached) METHOD_##id,
	METHOD_TABLE(X)
#undef X
		METHOD_COUNT
};

/* Methods are case-sensitive; one that is not in the table is METHOD_OTHER. */
enum method method_lookup(struct slice token);
const char *method_name(enum method method);

/* RFC 9110 9.2.1; an unknown method is taken as unsafe. */
bool method_is_safe(enum method method);
