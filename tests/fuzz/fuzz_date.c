/* fuzz_date.c - any bytes as a date, under any clock: what is read can be written and read again. */
#include "http/date.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t take_clock(const uint8_t **data, size_t *size)
{
	int64_t now_ms = 0;
	size_t count = *size < sizeof(now_ms) ? *size : sizeof(now_ms);

	memcpy(&now_ms, *data, count);
	*data += count;
	*size -= count;
	return now_ms;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t now_ms = take_clock(&data, &size);
	int64_t ms, again_ms;
	char text[DATE_SIZE];

	date_format(now_ms, text);
	assert(strlen(text) == DATE_SIZE - 1);
	assert(date_parse(slice_of(text), 0, &ms) == RC_OK);

	if (date_parse((struct slice){ (const char *)data, size }, now_ms, &ms) != RC_OK)
		return 0;
	date_format(ms, text);
	assert(date_parse(slice_of(text), now_ms, &again_ms) == RC_OK);
	assert(again_ms == ms ||
		ms >= 253402300800000); /* the last leap second, or a clock beyond */
	return 0;
}
