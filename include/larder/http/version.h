/* http/version.h - the versions of HTTP in which a response may have come. */
#pragma once

/*	X(id, "as Via writes it, RFC 9110 7.6.3"); the first is what is taken where nothing is known */
#define HTTP_VERSION_TABLE(X) \
	X(1_1, "1.1")         \
	X(1_0, "1.0")         \
	X(2, "2")             \
	X(3, "3")

enum http_version {
#define X(id, text) HTTP_##id,
	HTTP_VERSION_TABLE(X)
#undef X
		HTTP_VERSION_COUNT
};
