/* http/json_watch.c - which conditions hold of a JSON document. The only user of yajl.
 *
 * yajl tells of each value as it ends; here is kept how far each pointer agrees with the path to it:
 *
 *	path     /a  /b  /0		a test of /a/c: at 1, it agrees with the first
 *	level     0   1   2		a test of /a/b: at 2, what lies here is its value
 *
 * A level's next name or element cuts what agreed below it. Threads, ownership: json_watch.h.
 */
#include "http/json_watch.h"

#include "budget.h"
#include "json_tests.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#define STEP        ((size_t)16 * 1024) /* the budget is looked at after each */
#define NUMBER_MOST 64                  /* characters of a number that is told */

/* What is known of one test. */
struct finding {
	size_t at; /* tokens that agree with the path */
	bool seen, holds, has_number;
	double number;
};

struct level {
	bool is_array;
	uint64_t next; /* element */
};

struct json_watch {
	const struct json_tests *tests;
	struct finding *findings;
	struct budget budget;
	yajl_handle yajl;
	struct level levels[JSON_TESTS_DEPTH]; /* deeper ones are nobody's */
	size_t depth;                          /* arrays and objects that are open */
	bool just_opened;                      /* the last thing that came was [ or { */
	bool ended;                            /* so did the outermost value */
	size_t mark;                           /* bytes of the byte order mark that came */
	bool begun;
	enum rc fault;
};

/* ---- where in the document ---- */

/* The path's element at the level is another one now: this name, or without one this index. */
static void step(struct json_watch *w, size_t level, const struct slice *name, uint64_t index)
{
	for (size_t i = 0; i < w->tests->count; i++) {
		const struct json_test *test = &w->tests->items[i];
		struct finding *finding = &w->findings[i];
		const struct json_token *token = &test->tokens[level];

		if (finding->at < level)
			continue;
		finding->at = level;
		if (level >= test->depth)
			continue;
		if (name != NULL ? slice_equal(token->name, *name)
				 : token->is_index && token->index == index) {
			finding->at = level + 1;
			finding->holds = finding->has_number = false;
		}
	}
}

/* A value begins: in an array it is the next element. */
static void begin_value(struct json_watch *w)
{
	size_t level = w->depth - 1;

	w->just_opened = false;
	if (w->depth > 0 && level < JSON_TESTS_DEPTH && w->levels[level].is_array)
		step(w, level, NULL, w->levels[level].next++);
}

static bool is_at(const struct json_watch *w, size_t i)
{
	return w->depth == w->tests->items[i].depth && w->findings[i].at == w->depth;
}

static void find(struct finding *finding)
{
	finding->seen = finding->holds = true;
}

/* ---- what yajl tells ---- */

static int on_scalar(struct json_watch *w, struct slice text)
{
	begin_value(w);
	for (size_t i = 0; i < w->tests->count; i++) {
		const struct json_test *test = &w->tests->items[i];

		if (is_at(w, i) &&
			(test->kind == JSON_IS_THERE ||
				(test->kind == JSON_EQUALS && slice_equal(test->value, text))))
			find(&w->findings[i]);
	}
	w->ended = w->depth == 0;
	return 1;
}

static int on_null(void *arg)
{
	return on_scalar(arg, SLICE("null"));
}

static int on_boolean(void *arg, int value)
{
	return on_scalar(arg, value ? SLICE("true") : SLICE("false"));
}

static int on_string(void *arg, const unsigned char *text, size_t size)
{
	return on_scalar(arg, (struct slice){ (const char *)text, size });
}

static int on_number(void *arg, const char *text, size_t size)
{
	struct json_watch *w = arg;
	char copy[NUMBER_MOST + 1];

	on_scalar(w, (struct slice){ text, size });
	if (size > NUMBER_MOST)
		return 1;
	memcpy(copy, text, size);
	copy[size] = '\0';
	for (size_t i = 0; i < w->tests->count; i++) {
		if (!is_at(w, i) || w->tests->items[i].kind != JSON_IS_THERE)
			continue;
		w->findings[i].has_number = true;
		w->findings[i].number = strtod(copy, NULL);
	}
	return 1;
}

