/* test_gzip.c - making gzip: what is worth it, that it can be undone, and what fails. */
#include "http/gzip.h"

#include "body_pattern.h"
#include "http/gunzip.h"
#include "http_fixture.h"
#include "util/alloc.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FIELDS_MOST 4
#define MIB         (1024 * 1024)

static struct arena arena;
static struct headers response;

static void set_up(void)
{
	arena_init(&arena);
	headers_init(&response, &arena);
}

static void tear_down(void)
{
	arena_done(&arena);
}

/* ---- what is worth it ---- */

static const struct {
	const char *type;
	bool worth;
} types[] = {
	{ "application/json", true },
	{ "application/json; charset=utf-8", true },
	{ "APPLICATION/JSON;charset=utf-8", true },
	{ " application/json ", true },
	{ "application/problem+json", true },
	{ "application/geo+json", true },
	{ "application/ld+json;profile=\"a;b\"", true },
	{ "application/sparql-results+json", true },
	{ "application/sparql-results+xml", true },
	{ "application/x-ndjson", true },
	{ "application/xml", true },
	{ "application/rdf+xml", true },
	{ "application/atom+xml", true },
	{ "application/tei+xml", true },
	{ "application/xhtml+xml", true },
	{ "application/n-triples", true },
	{ "application/trig", true },
	{ "application/yaml", true },
	{ "application/javascript", true },
	{ "application/x-bibtex", true },
	{ "application/x-research-info-systems", true },
	{ "image/svg+xml", true },
	{ "text/html", true },
	{ "text/turtle", true },
	{ "text/csv", true },
	{ "text/x-bibliography", true },
	{ "image/png", false },
	{ "image/jpeg", false },
	{ "audio/mpeg", false },
	{ "video/mp4", false },
	{ "font/woff2", false },
	{ "application/zip", false },
	{ "application/gzip", false },
	{ "application/epub+zip", false },
	{ "application/pdf", false },
	{ "application/octet-stream", false },
	{ "application/vnd.openxmlformats-officedocument.wordprocessingml.document", false },
	{ "multipart/byteranges; boundary=json", false },
	{ "application/jsonx", false },
	{ "xapplication/json", false },
	{ "json", false },
	{ "text", false },
	{ "image/png;+json", false },
	{ "", false },
};

START_TEST(knows_types)
{
	headers_add_known(&response, FIELD_CONTENT_TYPE, slice_of(types[_i].type));
	ck_assert_msg(gzip_is_worth(&response) == types[_i].worth, "%s", types[_i].type);
}
END_TEST

/* Beside a type that is worth it. */
static const struct {
	const char *what;
	struct {
		enum field_id id;
		const char *value;
	} fields[FIELDS_MOST];
	bool worth;
} heads[] = {
	{ "nothing else", { { 0 } }, true },
	{ "RFC 9110 8.4: coded", { { FIELD_CONTENT_ENCODING, "gzip" } }, false },
	{ "RFC 9110 8.4: another", { { FIELD_CONTENT_ENCODING, "br" } }, false },
	{ "RFC 9110 8.4: an unknown one", { { FIELD_CONTENT_ENCODING, "x-mine" } }, false },
	{ "RFC 9110 8.4: identity", { { FIELD_CONTENT_ENCODING, "Identity" } }, true },
	{ "RFC 9110 8.4: empty", { { FIELD_CONTENT_ENCODING, "" } }, true },
	{ "RFC 9110 8.4: several", { { FIELD_CONTENT_ENCODING, "identity, gzip" } }, false },
	{ "RFC 9110 8.4: in another line",
		{ { FIELD_CONTENT_ENCODING, "identity" }, { FIELD_CONTENT_ENCODING, "gzip" } },
		false },
	{ "RFC 9110 14.4: a part", { { FIELD_CONTENT_RANGE, "bytes 0-1/5" } }, false },
	{ "RFC 9111 5.2.2.6: no-transform", { { FIELD_CACHE_CONTROL, "no-transform" } }, false },
	{ "RFC 9111 5.2.2.6: among others",
		{ { FIELD_CACHE_CONTROL, "max-age=5, No-Transform, public" } }, false },
	{ "RFC 9111 5.2.2.6: in another line",
		{ { FIELD_CACHE_CONTROL, "max-age=5" }, { FIELD_CACHE_CONTROL, "no-transform" } },
		false },
	{ "RFC 9213 2.2: targeted", { { FIELD_CDN_CACHE_CONTROL, "max-age=1, no-transform" } },
		false },
	{ "RFC 9213 2.2: targeted here", { { FIELD_LARDER_CACHE_CONTROL, "no-transform" } },
		false },
	{ "RFC 9213 2.2: and what would have stood without",
		{ { FIELD_LARDER_CACHE_CONTROL, "max-age=1" },
			{ FIELD_CDN_CACHE_CONTROL, "no-transform" } },
		false },
	{ "older caches' field", { { FIELD_SURROGATE_CONTROL, "no-transform" } }, false },
	{ "other directives", { { FIELD_CACHE_CONTROL, "no-cache, private, transform" } }, true },
	{ "other fields", { { FIELD_VARY, "accept-encoding" }, { FIELD_ETAG, "\"no-transform\"" } },
		true },
};

