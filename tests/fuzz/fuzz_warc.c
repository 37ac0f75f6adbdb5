/* fuzz_warc.c - any bytes as a WARC file, plain or gzip. What is taken of it is written to a line that is taken again,
 * as the same; once it has ended, it stays so.
 */
#include "warc_read.h"

#include "parcel_fixture.h"
#include "util/alloc.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct parcel *parcel)
{
	struct bytes line, again;
	struct parcel other;
	struct arena arena;
	const char *why;

	arena_init(&arena);
	bytes_init(&line, SIZE_MAX / 2);
	bytes_init(&again, SIZE_MAX / 2);
	write_line(parcel, &line);
	assert(parcel_parse(bytes_slice(&line), NULL, &arena, &other, &why) == RC_OK);
	assert(parcel_is_bare(&other) == parcel_is_bare(parcel));
	write_line(&other, &again);
	assert(slice_equal(bytes_slice(&line), bytes_slice(&again)));
	parcel_done(&other);
	bytes_done(&line);
	bytes_done(&again);
	arena_done(&arena);
}

/* More fields than that are refused where a line is read. */
static void check(const struct parcel *parcel)
{
	check_fields(&parcel->object->headers);
	check_fields(&parcel->object->variant);
	if (parcel->object->headers.count <= 1000 && parcel->object->variant.count <= 1000)
		check_again(parcel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = xcopy((const char *)data, size);
	struct warc_reading *w = NULL;
	struct parcel parcel;
	struct arena arena;
	const char *why = NULL;
	enum rc rc = warc_read_open(-1, (struct slice){ copy, size }, &w);

	free(copy);
	if (rc != RC_OK)
		return 0;
	arena_init(&arena);
	while ((rc = warc_read_next(w, &arena, &parcel, &why)) == RC_OK || rc == RC_INVALID) {
		if (rc == RC_OK) {
			check(&parcel);
			parcel_done(&parcel);
		} else {
			assert(why != NULL);
		}
		arena_reset(&arena);
	}
	assert(warc_read_next(w, &arena, &parcel, &why) == rc);
	arena_done(&arena);
	warc_read_close(w);
	return 0;
}
