/* test_body.c - a body's bytes, wherever they lie. */
#include "http/body.h"

#include "body_pattern.h"
#include "http_fixture.h"
#include "util/alloc.h"

#include <string.h>

#define SIZE 1000

/* A source of the pattern that gives at most `most` bytes at a time, none from `broken` on. */
struct played_source {
	struct body_source base;
	size_t most;
	uint64_t broken;
};

static int frees;

static ssize_t played_read(struct body_source *base, uint64_t offset, char *buffer, size_t size)
{
	const struct played_source *source = (struct played_source *)base;
	size_t count = size < source->most ? size : source->most;

	ck_assert_uint_gt(size, 0);
	ck_assert_uint_le(offset + size, SIZE);
	if (offset + count > source->broken)
		return -1;
	fill_pattern(buffer, count, offset);
	return (ssize_t)count;
}

static int played_open(struct body_source *base, uint64_t offset, uint64_t size)
{
	return (int)(offset + size);
}

static void played_free(struct body_source *base)
{
	frees++;
	free(base);
}

static const struct body_source_ops played_ops = {
	.read = played_read,
	.open = played_open,
	.free = played_free,
};

static struct body *played(size_t most, uint64_t broken)
{
	struct played_source *source = xalloc(sizeof(*source));

	*source = (struct played_source){ { &played_ops }, most, broken };
	return body_new_at(&source->base, SIZE);
}

static struct body *in_memory(void)
{
	char *data = malloc(SIZE);

	fill_pattern(data, SIZE, 0);
	return body_new(data, SIZE);
}

static const struct {
	uint64_t offset;
	size_t size;
	ssize_t count;
} reads[] = {
	{ 0, 10, 10 },
	{ 0, SIZE, SIZE },
	{ 0, 2 * SIZE, SIZE },
	{ SIZE - 1, 10, 1 },
	{ SIZE, 10, 0 },
	{ SIZE + 1, 10, 0 },
	{ UINT64_MAX, 10, 0 },
	{ 500, 0, 0 },
};

START_TEST(reads_within_bounds)
{
	struct body *const bodies[] = { in_memory(), played(SIZE, SIZE) };
	char buffer[2 * SIZE];

	for (size_t i = 0; i < 2; i++) {
		ssize_t count = body_read(bodies[i], reads[_i].offset, buffer, reads[_i].size);

		ck_assert_int_eq(count, reads[_i].count);
		ck_assert(holds_pattern(buffer, (size_t)count, reads[_i].offset));
		body_unref(bodies[i]);
	}
}
END_TEST

static const struct {
	size_t most;
	uint64_t broken;
	enum rc rc;
} loads[] = {
	{ SIZE, SIZE, RC_OK },
	{ 1, SIZE, RC_OK },
	{ 7, SIZE, RC_OK },
	{ 7, SIZE - 1, RC_IO },
	{ SIZE, 0, RC_IO },
};

START_TEST(loads_all_or_nothing)
{
	SCOPED(body) body = played(loads[_i].most, loads[_i].broken);
	SCOPED(body) loaded = NULL;

	ck_assert_int_eq(body_load(body, &loaded), loads[_i].rc);
	ck_assert((loaded != NULL) == (loads[_i].rc == RC_OK));
	if (loaded != NULL) {
		ck_assert(body_in_memory(loaded));
		ck_assert_uint_eq(loaded->size, SIZE);
		ck_assert(holds_pattern(loaded->data, SIZE, 0));
	}
}
END_TEST

START_TEST(loads_memory_by_reference)
{
	SCOPED(body) body = in_memory();
	SCOPED(body) loaded = NULL;

	ck_assert_int_eq(body_load(body, &loaded), RC_OK);
	ck_assert_ptr_eq(loaded, body);
}
END_TEST

START_TEST(loads_nothing_at_all)
{
	SCOPED(body) empty = body_new(NULL, 0);
	SCOPED(body) loaded = NULL;

	ck_assert_int_eq(body_load(empty, &loaded), RC_OK);
	ck_assert_uint_eq(loaded->size, 0);
}
END_TEST

START_TEST(opens_what_is_elsewhere)
{
	SCOPED(body) memory = in_memory();
	SCOPED(body) elsewhere = played(SIZE, SIZE);

	ck_assert_int_eq(body_open(memory, 0, SIZE), -1);
	ck_assert_int_eq(body_open(elsewhere, 30, 4), 34);
}
END_TEST

START_TEST(frees_the_source_at_last)
{
	struct body *body = played(SIZE, SIZE);
	int before = frees;

	body_unref(body_ref(body));
	ck_assert_int_eq(frees, before);
	body_unref(body);
	ck_assert_int_eq(frees, before + 1);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("body");

	ADD_ROWS(tests, reads_within_bounds, reads);
	ADD_ROWS(tests, loads_all_or_nothing, loads);
	tcase_add_test(tests, loads_memory_by_reference);
	tcase_add_test(tests, loads_nothing_at_all);
	tcase_add_test(tests, opens_what_is_elsewhere);
	tcase_add_test(tests, frees_the_source_at_last);
	return run_case("body", tests);
}
