/* http/xml_watch.c - which elements an XML document has. The only user of expat.
 *
 * expat interns each name that it meets and keeps a tag until it has its end; both are taken from a
 * budget, which it can be refused. Its allocator has no argument of ours: whose budget it is stands in
 * `spender` for as long as a call takes. Threads, ownership: xml_watch.h.
 */
#include "http/xml_watch.h"

#include "budget.h"

#include "util/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define XML_DTD /* Debian's library has it; the header shows its functions only so */
#include <expat.h>

#define STEP         ((size_t)16 * 1024) /* expat keeps a copy of what is fed at once */
#define AMPLIFY_FROM ((unsigned long long)1024 * 1024)

struct test {
	unsigned group;
	char *name;
};

struct xml_tests {
	struct test *items;
	size_t count;
};

struct xml_watch {
	const struct xml_tests *tests;
	bool *seen;
	char *root;
	struct budget budget;
	XML_Parser parser;
	size_t depth;
	enum rc fault;
};

static _Thread_local struct budget *spender;

/* ---- tests ---- */

struct xml_tests *xml_tests_new(void)
{
	return xalloc(sizeof(struct xml_tests));
}

void xml_tests_free(struct xml_tests *tests)
{
	for (size_t i = 0; tests != NULL && i < tests->count; i++)
		free(tests->items[i].name);
	if (tests != NULL)
		free(tests->items);
	free(tests);
}

void xml_tests_add(struct xml_tests *tests, struct slice name, unsigned group)
{
	name = slice_skip(name, (size_t)(slice_find(name, ':') + 1));
	tests->items = xgrow(tests->items, tests->count + 1, sizeof(*tests->items));
	tests->items[tests->count++] = (struct test){ group, xcopy(name.data, name.size) };
}

/* ---- what expat tells ---- */

static void on_open(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct xml_watch *w = arg;
	const char *colon = strrchr(name, ':'), *local = colon != NULL ? colon + 1 : name;

	if (w->root == NULL)
		w->root = xcopy(local, strlen(local));
	for (size_t i = 0; i < w->tests->count; i++)
		w->seen[i] |= strcmp(w->tests->items[i].name, local) == 0;
	if (++w->depth > XML_WATCH_DEPTH)
		(void)XML_StopParser(w->parser, XML_FALSE);
}

static void on_close(void *arg, const XML_Char *name)
{
	((struct xml_watch *)arg)->depth--;
}

static void *take(size_t size)
{
	return budget_take(spender, size);
}

static void *resize(void *old, size_t size)
{
	return budget_resize(spender, old, size);
}

/* ---- a watch ---- */

/* expat can't be made to fetch anything without a handler for it, and there is none. */
static XML_Parser make_parser(struct xml_watch *w)
{
	static const XML_Memory_Handling_Suite memory = { take, resize, budget_give };
	XML_Parser parser;

	spender = &w->budget;
	parser = XML_ParserCreate_MM(NULL, &memory, NULL);
	if (parser == NULL)
		abort(); /* the budget is larger than an empty parser */
	XML_SetUserData(parser, w);
	XML_SetElementHandler(parser, on_open, on_close);
	if (!XML_SetBillionLaughsAttackProtectionMaximumAmplification(
		    parser, XML_WATCH_AMPLIFICATION) ||
		!XML_SetBillionLaughsAttackProtectionActivationThreshold(parser, AMPLIFY_FROM))
		abort(); /* not for a parser of its own */
	spender = NULL;
	return parser;
}

struct xml_watch *xml_watch_new(const struct xml_tests *tests)
{
	struct xml_watch *w = xalloc(sizeof(*w));

	w->tests = tests;
	w->seen = xalloc((tests->count + 1) * sizeof(*w->seen));
	w->budget = (struct budget){ .most = XML_WATCH_MEMORY };
	w->parser = make_parser(w);
	return w;
}

void xml_watch_free(struct xml_watch *w)
{
	if (w == NULL)
		return;
	XML_ParserFree(w->parser);
	assert(w->budget.used == 0);
	free(w->root);
	free(w->seen);
	free(w);
}

static enum rc fault_of(const struct xml_watch *w)
{
	if (w->budget.over)
		return RC_TOO_LARGE;
	return XML_GetErrorCode(w->parser) == XML_ERROR_UNKNOWN_ENCODING ? RC_UNSUPPORTED
									 : RC_INVALID;
}

static enum rc parse(struct xml_watch *w, struct slice piece, bool last)
{
	enum XML_Status status;

	spender = &w->budget;
	status = XML_Parse(w->parser, piece.data, (int)piece.size, last);
	spender = NULL;
	return status == XML_STATUS_OK ? RC_OK : fault_of(w);
}

enum rc xml_watch_feed(struct xml_watch *w, struct slice piece)
{
	while (piece.size > 0 && w->fault == RC_OK) {
		size_t size = piece.size < STEP ? piece.size : STEP;

		w->fault = parse(w, (struct slice){ piece.data, size }, false);
		piece = slice_skip(piece, size);
	}
	return w->fault;
}

enum rc xml_watch_end(struct xml_watch *w)
{
	if (w->fault == RC_OK)
		w->fault = parse(w, SLICE(""), true);
	return w->fault;
}

bool xml_watch_seen(const struct xml_watch *w, unsigned group)
{
	for (size_t i = 0; i < w->tests->count; i++) {
		if (w->tests->items[i].group == group && w->seen[i])
			return true;
	}
	return false;
}

struct slice xml_watch_root(const struct xml_watch *w)
{
	return slice_of(w->root);
}