START_TEST(knows_fields)
{
	headers_add_known(&response, FIELD_CONTENT_TYPE, SLICE("text/plain"));
	for (size_t i = 0; i < FIELDS_MOST && heads[_i].fields[i].value != NULL; i++)
		headers_add_known(
			&response, heads[_i].fields[i].id, slice_of(heads[_i].fields[i].value));
	ck_assert_msg(gzip_is_worth(&response) == heads[_i].worth, "%s", heads[_i].what);
}
END_TEST

START_TEST(needs_a_type)
{
	ck_assert(!gzip_is_worth(&response));
}
END_TEST

/* ---- doing it ---- */

enum content { PATTERN, ZEROS, NOISE };

static struct body *make(size_t size, enum content content)
{
	char *data = xalloc(size + 1);
	uint32_t state = 1;

	if (content == PATTERN)
		fill_pattern(data, size, 0);
	for (size_t i = 0; content == NOISE && i < size; i++) {
		state = state * 1664525 + 1013904223;
		data[i] = (char)(state >> 24);
	}
	return body_new(data, size);
}

static struct slice all_of(const struct body *body)
{
	return (struct slice){ body->data, body->size };
}

static void check_undone(struct slice packed, const struct body *want)
{
	static const struct gunzip_limits wide = { UINT64_MAX, 1100 };
	SCOPED(body) plain = NULL;

	ck_assert_int_eq(gunzip_all(packed, &wide, &plain), RC_OK);
	ck_assert(slice_equal(all_of(plain), all_of(want)));
}

static const struct {
	size_t size;
	enum content content;
	int level;
} bodies[] = {
	{ 0, ZEROS, 6 },
	{ 1, PATTERN, 6 },
	{ 1000, PATTERN, 1 },
	{ 65535, PATTERN, 6 },
	{ 65536, PATTERN, 6 },
	{ 65537, NOISE, 6 },
	{ 3 * MIB + 5, PATTERN, 6 },
	{ 3 * MIB, NOISE, 1 },
	{ 3 * MIB, NOISE, 9 },
	{ 8 * MIB, ZEROS, 9 },
};

START_TEST(packs_at_once)
{
	SCOPED(body) plain = make(bodies[_i].size, bodies[_i].content);
	SCOPED(body) packed = NULL;
	SCOPED(body) again = NULL;

	ck_assert_int_eq(gzip_whole(all_of(plain), bodies[_i].level, SIZE_MAX, &packed), RC_OK);
	check_undone(all_of(packed), plain);
	ck_assert_int_eq(gzip_whole(all_of(plain), bodies[_i].level, SIZE_MAX, &again), RC_OK);
	ck_assert(slice_equal(all_of(packed), all_of(again)));
}
END_TEST

