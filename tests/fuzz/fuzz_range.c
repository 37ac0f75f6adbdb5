/* fuzz_range.c - any bytes as Range against several lengths, and as Content-Range.
 *
 * Parts lie within the length, don't meet one another, and asking for them again gives the same.
 */
#include "http/range.h"

#include "util/bytes.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(const struct ranges *ranges, uint64_t total)
{
	assert(ranges->count > 0 && ranges->count <= RANGES_MOST);
	for (size_t i = 0; i < ranges->count; i++) {
		struct range a = ranges->items[i];

		assert(a.first <= a.last && a.last < total);
		for (size_t j = 0; j < i; j++) {
			struct range b = ranges->items[j];

			assert(a.last < b.first ? b.first - a.last > 1 : a.first - b.last > 1);
		}
	}
}

static void check_again(const struct ranges *ranges, uint64_t total)
{
	struct ranges again;
	struct bytes text;

	bytes_init(&text, 4096);
	for (size_t i = 0; i < ranges->count; i++)
		assert(bytes_format(&text, "%s%llu-%llu",
			       i > 0 ? "," : "bytes=", (unsigned long long)ranges->items[i].first,
			       (unsigned long long)ranges->items[i].last) == RC_OK);
	assert(range_resolve(bytes_slice(&text), total, &again) == RANGE_PARTS);
	assert(again.count == ranges->count);
	for (size_t i = 0; i < ranges->count; i++)
		assert(again.items[i].first == ranges->items[i].first &&
			again.items[i].last == ranges->items[i].last);
	bytes_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t totals[] = { 0, 1, 10, 1000, 1 << 20, UINT64_MAX };
	struct slice value = { (const char *)data, size };
	struct range_request request;
	struct content_range content;
	struct ranges ranges;

	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		if (range_resolve(value, totals[i], &ranges) != RANGE_PARTS)
			continue;
		check_parts(&ranges, totals[i]);
		check_again(&ranges, totals[i]);
	}
	if (range_parse_single(value, &request) == RC_OK)
		assert(request.is_suffix || request.open || request.first <= request.last);
	if (content_range_parse(value, &content) == RC_OK)
		assert(content.first <= content.last && content.last < content.total);
	return 0;
}
