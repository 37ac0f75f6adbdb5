/* config/verify_upstreams.c - what must hold between the settings of one upstream. */
#include "verification.h"

#include "nearest.h"
#include "util/units.h"

#include <string.h>

/* One upstream, and where it stands; node NULL: in no file. */
struct placed {
	const struct verification *v;
	const struct config_upstream *upstream;
	const struct node *node;
};

static bool is_given(const struct node *list)
{
	return list != NULL && (list->kind == NODE_SCALAR ? !list->blank : list->count > 0);
}

/* With neither, the upstream has no address: that was said when it was read. */
static void need_one_kind_of_address(const struct placed *p)
{
	const struct node *urls = node_member(p->node, "urls");

	if (is_given(urls) && node_member(p->node, "url") != NULL)
		fault_add(p->v->faults, urls->key, "url and urls; expected one of them");
}

static void need_policy(const struct placed *p)
{
	verify_name(p->v, node_member(p->node, "ttl_policy"), &p->v->config->cache.ttl_policies,
		"cache.ttl_policies");
}

static void need_backoffs_in_order(const struct placed *p)
{
	int64_t first = p->upstream->retry.backoff_ms, most = p->upstream->retry.most_backoff_ms;
	char texts[2][UNITS_TEXT];

	if (first > most && verification_is_well(p->v, p->node, "retry.backoff") &&
		verification_is_well(p->v, p->node, "retry.most_backoff"))
		fault_add(p->v->faults,
			verification_place(p->node, "retry.backoff", "retry.most_backoff"),
			"retry.backoff of %s; expected at most retry.most_backoff, which is %s",
			units_write_duration(first, texts[0]),
			units_write_duration(most, texts[1]));
}

void verify_name(const struct verification *v, const struct node *at, const struct durations *all,
	const char *where)
{
	const char *quoted;
	struct nearest nearest;
	struct slice best;

	if (at == NULL || at->kind != NODE_SCALAR || at->text[0] == '\0' ||
		fault_stands(v->faults, at))
		return;
	nearest_init(&nearest, at->text);
	for (size_t i = 0; i < all->count; i++) {
		if (strcmp(all->items[i].name, at->text) == 0)
			return;
		nearest_offer(&nearest, slice_of(all->items[i].name));
	}
	quoted = fault_quote(v->faults, at->text);
	if (nearest_best(&nearest, &best))
		fault_add(v->faults, at,
			"%s is not in %s; expected \"" SLICE_FORMAT "\", the nearest known", quoted,
			where, SLICE_ARGS(best));
	else
		fault_add(v->faults, at, "%s is not in %s; expected a name from there", quoted,
			where);
}

void verify_upstreams(const struct verification *v)
{
	const struct node *node = verification_first(v, "upstreams");

	for (size_t i = 0; i < v->config->upstream_count; i++) {
		struct placed p = { v, &v->config->upstreams[i], node };

		need_one_kind_of_address(&p);
		need_policy(&p);
		need_backoffs_in_order(&p);
		node = node != NULL ? node->next : NULL;
	}
}
