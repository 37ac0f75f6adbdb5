/* fuzz_parcel.c - any bytes as a line of an export, as its manifest and its end, and as a head whose body lies beside
 * it. What is taken is written to a line that is taken again, as the same.
 */
#include "store/parcel.h"

#include "parcel_fixture.h"
#include "util/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct parcel *parcel, struct arena *arena)
{
	struct bytes line, again;
	struct parcel other;
	const char *why;

	bytes_init(&line, SIZE_MAX / 2);
	bytes_init(&again, SIZE_MAX / 2);
	write_line(parcel, &line);
	assert(parcel_parse(bytes_slice(&line), NULL, arena, &other, &why) == RC_OK);
	write_line(&other, &again);
	assert(slice_equal(bytes_slice(&line), bytes_slice(&again)));
	parcel_done(&other);
	bytes_done(&line);
	bytes_done(&again);
}

static void check(struct slice text, struct body *body)
{
	struct arena arena;
	struct parcel parcel;
	const char *why = NULL;

	arena_init(&arena);
	if (parcel_parse(text, body, &arena, &parcel, &why) == RC_OK) {
		check_fields(&parcel.object->headers);
		check_fields(&parcel.object->variant);
		check_again(&parcel, &arena);
		parcel_done(&parcel);
	} else {
		assert(why != NULL);
	}
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(body) body = body_new(xcopy("{}", 2), 2);
	char *copy = xcopy((const char *)data, size);
	struct slice text = { copy, size };
	struct manifest manifest;
	struct parcel_end end;
	struct arena arena;

	check(text, NULL);
	check(text, body);
	arena_init(&arena);
	(void)!manifest_parse(text, &arena, &manifest);
	(void)!parcel_end_parse(text, &end);
	arena_done(&arena);
	free(copy);
	return 0;
}
