/* vary.c - the request fields that select a stored response, normalised (RFC 9111 4.1).
 *
 *	Vary: Accept, X-Kind	accept = "text/xml, text/html"	x-kind = ",absent"
 *
 * Names in lower case and in order, each once, so that equal variants have equal lists. Values: all
 * fields of the name joined, blanks around commas made one; Accept-Language by falling weight; nothing
 * else is taken as equal that the origin might tell apart. Pure; threads: any.
 */
#include "policy/vary.h"

#include "language.h"
#include "selecting.h"
#include "weight.h"

#include "policy/coding.h"

/* No field of this name: differs from all values, where a comma always has a blank behind it. */
#define ABSENT SLICE(",absent")

bool vary_is_any(const struct headers *response)
{
	const struct field *at;
	uint32_t from = 0;

	while ((at = headers_next(response, FIELD_VARY, &from)) != NULL) {
		struct slice rest = at->value, name;

		/* "*" is a token too. */
		while (list_next(&rest, &name)) {
			if (slice_equal(name, SLICE("*")) || !field_name_valid(name))
				return true;
		}
	}
	return false;
}

static bool is_credential(enum field_id id)
{
	return id == FIELD_AUTHORIZATION || id == FIELD_COOKIE || id == FIELD_PROXY_AUTHORIZATION;
}

/* Authorization goes to every origin, so what varies by it does. */
static bool counts(struct slice name, const struct text_list *allowed)
{
	if (allowed == NULL || allowed->count == 0 || field_lookup(name) == FIELD_AUTHORIZATION)
		return true;
	for (size_t i = 0; i < allowed->count; i++) {
		if (slice_equal_nocase(slice_of(allowed->items[i]), name))
			return true;
	}
	return false;
}

void vary_narrow(const struct headers *response, const struct text_list *allowed, bool forced,
	struct headers *ret)
{
	bool any = vary_is_any(response);

	if (any && !forced) {
		headers_add_known(ret, FIELD_VARY, SLICE("*"));
		return;
	}
	HEADERS_EACH(at, response) {
		struct slice rest = at->value, name;

		if (at->id != FIELD_VARY) {
			headers_add(ret, at->name, at->value);
			continue;
		}
		while (list_next(&rest, &name)) {
			if (!slice_equal(name, SLICE("*")) && field_name_valid(name) &&
				counts(name, allowed))
				headers_add_known(ret, FIELD_VARY, arena_copy(ret->arena, name));
		}
	}
}

bool vary_names_credentials(const struct headers *request, const struct headers *response,
	const struct text_list *allowed)
{
	const struct field *at;
	uint32_t from = 0;

	while ((at = headers_next(response, FIELD_VARY, &from)) != NULL) {
		struct slice rest = at->value, name;

		while (list_next(&rest, &name)) {
			enum field_id id = field_lookup(name);

			if (is_credential(id) && headers_has(request, id) && counts(name, allowed))
				return true;
		}
	}
	return false;
}

/* Where a normalised value goes: written to `to`, or compared with `with` when that is NULL. */
struct sink {
	char *to;
	struct slice with;
	size_t size;
	bool differs;
	bool fold; /* letter case has no meaning */
};