/* Smaller than most, or not at all. */
START_TEST(packs_below_a_limit)
{
	SCOPED(body) plain = make(bodies[_i].size, bodies[_i].content);
	SCOPED(body) packed = NULL;
	struct body *other = NULL;
	int level = bodies[_i].level;
	size_t size;

	ck_assert_int_eq(gzip_whole(all_of(plain), level, SIZE_MAX, &packed), RC_OK);
	size = packed->size;
	ck_assert_int_eq(gzip_whole(all_of(plain), level, size, &other), RC_TOO_LARGE);
	ck_assert_int_eq(gzip_whole(all_of(plain), level, 1, &other), RC_TOO_LARGE);
	ck_assert_int_eq(gzip_whole(all_of(plain), level, 0, &other), RC_TOO_LARGE);
	ck_assert_ptr_null(other);
	ck_assert_int_eq(gzip_whole(all_of(plain), level, size + 1, &other), RC_OK);
	ck_assert_uint_eq(other->size, size);
	check_undone(all_of(other), plain);
	body_unref(other);
}
END_TEST

/* A body that lies elsewhere: read in small pieces, and not at all behind `fails`. */
struct elsewhere {
	struct body_source base;
	struct body *body;
	uint64_t fails;
};

static ssize_t read_elsewhere(
	struct body_source *source, uint64_t offset, char *buffer, size_t size)
{
	struct elsewhere *e = (struct elsewhere *)source;

	if (offset >= e->fails)
		return -1;
	return body_read(e->body, offset, buffer, size < 4099 ? size : 4099);
}

static void free_elsewhere(struct body_source *source)
{
	body_unref(((struct elsewhere *)source)->body);
	free(source);
}

static struct body *make_elsewhere(struct body *body, uint64_t fails)
{
	static const struct body_source_ops ops = { .read = read_elsewhere,
		.free = free_elsewhere };
	struct elsewhere *e = xalloc(sizeof(*e));

	*e = (struct elsewhere){ { &ops }, body_ref(body), fails };
	return body_new_at(&e->base, body->size);
}

static int temporary(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void check_written(int fd, uint64_t size, const struct body *want)
{
	char *packed = xalloc(size);

	ck_assert_int_eq(lseek(fd, 0, SEEK_END), (off_t)size);
	ck_assert_int_eq(pread(fd, packed, size, 0), (ssize_t)size);
	check_undone((struct slice){ packed, size }, want);
	free(packed);
}

START_TEST(packs_to_a_file)
{
	SCOPED(body) plain = make(bodies[_i].size, bodies[_i].content);
	SCOPED(body) elsewhere = make_elsewhere(plain, UINT64_MAX);
	uint64_t size = 0, size_of_other = 0;
	int fd = temporary(), other = temporary();

	ck_assert_int_eq(gzip_to_fd(plain, bodies[_i].level, fd, &size), RC_OK);
	check_written(fd, size, plain);
	ck_assert_int_eq(gzip_to_fd(elsewhere, bodies[_i].level, other, &size_of_other), RC_OK);
	check_written(other, size_of_other, plain);
	close(fd);
	close(other);
}
END_TEST

START_TEST(tells_what_failed)
{
	SCOPED(body) plain = make(MIB, NOISE);
	SCOPED(body) broken = make_elsewhere(plain, 300000);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), fd = temporary();
	uint64_t size = 7;

	ck_assert_int_eq(gzip_to_fd(broken, 6, fd, &size), RC_IO);
	ck_assert_int_eq(gzip_to_fd(plain, 6, full, &size), RC_FULL);
	ck_assert_uint_eq(size, 7);
	close(full);
	close(fd);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("gzip");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	ADD_ROWS(tests, knows_types, types);
	ADD_ROWS(tests, knows_fields, heads);
	tcase_add_test(tests, needs_a_type);
	ADD_ROWS(tests, packs_at_once, bodies);
	ADD_ROWS(tests, packs_below_a_limit, bodies);
	ADD_ROWS(tests, packs_to_a_file, bodies);
	tcase_add_test(tests, tells_what_failed);
	return run_case("gzip", tests);
}
