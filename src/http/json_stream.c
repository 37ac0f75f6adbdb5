/* http/json_stream.c - JSON by yajl, whose only user this is: its memory bounded, its leniencies undone.
 *
 * Threads, ownership: json_stream.h.
 */
#include "json_stream.h"

#include "budget.h"

#include "http/json_watch.h"
#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#define STEP ((size_t)16 * 1024) /* the budget is looked at after each */

struct json_stream {
	const struct json_events *events;
	void *arg;
	struct budget budget;
	yajl_handle yajl;
	size_t depth; /* arrays and objects that are open */
	bool ended;   /* so did the outermost value */
	size_t mark;  /* bytes of the byte order mark that came */
	bool begun;
	enum rc fault;
};

/* ---- what yajl tells ---- */

static int on_scalar(struct json_stream *s, enum json_scalar kind, struct slice text)
{
	s->events->scalar(s->arg, kind, text);
	s->ended = s->depth == 0;
	return 1;
}

static int on_null(void *arg)
{
	return on_scalar(arg, JSON_IS_NULL, SLICE("null"));
}

static int on_boolean(void *arg, int value)
{
	return on_scalar(arg, JSON_IS_BOOLEAN, value ? SLICE("true") : SLICE("false"));
}

static int on_string(void *arg, const unsigned char *text, size_t size)
{
	return on_scalar(arg, JSON_IS_STRING, (struct slice){ (const char *)text, size });
}

static int on_number(void *arg, const char *text, size_t size)
{
	return on_scalar(arg, JSON_IS_NUMBER, (struct slice){ text, size });
}

static int on_key(void *arg, const unsigned char *text, size_t size)
{
	struct json_stream *s = arg;

	s->events->name(s->arg, (struct slice){ (const char *)text, size });
	return 1;
}

static int open_level(struct json_stream *s, bool is_array)
{
	s->events->opens(s->arg, is_array);
	return ++s->depth <= JSON_WATCH_DEPTH;
}

static int close_level(struct json_stream *s, bool is_array)
{
	s->depth--;
	s->events->closes(s->arg, is_array);
	s->ended = s->depth == 0;
	return 1;
}

static int on_open_object(void *arg)
{
	return open_level(arg, false);
}

static int on_open_array(void *arg)
{
	return open_level(arg, true);
}

static int on_close_object(void *arg)
{
	return close_level(arg, false);
}

static int on_close_array(void *arg)
{
	return close_level(arg, true);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_open_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_close_object,
	.yajl_start_array = on_open_array,
	.yajl_end_array = on_close_array,
};

static void *take(void *budget, size_t size)
{
	return budget_take(budget, size);
}

static void *resize(void *budget, void *old, size_t size)
{
	return budget_resize(budget, old, size);
}

static void give(void *budget, void *memory)
{
	budget_give(memory);
}

/* ---- a stream ---- */

struct json_stream *json_stream_new(const struct json_events *events, void *arg)
{
	struct json_stream *s = xalloc(sizeof(*s));
	yajl_alloc_funcs memory = {
		.malloc = take, .realloc = resize, .free = give, .ctx = &s->budget
	};

	s->events = events;
	s->arg = arg;
	s->budget = (struct budget){ .most = JSON_WATCH_MEMORY, .lenient = true };
	s->yajl = yajl_alloc(&callbacks, &memory, s);
	/* what comes behind the value is ours to judge: yajl takes a string without its end there */
	yajl_config(s->yajl, yajl_allow_trailing_garbage, 1);
	return s;
}

void json_stream_free(struct json_stream *s)
{
	if (s == NULL)
		return;
	yajl_free(s->yajl);
	free(s);
}

/* RFC 8259 8.1: a byte order mark may be ignored. One that is cut short is left for yajl to refuse. */
static struct slice skip_mark(struct json_stream *s, struct slice piece)
{
	static const char mark[] = "\xef\xbb\xbf";

	while (!s->begun && piece.size > 0) {
		s->begun = s->mark == sizeof(mark) - 1 || piece.data[0] != mark[s->mark];
		if (s->begun)
			break;
		s->mark++;
		piece = slice_skip(piece, 1);
	}
	return piece;
}

static enum rc take_blanks(struct slice piece)
{
	for (size_t i = 0; i < piece.size; i++) {
		if (memchr(" \t\r\n", piece.data[i], 4) == NULL)
			return RC_INVALID;
	}
	return RC_OK;
}

static enum rc parse(struct json_stream *s, struct slice piece)
{
	bool cut_mark = s->begun && s->mark % 3 != 0;

	while (piece.size > 0 && !s->ended) {
		size_t size = piece.size < STEP ? piece.size : STEP;

		if (cut_mark || yajl_parse(s->yajl, (const unsigned char *)piece.data, size) !=
					yajl_status_ok)
			return RC_INVALID;
		if (s->budget.over)
			return RC_TOO_LARGE;
		piece = slice_skip(piece, s->ended ? yajl_get_bytes_consumed(s->yajl) : size);
	}
	return take_blanks(piece);
}

enum rc json_stream_feed(struct json_stream *s, struct slice piece)
{
	if (s->fault == RC_OK)
		s->fault = parse(s, skip_mark(s, piece));
	return s->fault;
}

enum rc json_stream_end(struct json_stream *s)
{
	if (s->fault == RC_OK && !s->ended &&
		(yajl_complete_parse(s->yajl) != yajl_status_ok || !s->ended))
		s->fault = RC_INVALID;
	return s->fault;
}
