/* test_parcel.c - stored responses on their way: lines and bundles, there and back; what is refused of them. The line
 * reader's rows of what is wrong are in tests/e2e/76_exchange.py and tests/fuzz/corpus/parcel. */
#include "store/parcel.h"

#include "http_fixture.h"
#include "store/bundle.h"
#include "store/parcels.h"
#include "util/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sample {
	const char *target;
	struct slice body;
	const char *language; /* under Vary; or NULL */
	int64_t date_ms;
};

static const struct sample samples[] = {
	{ "/a", TEXT("body"), NULL, 1000 },
	{ "/empty", TEXT(""), NULL, 1000 },
	{ "/octets", TEXT("\0\1\xff\"\\"), NULL, 1000 },
	{ "/tongues", TEXT("english"), "en", 1000 },
	{ "/tongues", TEXT("deutsch"), "de", 2000 },
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static struct object *make_object(const struct sample *sample, struct arena *arena)
{
	SCOPED(body)
	body = body_new(xcopy(sample->body.data, sample->body.size), sample->body.size);
	struct headers fields, variant;

	headers_init(&fields, arena);
	headers_init(&variant, arena);
	headers_add(&fields, SLICE("Content-Type"), SLICE("text/plain"));
	headers_add(&fields, SLICE("Surrogate-Key"), SLICE("red blue"));
	headers_add(&fields, SLICE("X-Odd"), SLICE("caf\xe9"));
	headers_add(&fields, SLICE("Set-Cookie"), SLICE("who=me"));
	if (sample->language != NULL)
		headers_add(&variant, SLICE("accept-language"), slice_of(sample->language));
	return object_new(&(struct object_parts){
		.status = 200,
		.http_version = HTTP_2,
		.freshness = { .requested_ms = 900,
			.responded_ms = 1000,
			.date_ms = sample->date_ms,
			.lifetime_ms = 60000,
			.explicit = true,
			.source = LIFETIME_EXPLICIT },
		.headers = &fields,
		.variant = &variant,
		.epoch = 7,
		.source_version = SLICE("2026_05"),
		.body = body,
	});
}

static void make_key(const char *target, struct bytes *ret)
{
	struct key key;

	bytes_init(ret, 4096);
	ck_assert_int_eq(key_make(&(struct key_parts){ .route = SLICE("/"),
					  .namespace_version = 1,
					  .target = slice_of(target) },
				 0, ret, &key),
		RC_OK);
}

static void make_parcel(const struct sample *sample, struct arena *arena, struct parcel *ret)
{
	SCOPED(object) object = make_object(sample, arena);
	struct bytes key;

	make_key(sample->target, &key);
	ck_assert_int_eq(parcel_make(bytes_slice(&key), object, arena, ret), RC_OK);
	bytes_done(&key);
}

static void write_line(const struct parcel *parcel, size_t step, struct bytes *ret)
{
	struct parcel_line line;
	char *piece = xalloc(step);
	ssize_t count;

	ck_assert_int_eq(parcel_line_begin(parcel, &line), RC_OK);
	while ((count = parcel_line_read(&line, piece, step)) > 0)
		ck_assert_int_eq(bytes_append(ret, piece, (size_t)count), RC_OK);
	ck_assert_int_eq(count, 0);
	parcel_line_end(&line);
	free(piece);
}

static void check_same(const struct parcel *got, const struct sample *sample)
{
	const struct object *o = got->object;

	ASSERT_TEXT(got->parts.target, slice_of(sample->target));
	ASSERT_TEXT(((struct slice){ o->body->data, o->body->size }), sample->body);
	ASSERT_TEXT(o->source_version, SLICE("2026_05"));
	ck_assert_int_eq(o->http_version, HTTP_2);
	ck_assert_int_eq(o->freshness.date_ms, sample->date_ms);
	ck_assert_int_eq(o->freshness.lifetime_ms, 60000);
	ck_assert_uint_eq(o->epoch, 7);
	ck_assert_uint_eq(o->headers.count, 3); /* the cookie stays */
	ASSERT_TEXT(o->headers.fields[2].value, SLICE("caf\xe9"));
	ck_assert_uint_eq(o->variant.count, sample->language != NULL);
}

START_TEST(a_line_is_read_back_whatever_the_buffer)
{
	static const size_t steps[] = { 64, 65, 1000, 100000 };
	const struct sample *sample = &samples[(size_t)_i % SAMPLES];
	struct bytes line;
	struct parcel parcel, again;
	struct arena arena;
	const char *why = "";

	arena_init(&arena);
	bytes_init(&line, 1 << 20);
	make_parcel(sample, &arena, &parcel);
	write_line(&parcel, steps[(size_t)_i / SAMPLES], &line);
	ck_assert_msg(
		parcel_parse(bytes_slice(&line), NULL, &arena, &again, &why) == RC_OK, "%s", why);
	check_same(&again, sample);
	parcel_done(&again);
	parcel_done(&parcel);
	bytes_done(&line);
	arena_done(&arena);
}
END_TEST

static const struct {
	struct parcel_filter filter;
	bool fits;
} filters[] = {
	{ { .until_ms = INT64_MAX }, true },
	{ { .route = TEXT("/"), .until_ms = INT64_MAX }, true },
	{ { .route = TEXT("/a"), .until_ms = INT64_MAX }, false },
	{ { .prefix = TEXT("/ton"), .until_ms = INT64_MAX }, true },
	{ { .prefix = TEXT("/b"), .until_ms = INT64_MAX }, false },
	{ { .tag = TEXT("blue"), .until_ms = INT64_MAX }, true },
	{ { .tag = TEXT("blu"), .until_ms = INT64_MAX }, false },
	{ { .tenant = TEXT("red"), .until_ms = INT64_MAX }, false },
	{ { .since_ms = 1000, .until_ms = INT64_MAX }, true },
	{ { .since_ms = 1001, .until_ms = INT64_MAX }, false },
	{ { .until_ms = 1000 }, false },
	{ { .until_ms = 1001 }, true },
};

START_TEST(filters_take_what_fits)
{
	struct parcel parcel;
	struct arena arena;

	arena_init(&arena);
	make_parcel(&samples[3], &arena, &parcel);
	ck_assert_int_eq(
		parcel_fits(&filters[_i].filter, &parcel.parts, parcel.object), filters[_i].fits);
	parcel_done(&parcel);
	arena_done(&arena);
}
END_TEST
static void make_bundle(const char *path)
{
	SCOPED(bundle) bundle = NULL;
	const struct manifest manifest = { .larder = SLICE("1"),
		.created_ms = 5,
		.groups = 0xabc,
		.filter = { .since_ms = INT64_MIN, .until_ms = INT64_MAX },
		.config = SLICE("x") };

	ck_assert_int_eq(bundle_create(path, &bundle), RC_OK);
	for (size_t i = 0; i < SAMPLES; i++) {
		struct parcel parcel;
		struct arena arena;

		arena_init(&arena);
		make_parcel(&samples[i], &arena, &parcel);
		ck_assert_int_eq(bundle_add(bundle, &parcel), RC_OK);
		parcel_done(&parcel);
		arena_done(&arena);
	}
	ck_assert_int_eq(
		bundle_finish(bundle, &manifest, &(struct parcel_end){ SAMPLES, 3 }), RC_OK);
}

static bool is_german(struct object *object, void *arg)
{
	(void)arg;
	return slice_equal(object->variant.fields[0].value, SLICE("de"));
}

static enum rc look_up(
	struct tier *tier, const char *target, const struct chooser *chooser, struct object **ret)
{
	struct bytes buffer;
	struct key key = { 0 };
	enum rc rc;

	make_key(target, &buffer);
	key.bytes = bytes_slice(&buffer);
	rc = tier_get(tier, &key, chooser, ret);
	bytes_done(&buffer);
	return rc;
}

static void check_tier(struct bundle *bundle)
{
	struct tier *tier = bundle_tier(bundle, SLICE(""));
	SCOPED(object) latest = NULL;
	SCOPED(object) german = NULL;
	struct object *none = NULL;

	ck_assert_int_eq(look_up(tier, "/tongues", NULL, &latest), RC_OK);
	ck_assert_int_eq(latest->freshness.date_ms, 2000);
	ck_assert_int_eq(
		look_up(tier, "/tongues", &(struct chooser){ is_german, NULL }, &german), RC_OK);
	ck_assert_int_eq(look_up(tier, "/other", NULL, &none), RC_ABSENT);
	tier_free(tier);
}

static void check_read_back(const char *path)
{
	SCOPED(parcels) parcels = NULL;
	struct parcel parcel;
	const char *why = "";

	ck_assert_int_eq(parcels_open(path, &parcels), RC_OK);
	ck_assert(parcels_is_bundle(parcels));
	ck_assert_uint_eq(parcels_manifest(parcels)->groups, 0xabc);
	ck_assert_uint_eq(parcels_total(parcels), SAMPLES);
	ck_assert_uint_eq(parcels_end(parcels).left_out, 3);
	for (size_t i = 0; i < SAMPLES; i++) {
		ck_assert_int_eq(parcels_next(parcels, &parcel, &why), RC_OK);
		check_same(&parcel, &samples[i]);
		parcel_done(&parcel);
	}
	ck_assert_int_eq(parcels_next(parcels, &parcel, &why), RC_ABSENT);
}

START_TEST(a_bundle_is_read_back_and_answered_from)
{
	char path[] = "/tmp/larder-parcel-XXXXXX";
	SCOPED(bundle) bundle = NULL;

	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	unlink(path);
	make_bundle(path);
	ck_assert_int_eq(bundle_open(path, &bundle), RC_OK);
	check_tier(bundle);
	check_read_back(path);
	unlink(path);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("parcel");

	tcase_add_loop_test(tests, a_line_is_read_back_whatever_the_buffer, 0, 4 * (int)SAMPLES);
	ADD_ROWS(tests, filters_take_what_fits, filters);
	tcase_add_test(tests, a_bundle_is_read_back_and_answered_from);
	return run_case("parcel", tests);
}