static int open_level(struct json_watch *w, bool is_array)
{
	begin_value(w);
	for (size_t i = 0; i < w->tests->count; i++) {
		if (is_at(w, i) && w->tests->items[i].kind == JSON_IS_THERE)
			find(&w->findings[i]);
	}
	if (w->depth < JSON_TESTS_DEPTH)
		w->levels[w->depth] = (struct level){ .is_array = is_array };
	w->just_opened = true;
	return ++w->depth <= JSON_WATCH_DEPTH;
}

static int close_level(struct json_watch *w, enum json_test_kind kind)
{
	w->depth--;
	for (size_t i = 0; w->just_opened && i < w->tests->count; i++) {
		if (is_at(w, i) && w->tests->items[i].kind == kind)
			find(&w->findings[i]);
	}
	w->just_opened = false;
	w->ended = w->depth == 0;
	return 1;
}

static int on_key(void *arg, const unsigned char *text, size_t size)
{
	struct json_watch *w = arg;
	struct slice name = { (const char *)text, size };

	w->just_opened = false;
	if (w->depth <= JSON_TESTS_DEPTH)
		step(w, w->depth - 1, &name, 0);
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
	return close_level(arg, JSON_IS_EMPTY_OBJECT);
}

static int on_close_array(void *arg)
{
	return close_level(arg, JSON_IS_EMPTY_ARRAY);
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

/* ---- a watch ---- */

struct json_watch *json_watch_new(const struct json_tests *tests)
{
	struct json_watch *w = xalloc(sizeof(*w));
	yajl_alloc_funcs memory = {
		.malloc = take, .realloc = resize, .free = give, .ctx = &w->budget
	};

	w->tests = tests;
	w->findings = xalloc((tests->count + 1) * sizeof(*w->findings));
	w->budget = (struct budget){ .most = JSON_WATCH_MEMORY, .lenient = true };
	w->yajl = yajl_alloc(&callbacks, &memory, w);
	/* what comes behind the value is ours to judge: yajl takes a string without its end there */
	yajl_config(w->yajl, yajl_allow_trailing_garbage, 1);
	return w;
}

void json_watch_free(struct json_watch *w)
{
	if (w == NULL)
		return;
	yajl_free(w->yajl);
	free(w->findings);
	free(w);
}

/* RFC 8259 8.1: a byte order mark may be ignored. One that is cut short is left for yajl to refuse. */
static struct slice skip_mark(struct json_watch *w, struct slice piece)
{
	static const char mark[] = "\xef\xbb\xbf";

	while (!w->begun && piece.size > 0) {
		w->begun = w->mark == sizeof(mark) - 1 || piece.data[0] != mark[w->mark];
		if (w->begun)
			break;
		w->mark++;
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

static enum rc parse(struct json_watch *w, struct slice piece)
{
	bool cut_mark = w->begun && w->mark % 3 != 0;

	while (piece.size > 0 && !w->ended) {
		size_t size = piece.size < STEP ? piece.size : STEP;

		if (cut_mark || yajl_parse(w->yajl, (const unsigned char *)piece.data, size) !=
					yajl_status_ok)
			return RC_INVALID;
		if (w->budget.over)
			return RC_TOO_LARGE;
		piece = slice_skip(piece, w->ended ? yajl_get_bytes_consumed(w->yajl) : size);
	}
	return take_blanks(piece);
}

enum rc json_watch_feed(struct json_watch *w, struct slice piece)
{
	if (w->fault == RC_OK)
		w->fault = parse(w, skip_mark(w, piece));
	return w->fault;
}

enum rc json_watch_end(struct json_watch *w)
{
	if (w->fault == RC_OK && !w->ended &&
		(yajl_complete_parse(w->yajl) != yajl_status_ok || !w->ended))
		w->fault = RC_INVALID;
	return w->fault;
}

bool json_watch_seen(const struct json_watch *w, unsigned group)
{
	for (size_t i = 0; i < w->tests->count; i++) {
		if (w->tests->items[i].group == group && w->findings[i].seen)
			return true;
	}
	return false;
}

bool json_watch_holds(const struct json_watch *w, unsigned group)
{
	for (size_t i = 0; i < w->tests->count; i++) {
		if (w->tests->items[i].group == group && !w->findings[i].holds)
			return false;
	}
	return true;
}

bool json_watch_number(const struct json_watch *w, unsigned group, double *ret)
{
	bool found = false;

	for (size_t i = 0; i < w->tests->count; i++) {
		if (w->tests->items[i].group != group || !w->findings[i].has_number)
			continue;
		*ret = w->findings[i].number;
		found = true;
	}
	return found;
}
