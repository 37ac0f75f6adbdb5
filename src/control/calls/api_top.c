/* control/calls/api_top.c - the targets that are asked for most, missed most, and slowest. */
#include "seeing.h"

#include "proxy/popular.h"

#define MOST_ITEMS 1000

static json_t *item_of(const struct popular_item *popular)
{
	json_t *item = json_pack("{s:o, s:o, s:o, s:I, s:I}", "target",
		json_of_slice(slice_of(popular->target)), "route",
		json_of_slice(slice_of(popular->route)), "tenant",
		json_of_slice(slice_of(popular->tenant)), "count", (json_int_t)popular->count,
		"error", (json_int_t)popular->error);

	if (popular->p99_ms >= 0)
		json_object_set_new(item, "p99_ms", json_integer(popular->p99_ms));
	return item;
}

static bool read_by(struct call *call, enum popular_by *ret)
{
	static const char *const words[] = {
#define X(id, word) [POPULAR_##id] = (word),
		POPULAR_TABLE(X)
#undef X
	};
	struct slice by = call_query(call, "by");
	unsigned i = 0;

	while (by.data != NULL && i < POPULAR_BY_COUNT && !slice_equal(slice_of(words[i]), by))
		i++;
	*ret = (enum popular_by)i;
	if (i < POPULAR_BY_COUNT)
		return true;
	call_refuse(call, 400, "\"" SLICE_FORMAT "\" for by; expected hits, misses or slow",
		SLICE_ARGS(by));
	return false;
}

void top_get(struct call *call)
{
	struct popular_asked asked = { .tenant = slice_of(call->caller.tenant) };
	struct popular_list list;
	int64_t limit = 20;
	json_t *items;

	if (!read_by(call, &asked.by) || !call_query_number(call, "limit", 1, MOST_ITEMS, &limit))
		return;
	asked.most = (size_t)limit;
	popular_top(call->proxy, &asked, &list);
	items = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(items, item_of(&list.items[i]));
	popular_list_done(&list);
	call_give(call, 200, json_pack("{s:o}", "items", items));
}
