/* fuzz_record.c - any bytes as a record: as they are, and with a checksum that is right, so that what lies
 * behind it is reached. What decodes makes an object that encodes to the same bytes.
 */
#include "codec.h"

#include "util/alloc.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define COVERED_AT 9

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fields(const struct headers *h)
{
	HEADERS_EACH(at, h) {
		assert(at->name.size > 0 && at->name.data[at->name.size] == '\0');
		assert(at->value.data[at->value.size] == '\0');
		assert(at->id == field_lookup(at->name));
	}
}

static void check(struct slice record)
{
	SCOPED(body) body = body_new(NULL, 0);
	SCOPED(object) object = NULL;
	struct codec_record got;
	struct arena arena;
	struct bytes again;

	arena_init(&arena);
	bytes_init(&again, record.size);
	if (codec_decode(record, &arena, &got) == RC_OK) {
		check_fields(&got.headers);
		check_fields(&got.variant);
		got.parts.body = body;
		object = object_new(&got.parts);
		assert(codec_encode(got.key, object, &got.body, &again) == RC_OK);
		assert(slice_equal(bytes_slice(&again), record));
	}
	bytes_done(&again);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = xgrow(NULL, size > 0 ? size : 1, 1);
	uint64_t checksum;

	if (size > 0)
		memcpy(copy, data, size);
	check((struct slice){ copy, size });
	if (size >= COVERED_AT) {
		checksum = htole64(
			codec_checksum((struct slice){ copy + COVERED_AT, size - COVERED_AT }));
		memcpy(copy + 1, &checksum, sizeof(checksum));
		check((struct slice){ copy, size });
	}
	free(copy);
	return 0;
}
