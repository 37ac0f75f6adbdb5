/* test_object.c - bodies and stored responses: copies, references, footprint. */
#include "http/object.h"

#include "http_fixture.h"
#include "util/alloc.h"

#include <string.h>

static struct arena arena;
static struct headers headers, variant;

static void set_up(void)
{
	arena_init(&arena);
	headers_init(&headers, &arena);
	headers_init(&variant, &arena);
}

static void tear_down(void)
{
	arena_done(&arena);
}

static struct body *some_body(size_t size)
{
	return body_new(memset(xalloc(size), 'x', size), size);
}

static struct object *make(struct body *body)
{
	struct object_parts parts = {
		.status = 200,
		.freshness = { .lifetime_ms = 5000, .explicit = true },
		.headers = &headers,
		.variant = &variant,
		.body = body,
	};

	return object_new(&parts);
}

START_TEST(copies_what_it_is_made_of)
{
	SCOPED(body) body = some_body(3);
	SCOPED(object) object = NULL;

	headers_add_copy(&headers, SLICE("ETag"), SLICE("\"a\""));
	headers_add_copy(&headers, SLICE("X-Empty"), SLICE(""));
	headers_add_copy(&variant, SLICE("accept"), SLICE("text/html"));
	object = make(body);
	memset((char *)headers.fields[0].value.data, '?', 3);
	arena_reset(&arena);

	ck_assert_int_eq(object->status, 200);
	ck_assert_int_eq(object->freshness.lifetime_ms, 5000);
	ck_assert_uint_eq(object->headers.count, 2);
	ck_assert_ptr_null(object->headers.arena);
	ck_assert_int_eq(object->headers.fields[0].id, FIELD_ETAG);
	ck_assert_str_eq(object->headers.fields[0].name.data, "ETag");
	ck_assert_str_eq(object->headers.fields[0].value.data, "\"a\"");
	ck_assert_str_eq(object->headers.fields[1].value.data, "");
	ck_assert_uint_eq(object->variant.count, 1);
	ck_assert_str_eq(object->variant.fields[0].value.data, "text/html");
	ck_assert_uint_eq(object->body->size, 3);
}
END_TEST

START_TEST(shares_the_body)
{
	struct body *body = some_body(3);
	struct object *first = make(body);
	struct object *second = make(first->body);

	ck_assert_uint_eq(atomic_load(&body->references), 3);
	ck_assert(first->serial != second->serial);
	body_unref(body);
	ck_assert_ptr_eq(object_ref(first), first);
	object_unref(first);
	object_unref(first);
	ck_assert_int_eq(memcmp(second->body->data, "xxx", 3), 0);
	object_unref(second);
}
END_TEST

START_TEST(copies_its_groups)
{
	uint32_t slots[300];
	SCOPED(body) body = some_body(3);
	struct object_parts parts = {
		.status = 200,
		.headers = &headers,
		.variant = &variant,
		.groups = slots,
		.group_count = 300,
		.epoch = 1ull << 40,
		.body = body,
	};
	SCOPED(object) object = NULL;
	SCOPED(object) without = make(body);

	for (uint32_t i = 0; i < 300; i++)
		slots[i] = i * 7;
	headers_add(&headers, SLICE("ETag"), SLICE("\"a\""));
	headers_add(&variant, SLICE("accept"), SLICE("b"));
	object = object_new(&parts);
	slots[299] = 0;
	ck_assert_uint_eq(object->epoch, 1ull << 40);
	ck_assert_uint_eq(object->group_count, 300);
	for (uint32_t i = 0; i < 300; i++)
		ck_assert_uint_eq(object->groups[i], i * 7);
	ck_assert_str_eq(object->headers.fields[0].value.data, "\"a\"");
	ck_assert_str_eq(object->variant.fields[0].value.data, "b");
	ck_assert_uint_ge(object->footprint, without->footprint + sizeof(slots));
	ck_assert_uint_eq(without->group_count, 0);
	ck_assert_uint_eq(without->epoch, 0);
}
END_TEST

START_TEST(may_be_empty)
{
	struct object_parts parts = { .status = 204, .headers = &headers };
	SCOPED(body) body = body_new(NULL, 0);
	SCOPED(object) object = NULL;

	parts.body = body;
	object = object_new(&parts);
	ck_assert_uint_eq(object->body->size, 0);
	ck_assert_uint_eq(object->headers.count, 0);
	ck_assert_uint_eq(object->variant.count, 0);
	ck_assert_uint_gt(object->footprint, sizeof(*object));
}
END_TEST

static const size_t sizes[] = { 1, 100, 2048, 20480, 204800, 1 << 20 };

START_TEST(footprint_counts_all)
{
	size_t size = sizes[_i], bare;
	SCOPED(body) body = some_body(size);
	SCOPED(object) object = NULL;
	SCOPED(object) larger = NULL;

	object = make(body);
	bare = sizeof(struct object) + sizeof(struct body) + size;
	ck_assert_uint_ge(object->footprint, bare);
	ck_assert_uint_le(object->footprint, bare + bare / 8 + 256);
	for (int i = 0; i < 20; i++)
		headers_add(
			&headers, SLICE("X-Some-Name"), SLICE("and some value that takes bytes"));
	larger = make(body);
	ck_assert_uint_ge(larger->footprint, object->footprint + headers_size(&headers));
}
END_TEST

START_TEST(gives_surplus_back)
{
	char *data = xalloc(64 * 1024);
	SCOPED(body) body = NULL;
	SCOPED(object) object = NULL;

	memset(data, 'y', 64 * 1024);
	body = body_new(data, 33 * 1024);
	object = make(body);
	ck_assert_uint_lt(object->footprint, 40 * 1024);
	ck_assert_int_eq(body->data[33 * 1024 - 1], 'y');
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("object");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, copies_what_it_is_made_of);
	tcase_add_test(tests, shares_the_body);
	tcase_add_test(tests, copies_its_groups);
	tcase_add_test(tests, may_be_empty);
	ADD_ROWS(tests, footprint_counts_all, sizes);
	tcase_add_test(tests, gives_surplus_back);
	return run_case("object", tests);
}