static void put(struct sink *sink, char c)
{
	if (sink->fold && c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	if (sink->to != NULL)
		sink->to[sink->size] = c;
	else if (sink->size >= sink->with.size || sink->with.data[sink->size] != c)
		sink->differs = true;
	sink->size++;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t after_blanks(struct slice s, size_t i)
{
	while (i < s.size && is_blank(s.data[i]))
		i++;
	return i;
}

/* Takes what begins at i outside of a quoted string; returns where the next begins. */
static size_t put_plain(struct sink *sink, struct slice s, size_t i)
{
	size_t next = after_blanks(s, i);

	if (next < s.size && s.data[next] == ',') {
		put(sink, ',');
		put(sink, ' ');
		return after_blanks(s, next + 1);
	}
	put(sink, s.data[i]);
	return i + 1;
}

/* Takes a quoted string as it stands (RFC 9110 5.6.4). */
static size_t put_quoted(struct sink *sink, struct slice s, size_t i)
{
	do {
		if (s.data[i] == '\\' && i + 1 < s.size)
			put(sink, s.data[i++]);
		put(sink, s.data[i++]);
	} while (i < s.size && s.data[i] != '"');
	if (i < s.size)
		put(sink, s.data[i++]);
	return i;
}

static void put_value(struct sink *sink, struct slice s)
{
	size_t i = 0;

	while (i < s.size)
		i = s.data[i] == '"' ? put_quoted(sink, s, i) : put_plain(sink, s, i);
}

static void put_slice(struct sink *sink, struct slice s)
{
	for (size_t i = 0; i < s.size; i++)
		put(sink, s.data[i]);
}

/* The normalised value of all fields called name. */
static void put_field(struct sink *sink, const struct headers *request, struct slice name)
{
	const struct field *at;
	uint32_t from = 0;
	bool found = false;

	while ((at = headers_next_named(request, name, &from)) != NULL) {
		if (found)
			put_slice(sink, SLICE(", "));
		put_value(sink, at->value);
		found = true;
	}
	if (!found)
		put_slice(sink, ABSENT);
}

/* ";q=0.5" in its shortest form; nothing for 1. */
static void put_weight(struct sink *sink, int weight)
{
	int scale = 100;

	if (weight == WEIGHT_MOST)
		return;
	put_slice(sink, weight > 0 ? SLICE(";q=0.") : SLICE(";q=0"));
	for (; weight > 0; scale /= 10) {
		put(sink, (char)('0' + weight / scale));
		weight %= scale;
	}
}

/* RFC 9111 4.1: what has the same meaning selects the same. What can't be read, or is longer than
 * anybody writes, counts as it came: no reading of it looks like that. */
static void put_languages(struct sink *sink, const struct headers *request)
{
	struct language languages[LANGUAGES_MOST];
	size_t count;

	sink->fold = true; /* ranges and "q" are case-insensitive */
	if (!headers_has(request, FIELD_ACCEPT_LANGUAGE) ||
		!languages_read(request, languages, &count)) {
		put_field(sink, request, field_name(FIELD_ACCEPT_LANGUAGE));
		return;
	}
	for (size_t i = 0; i < count; i++) {
		put_slice(sink, i > 0 ? SLICE(", ") : SLICE(""));
		put_slice(sink, languages[i].range);
		put_weight(sink, languages[i].weight);
	}
}

static void put_normalised(struct sink *sink, const struct headers *request, struct slice name)
{
	enum field_id id = field_lookup(name);

	if (id == FIELD_ACCEPT_ENCODING)
		put_slice(sink, vary_accept_encoding(request));
	else if (id == FIELD_ACCEPT_LANGUAGE)
		put_languages(sink, request);
	else
		put_field(sink, request, name);
}

/* Each comma may get a blank, and each field a separator. */
static size_t most_size(const struct headers *request, struct slice name)
{
	const struct field *at;
	uint32_t from = 0;
	size_t size = sizeof("identity") + ABSENT.size;

	while ((at = headers_next_named(request, name, &from)) != NULL)
		size += 2 * at->value.size + 2;
	return size;
}

static struct slice normalised(
	const struct headers *request, struct slice name, struct arena *arena)
{
	struct sink sink = { .to = arena_alloc(arena, most_size(request, name)) };

	put_normalised(&sink, request, name);
	sink.to[sink.size] = '\0';
	return (struct slice){ sink.to, sink.size };
}

static struct slice lower_case(struct slice name, struct arena *arena)
{
	struct sink sink = { .to = arena_alloc(arena, name.size + 1), .fold = true };

	put_slice(&sink, name);
	sink.to[sink.size] = '\0';
	return (struct slice){ sink.to, sink.size };
}

static int compare(struct slice a, struct slice b)
{
	for (size_t i = 0; i < a.size && i < b.size; i++) {
		if (a.data[i] != b.data[i])
			return a.data[i] < b.data[i] ? -1 : 1;
	}
	return (a.size > b.size) - (a.size < b.size);
}

/* Moves the last field to its place by name. */
static void sort_last(struct headers *h)
{
	for (uint32_t i = h->count - 1; i > 0; i--) {
		struct field last = h->fields[i];

		if (compare(h->fields[i - 1].name, last.name) <= 0)
			return;
		h->fields[i] = h->fields[i - 1];
		h->fields[i - 1] = last;
	}
}

struct slice vary_accept_encoding(const struct headers *request)
{
	return coding_prefers_gzip(request) ? SLICE("gzip") : SLICE("identity");
}

static void add_selecting(const struct headers *request, struct slice name, struct headers *ret)
{
	uint32_t from = 0;

	if (headers_next_named(ret, name, &from) != NULL)
		return;
	name = lower_case(name, ret->arena);
	headers_add(ret, name, normalised(request, name, ret->arena));
	sort_last(ret);
}

enum rc vary_select(
	const struct headers *request, const struct headers *response, struct headers *ret)
{
	bool serves_all = coding_serves_all(response);
	const struct field *at;
	uint32_t from = 0;

	if (vary_is_any(response) || vary_names_credentials(request, response, NULL))
		return RC_UNSUPPORTED;
	while ((at = headers_next(response, FIELD_VARY, &from)) != NULL) {
		struct slice rest = at->value, name;

		while (list_next(&rest, &name)) {
			if (!serves_all || field_lookup(name) != FIELD_ACCEPT_ENCODING)
				add_selecting(request, name, ret);
		}
	}
	if (!serves_all)
		add_selecting(request, SLICE("accept-encoding"), ret);
	return RC_OK;
}

void vary_request_of(const struct headers *variant, struct headers *ret)
{
	HEADERS_EACH(at, variant) {
		if (!slice_equal(at->value, ABSENT))
			headers_add(ret, at->name, at->value);
	}
}

static bool selects(const struct field *stored, const struct headers *request)
{
	struct sink sink = { .with = stored->value };

	put_normalised(&sink, request, stored->name);
	return !sink.differs && sink.size == stored->value.size;
}

bool vary_matches(const struct headers *variant, const struct headers *request)
{
	HEADERS_EACH(at, variant) {
		if (!selects(at, request))
			return false;
	}
	return true;
}
