/* proxy/quota.c - whose rate at the origin a request counts for. */
#include "quota.h"

#include "state.h"

#include "util/hash.h"

/* The value of a query parameter, as it is written; of size 0: it isn't there. */
static struct slice parameter(struct slice target, struct slice name)
{
	struct slice query = target;

	slice_cut(&query, '?');
	while (query.size > 0) {
		struct slice value = slice_cut(&query, '&'), key = slice_cut(&value, '=');

		if (slice_equal(key, name))
			return value;
	}
	return (struct slice){ "", 0 };
}

static uint64_t mixed(uint64_t hash, struct slice value, uint64_t seed)
{
	return hash * 31 + hash_bytes(value.data, value.size, seed);
}

uint64_t quota_of(const struct flight *flight, const struct request *request)
{
	const struct text_list *names = &flight_upstream(flight)->credentials;
	uint64_t seed = flight->proxy->seed, hash = 0;

	for (size_t i = 0; i < names->count; i++) {
		struct slice name = slice_of(names->items[i]);
		struct slice value = parameter(request->raw_target, name);
		uint32_t from = 0;
		const struct field *field = headers_next_named(&request->headers, name, &from);

		if (value.size == 0 && field != NULL)
			value = field->value;
		if (value.size > 0)
			hash = mixed(hash + i + 1, value, seed);
	}
	return hash;
}
