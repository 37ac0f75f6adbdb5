/* config/tree.c - libyaml's events, one after the other, onto a stack of open collections. */
#include "tree.h"

#include "environment.h"
#include "text.h"
#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define MOST_DEPTH      16
#define MOST_NODES      65536
#define MOST_TEXT_BYTES ((size_t)64 * 1024)

struct builder {
	struct tree *tree;
	struct faults *faults;
	struct node *open[MOST_DEPTH]; /* collections that are not at their end */
	struct node *key[MOST_DEPTH];  /* of the member that comes next; NULL: a key comes */
	size_t depth;
	size_t nodes;
	size_t documents;
	bool is_foreign; /* the environment is none of its business */
};

static struct node *node_new(struct builder *b, enum node_kind kind, const yaml_mark_t *mark)
{
	struct node *node = arena_alloc(&b->tree->arena, sizeof(*node));

	*node = (struct node){
		.kind = kind,
		.source = b->faults->name,
		.line = (int)mark->line + 1,
		.column = (int)mark->column + 1,
		.text = "",
	};
	return node;
}

/* The next key of an open map. */
static void take_key(struct builder *b, struct node *node)
{
	if (node->kind == NODE_LIST || node->kind == NODE_MAP)
		fault_add(b->faults, node, "a map or list as a key; expected a name");
	b->key[b->depth - 1] = node;
}

/* Gives the node its place: as root, as a list's member, as a map's key or member. */
static void place(struct builder *b, struct node *node)
{
	struct node *parent;

	if (b->depth == 0) {
		if (b->tree->root == NULL)
			b->tree->root = node;
		return;
	}
	parent = b->open[b->depth - 1];
	if (parent->kind == NODE_MAP && b->key[b->depth - 1] == NULL) {
		take_key(b, node);
		return;
	}
	if (parent->kind == NODE_MAP) {
		node->key = b->key[b->depth - 1];
		b->key[b->depth - 1] = NULL;
	}
	node_append(parent, node);
}

static enum rc open_collection(struct builder *b, enum node_kind kind, const yaml_event_t *event)
{
	struct node *node = node_new(b, kind, &event->start_mark);

	place(b, node);
	if (b->depth == MOST_DEPTH) {
		fault_add(b->faults, node, "maps and lists nested too deep; expected at most %d",
			MOST_DEPTH);
		return RC_INVALID;
	}
	b->key[b->depth] = NULL;
	b->open[b->depth++] = node;
	return RC_OK;
}

static int by_key(const void *a, const void *b)
{
	const struct node *x = (*(const struct node *const *)a)->key;
	const struct node *y = (*(const struct node *const *)b)->key;
	int order = strcmp(x->text, y->text);

	if (order != 0)
		return order;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : 1;
}

/* Sorted, so that a large map costs no square. */
static void refuse_duplicates(struct builder *b, const struct node *map)
{
	const struct node **members = xalloc((map->count + 1) * sizeof(const struct node *));
	size_t count = 0;

	NODE_EACH(at, map)
	{
		if (at->key->kind == NODE_SCALAR)
			members[count++] = at;
	}
	qsort(members, count, sizeof(*members), by_key);
	for (size_t i = 1; i < count; i++) {
		const struct node *first = members[i - 1]->key, *second = members[i]->key;

		if (strcmp(first->text, second->text) == 0)
			fault_add(b->faults, second,
				"%s stands here again; expected it once, and line %d has it",
				fault_quote(b->faults, second->text), first->line);
	}
	free(members);
}

static void close_collection(struct builder *b)
{
	const struct node *node = b->open[--b->depth];

	if (node->kind == NODE_MAP)
		refuse_duplicates(b, node);
}

/* What the scalar says, in the tree's arena; false: it is faulty. */
static bool scalar_text(struct builder *b, struct slice raw, struct node *node)
{
	struct bytes text;
	enum rc rc;

	bytes_init(&text, MOST_TEXT_BYTES);
	rc = b->is_foreign ? environment_keep_out(raw, &text)
			   : environment_expand(raw, node, b->faults, &text);
	if (rc == RC_TOO_LARGE)
		fault_add(b->faults, node, "text of more than %zu bytes; expected less",
			MOST_TEXT_BYTES);
	if (rc == RC_OK && !text_clean(bytes_slice(&text))) {
		fault_add(b->faults, node,
			"text with a control character or broken UTF-8; expected clean text");
		rc = RC_INVALID;
	}
	if (rc == RC_OK)
		node->text = arena_copy(&b->tree->arena, bytes_slice(&text)).data;
	bytes_done(&text);
	return rc == RC_OK;
}

