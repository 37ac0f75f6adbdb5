/* config/lists.c - settings that are lists: of texts, and of origins with their weights. */
#include "forms.h"

#include "text.h"
#include "util/alloc.h"
#include "util/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WEIGHT 1000

void form_release_texts(void *at)
{
	struct text_list *list = at;

	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct text_list){ NULL, 0 };
}

static void append_text(
	const struct reading *r, struct text_list *list, const struct node *node, bool *good)
{
	if (node->kind == NODE_BAD) {
		*good = false;
		return;
	}
	if (node->kind != NODE_SCALAR) {
		fault_add(r->faults, node, "a %s in the list %s; expected %s",
			node->kind == NODE_MAP ? "map" : "list", r->name, r->kind->expected);
		*good = false;
		return;
	}
	*good = reading_is_good(r, node) && *good;
	list->items[list->count++] = xcopy(node->text, strlen(node->text));
}

void form_read_texts(const struct reading *r, const struct node *node)
{
	struct text_list list = { .items = xgrow(NULL, node->count + 1, sizeof(char *)) };
	bool good = true;
	char found[UNITS_TEXT + 8];

	if (node->kind == NODE_SCALAR && !node->blank)
		append_text(r, &list, node, &good);
	NODE_EACH(at, node)
	append_text(r, &list, at, &good);
	snprintf(found, sizeof(found), "%zu entries", list.count);
	if (good && reading_in_range(r, node, (int64_t)list.count, found)) {
		form_release_texts(r->at);
		*(struct text_list *)r->at = list;
	} else {
		form_release_texts(&list);
	}
}

void form_write_texts(const struct setting *row, const void *at, FILE *to)
{
	const struct text_list *list = at;

	fputc('[', to);
	for (size_t i = 0; i < list->count; i++) {
		fputs(i > 0 ? ", " : "", to);
		text_write(to, list->items[i]);
	}
	fputc(']', to);
}

void form_release_origins(void *at)
{
	struct config_origins *origins = at;

	for (size_t i = 0; i < origins->count; i++)
		free(origins->items[i].url);
	free(origins->items);
	*origins = (struct config_origins){ NULL, 0 };
}

static bool take_url(const struct reading *r, const struct node *node, struct config_origin *ret)
{
	if (node->kind != NODE_SCALAR) {
		reading_fault_shape(r, node);
		return false;
	}
	if (!reading_is_good(r, node))
		return false;
	ret->url = xcopy(node->text, strlen(node->text));
	return true;
}

static bool take_weight(const struct reading *r, const struct node *node, struct config_origin *ret)
{
	int64_t weight;

	if (node->kind != NODE_BAD && units_parse_count(slice_of(node->text), &weight) == RC_OK &&
		weight >= 1 && weight <= MOST_WEIGHT) {
		ret->weight = weight;
		return true;
	}
	if (node->kind != NODE_BAD)
		fault_add(r->faults, node, "%s for %s; expected a whole number from 1 to %d",
			fault_quote(r->faults, node->text), r->name, MOST_WEIGHT);
	return false;
}

/* { url: U, weight: N } */
static bool take_members(
	const struct reading *r, const struct node *node, struct config_origin *ret)
{
	bool good = node_member(node, "url") != NULL;

	if (!good)
		fault_add(r->faults, node, "an entry of %s without url; expected %s", r->name,
			r->kind->expected);
	NODE_EACH(at, node)
	{
		struct reading below = reading_member(r, at);

		if (strcmp(at->key->text, "url") == 0) {
			good = ret->url == NULL && take_url(&below, at, ret) && good;
		} else if (strcmp(at->key->text, "weight") == 0) {
			good = take_weight(&below, at, ret) && good;
		} else {
			fault_add(r->faults, at->key, "unknown setting %s; expected url or weight",
				fault_quote(r->faults, at->key->text));
			good = false;
		}
	}
	return good;
}

static bool take_origin(const struct reading *r, const struct node *node, struct config_origin *ret)
{
	*ret = (struct config_origin){ .weight = 1 };
	return node->kind == NODE_MAP ? take_members(r, node, ret) : take_url(r, node, ret);
}

void form_read_origins(const struct reading *r, const struct node *node)
{
	struct config_origins origins = {
		.items = xgrow(NULL, node->count + 1, sizeof(*origins.items)),
	};
	bool good = true;

	if (node->kind == NODE_SCALAR && !node->blank)
		good = take_origin(r, node, &origins.items[origins.count++]);
	NODE_EACH(at, node)
	good = take_origin(r, at, &origins.items[origins.count++]) && good;
	if (good) {
		form_release_origins(r->at);
		*(struct config_origins *)r->at = origins;
	} else {
		form_release_origins(&origins);
	}
}

void form_write_origins(const struct setting *row, const void *at, FILE *to)
{
	const struct config_origins *origins = at;

	fputc('[', to);
	for (size_t i = 0; i < origins->count; i++) {
		fputs(i > 0 ? ", { url: " : "{ url: ", to);
		text_write(to, origins->items[i].url);
		fprintf(to, ", weight: %" PRId64 " }", origins->items[i].weight);
	}
	fputc(']', to);
}
