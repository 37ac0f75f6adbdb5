/* http/json_stream.h - what a JSON document consists of, told while it comes.
 *
 * What it is not: a keeper of documents. It takes some 10 KiB, and up to JSON_WATCH_MEMORY while a token has no
 * end. Documents are those of http/json_watch.h.
 *
 * Threads: one at a time. Ownership: borrows events and arg; what is told lives as long as the call.
 */
#pragma once

#include "util/rc.h"
#include "util/slice.h"

enum json_scalar { JSON_IS_NULL, JSON_IS_BOOLEAN, JSON_IS_NUMBER, JSON_IS_STRING };

struct json_events {
	/* A string without its quotes and escapes, another as the document writes it. */
	void (*scalar)(void *arg, enum json_scalar kind, struct slice text);
	void (*name)(void *arg, struct slice name); /* of the member that follows */
	void (*opens)(void *arg, bool is_array);
	void (*closes)(void *arg, bool is_array);
};

struct json_stream;

struct json_stream *json_stream_new(const struct json_events *events, void *arg);
void json_stream_free(struct json_stream *stream);

/* As json_watch_feed() and json_watch_end(). */
NODISCARD enum rc json_stream_feed(struct json_stream *stream, struct slice piece);
NODISCARD enum rc json_stream_end(struct json_stream *stream);
