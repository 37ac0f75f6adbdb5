/* http/json_watch.c - which conditions hold of a JSON document.
 *
 * json_stream.h tells of each value as it ends; here is kept how far each pointer agrees with the path to it:
 *
 *	path     /a  /b  /0		a test of /a/c: at 1, it agrees with the first
 *	level     0   1   2		a test of /a/b: at 2, what lies here is its value
 *
 * A level's next name or element cuts what agreed below it. Threads, ownership: json_watch.h.
 */
#include "http/json_watch.h"

#include "json_stream.h"
#include "json_tests.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_MOST 64 /* characters of a number that is told */

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
	struct json_stream *stream;
	struct level levels[JSON_TESTS_DEPTH]; /* deeper ones are nobody's */
	size_t depth;                          /* arrays and objects that are open */
	bool just_opened;                      /* the last thing that came was [ or { */
};

/* ---- where in the document ---- */

/* The path's element at the level is another one now: this name, or without one this index. */
static void step(struct json_watch *w, size_t level, const struct slice *name, uint64_t index)
{
	for (size_t i = 0; i < w->tests->count; i++) {
		const struct json_test *test = &w->tests->items[i];
		struct finding *finding = &w->findings[i];
		const struct json_token *token = &test->tokens.items[level];

		if (finding->at < level)
			continue;
		finding->at = level;
		if (level >= test->tokens.depth)
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
	return w->depth == w->tests->items[i].tokens.depth && w->findings[i].at == w->depth;
}

static void find(struct finding *finding)
{
	finding->seen = finding->holds = true;
}

/* ---- what the stream tells ---- */

static void find_number(struct json_watch *w, struct slice text)
{
	char copy[NUMBER_MOST + 1];

	if (text.size > NUMBER_MOST)
		return;
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	for (size_t i = 0; i < w->tests->count; i++) {
		if (!is_at(w, i) || w->tests->items[i].kind != JSON_IS_THERE)
			continue;
		w->findings[i].has_number = true;
		w->findings[i].number = strtod(copy, NULL);
	}
}

static void on_scalar(void *arg, enum json_scalar kind, struct slice text)
{
	struct json_watch *w = arg;

	begin_value(w);
	for (size_t i = 0; i < w->tests->count; i++) {
		const struct json_test *test = &w->tests->items[i];

		if (is_at(w, i) &&
			(test->kind == JSON_IS_THERE ||
				(test->kind == JSON_EQUALS && slice_equal(test->value, text))))
			find(&w->findings[i]);
	}
	if (kind == JSON_IS_NUMBER)
		find_number(w, text);
}

static void on_open(void *arg, bool is_array)
{
	struct json_watch *w = arg;

	begin_value(w);
	for (size_t i = 0; i < w->tests->count; i++) {
		if (is_at(w, i) && w->tests->items[i].kind == JSON_IS_THERE)
			find(&w->findings[i]);
	}
	if (w->depth < JSON_TESTS_DEPTH)
		w->levels[w->depth] = (struct level){ .is_array = is_array };
	w->just_opened = true;
	w->depth++;
}

static void on_close(void *arg, bool is_array)
{
	struct json_watch *w = arg;
	enum json_test_kind kind = is_array ? JSON_IS_EMPTY_ARRAY : JSON_IS_EMPTY_OBJECT;

	w->depth--;
	for (size_t i = 0; w->just_opened && i < w->tests->count; i++) {
		if (is_at(w, i) && w->tests->items[i].kind == kind)
			find(&w->findings[i]);
	}
	w->just_opened = false;
}

static void on_name(void *arg, struct slice name)
{
	struct json_watch *w = arg;

	w->just_opened = false;
	if (w->depth <= JSON_TESTS_DEPTH)
		step(w, w->depth - 1, &name, 0);
}

static const struct json_events events = {
	.scalar = on_scalar,
	.name = on_name,
	.opens = on_open,
	.closes = on_close,
};

/* ---- a watch ---- */

struct json_watch *json_watch_new(const struct json_tests *tests)
{
	struct json_watch *w = xalloc(sizeof(*w));

	w->tests = tests;
	w->findings = xalloc((tests->count + 1) * sizeof(*w->findings));
	w->stream = json_stream_new(&events, w);
	return w;
}

void json_watch_free(struct json_watch *w)
{
	if (w == NULL)
		return;
	json_stream_free(w->stream);
	free(w->findings);
	free(w);
}

enum rc json_watch_feed(struct json_watch *w, struct slice piece)
{
	return json_stream_feed(w->stream, piece);
}

enum rc json_watch_end(struct json_watch *w)
{
	return json_stream_end(w->stream);
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
