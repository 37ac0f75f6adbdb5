/* fuzz_cache_control.c - any bytes as Cache-Control: no fault, and the promises of the header hold.
 *
 * The first byte splits the input in two fields, so that duplicates across fields are met as well.
 */
#include "http/cache_control.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_delta(int64_t value)
{
	assert(value >= CC_NONE && value <= 2147483648LL);
}

static void check_list(struct slice list, bool flagged, struct slice value)
{
	assert(flagged == (list.data != NULL));
	if (flagged && value.data != NULL)
		assert(list.data >= value.data && list.data + list.size <= value.data + value.size);
}

static void check(const struct cache_control *cc, struct slice value)
{
	check_delta(cc->max_age);
	check_delta(cc->s_maxage);
	check_delta(cc->max_stale);
	check_delta(cc->min_fresh);
	check_delta(cc->stale_while_revalidate);
	check_delta(cc->stale_if_error);
	check_list(cc->no_cache_fields, cc->flags & CC_NO_CACHE_FIELDS, value);
	check_list(cc->private_fields, cc->flags & CC_PRIVATE_FIELDS, value);
	assert(cc->present);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = { (const char *)data, size }, no_value = { NULL, 0 };
	struct cache_control whole, parts;
	struct arena arena;
	struct headers h;
	size_t first = size > 0 ? data[0] % size : 0;

	arena_init(&arena);
	headers_init(&h, &arena);
	headers_add(&h, SLICE("Cache-Control"), all);
	cache_control_of_response(&h, &whole);
	check(&whole, all);

	headers_init(&h, &arena);
	headers_add(&h, SLICE("Cache-Control"), (struct slice){ all.data, first });
	headers_add(&h, SLICE("cache-control"), slice_skip(all, first));
	cache_control_of_response(&h, &parts);
	check(&parts, no_value);
	cache_control_of_request(&h, &parts);
	check(&parts, no_value);
	arena_done(&arena);
	return 0;
}