static void take_scalar(struct builder *b, const yaml_event_t *event)
{
	struct node *node = node_new(b, NODE_SCALAR, &event->start_mark);
	struct slice raw = { (const char *)event->data.scalar.value, event->data.scalar.length };

	node->blank = raw.size == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (!scalar_text(b, raw, node))
		node->kind = NODE_BAD;
	place(b, node);
}

static void take_alias(struct builder *b, const yaml_event_t *event)
{
	struct node *node = node_new(b, NODE_BAD, &event->start_mark);

	/* its name isn't shown: it may be a secret that begins with '*' */
	fault_add(b->faults, node,
		"an alias; expected the value itself, quoted if it begins with '*'");
	place(b, node);
}

static enum rc begin_document(struct builder *b, const yaml_event_t *event)
{
	struct node *node = node_new(b, NODE_BAD, &event->start_mark);

	if (b->documents++ == 0)
		return RC_OK;
	fault_add(b->faults, node, "a second document; expected one in a file");
	return RC_INVALID;
}

static enum rc count_node(struct builder *b, const yaml_event_t *event)
{
	struct node *node;

	if (++b->nodes <= MOST_NODES)
		return RC_OK;
	node = node_new(b, NODE_BAD, &event->start_mark);
	fault_add(b->faults, node, "more than %d values; expected less", MOST_NODES);
	return RC_INVALID;
}

static enum rc take_event(struct builder *b, const yaml_event_t *event)
{
	TRY(count_node(b, event));
	/* The other kinds of events carry nothing. */
	if (event->type == YAML_DOCUMENT_START_EVENT)
		return begin_document(b, event);
	if (event->type == YAML_MAPPING_START_EVENT)
		return open_collection(b, NODE_MAP, event);
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return open_collection(b, NODE_LIST, event);
	if (event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT)
		close_collection(b);
	if (event->type == YAML_SCALAR_EVENT)
		take_scalar(b, event);
	if (event->type == YAML_ALIAS_EVENT)
		take_alias(b, event);
	return RC_OK;
}

/* libyaml's reader knows only the byte at which the text stops being text. */
static yaml_mark_t byte_mark(struct slice text, size_t offset)
{
	yaml_mark_t mark = { .index = offset };

	for (size_t i = 0; i < offset && i < text.size; i++) {
		mark.column++;
		if (text.data[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

static enum rc syntax_fault(struct builder *b, const yaml_parser_t *parser, struct slice text)
{
	const char *problem = parser->problem != NULL ? parser->problem : "not YAML";
	yaml_mark_t mark = parser->problem_mark;

	if (parser->error == YAML_READER_ERROR)
		mark = byte_mark(text, parser->problem_offset);
	fault_add(b->faults, node_new(b, NODE_BAD, &mark), "%s%s%s; expected YAML",
		parser->context != NULL ? parser->context : "", parser->context != NULL ? ": " : "",
		problem);
	return RC_INVALID;
}

static enum rc take_events(struct builder *b, yaml_parser_t *parser, struct slice text)
{
	bool ended = false;

	while (!ended) {
		yaml_event_t event;
		enum rc rc;

		if (!yaml_parser_parse(parser, &event))
			return syntax_fault(b, parser, text);
		rc = take_event(b, &event);
		ended = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		TRY(rc);
	}
	return RC_OK;
}

static enum rc parse(struct builder *b, struct slice text)
{
	struct tree *tree = b->tree;
	yaml_parser_t parser;
	enum rc rc;

	*tree = (struct tree){ .root = NULL };
	arena_init(&tree->arena);
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.data, text.size);
	rc = take_events(b, &parser, text);
	yaml_parser_delete(&parser);
	if (rc == RC_OK && tree->root == NULL) {
		tree->root = node_new(b, NODE_SCALAR, &(yaml_mark_t){ 0 });
		tree->root->blank = true;
	}
	return rc;
}

enum rc tree_parse(struct slice text, struct faults *faults, struct tree *ret)
{
	return parse(&(struct builder){ .tree = ret, .faults = faults }, text);
}

enum rc tree_parse_foreign(struct slice text, struct faults *faults, struct tree *ret)
{
	return parse(&(struct builder){ .tree = ret, .faults = faults, .is_foreign = true }, text);
}

void tree_done(struct tree *tree)
{
	arena_done(&tree->arena);
}
