/* cli/client/pages.c - page after page, by the cursor that each gives for the next. Threads and ownership: pages.h. */
#include "pages.h"

#include <stdlib.h>

#define PAGE      1000 /* the most that the API gives at once */
#define MOST_PATH ((size_t)1 << 20)

/* The answer to one page of at most `count`; cursor: of the one before, or NULL. */
static int get_page(
	struct client *client, const char *path, const char *cursor, size_t count, json_t **ret)
{
	struct bytes target;
	char limit[24];
	int code;

	snprintf(limit, sizeof(limit), "%zu", count < PAGE ? count : (size_t)PAGE);
	bytes_init(&target, MOST_PATH);
	(void)!bytes_append_slice(&target, slice_of(path));
	client_query(&target, "limit", limit);
	client_query(&target, "cursor", cursor);
	code = client_json(client,
		&(struct client_call){ .method = "GET", .path = target.data, .member = "items" },
		ret);
	bytes_done(&target);
	return code;
}

/* Steps over the pages: show() says how many items it still wants; 0: none. */
struct walk {
	struct client *client;
	const char *path;
	size_t (*show)(void *arg, json_t *items);
	void *arg;
	bool more; /* there would be another page */
};

static int walk(struct walk *w, size_t wanted)
{
	json_t *page = NULL;
	int code;

	do {
		json_t *before = page;

		page = NULL;
		code = get_page(w->client, w->path,
			json_string_value(json_object_get(before, "next")), wanted, &page);
		json_decref(before);
		if (code != EXIT_DONE)
			return code;
		wanted = w->show(w->arg, json_object_get(page, "items"));
		w->more = json_is_string(json_object_get(page, "next"));
	} while (w->more && wanted > 0 && !ferror(stdout));
	json_decref(page);
	return EXIT_DONE;
}

/* ---- printed ---- */

struct printing {
	const struct pages *pages;
	size_t left;
	size_t shown;
	bool json;
};

static void print_lines(const json_t *items)
{
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item)
	{
		json_dumpf(item, stdout, JSON_COMPACT);
		putchar('\n');
	}
}

static json_t *filtered(const struct pages *pages, json_t *items)
{
	json_t *kept = json_array(), *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		if (pages->wanted == NULL || pages->wanted(pages->arg, item))
			json_array_append(kept, item);
	}
	return kept;
}

static size_t print_page(void *arg, json_t *items)
{
	struct printing *p = arg;
	json_t *kept = filtered(p->pages, items);

	while (json_array_size(kept) > p->left)
		json_array_remove(kept, json_array_size(kept) - 1);
	if (p->json)
		print_lines(kept);
	else if (p->shown == 0 || json_array_size(kept) > 0)
		view_print(p->pages->view, kept, stdout);
	p->shown += json_array_size(kept);
	p->left -= json_array_size(kept);
	json_decref(kept);
	return p->left;
}

int pages_print(struct client *client, const struct pages *pages)
{
	struct printing p = {
		.pages = pages, .left = pages->limit, .json = pages->values[API_JSON] != NULL
	};
	struct walk w = { .client = client, .path = pages->path, .show = print_page, .arg = &p };
	int code;

	if (p.left == 0)
		p.left = p.json ? SIZE_MAX : PAGES_USUAL;
	code = walk(&w, p.left);
	if (code == EXIT_DONE && w.more && pages->limit == 0 && !p.json)
		client_tell(client, "the first %zu; --limit N shows more", p.shown);
	return code;
}

/* ---- one by one ---- */

struct taking {
	bool (*take)(void *arg, json_t *item);
	void *arg;
};

static size_t take_page(void *arg, json_t *items)
{
	const struct taking *t = arg;
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item)
	{
		if (!t->take(t->arg, item))
			return 0;
	}
	return SIZE_MAX;
}

int pages_each(
	struct client *client, const char *path, bool (*take)(void *arg, json_t *item), void *arg)
{
	struct taking taking = { take, arg };
	struct walk w = { .client = client, .path = path, .show = take_page, .arg = &taking };

	return walk(&w, SIZE_MAX);
}
