/* key_accept.c - Accept as part of a key (RFC 9110 12.5.1).
 *
 * An origin that chooses a format by Accept mostly doesn't say so in Vary. What it would choose isn't known
 * here: so not the best class alone counts, but all that are named, in their order, and what is refused.
 * Requests that are not sure to be answered alike are not taken for the same. Pure; threads: any.
 */
#include "key_inside.h"

#include "weight.h"

#include "util/digest.h"

#include <string.h>

#define RANGES_MOST 16
#define OTHER       SLICE("other")

struct range {
	struct slice class; /* "*", a class, "other", or a media type that is between classes */
	int weight;
};

struct ranges {
	struct range items[RANGES_MOST];
	size_t count;
};

static struct slice lower_case(struct slice s, struct arena *arena)
{
	char *text = arena_alloc(arena, s.size + 1);

	for (size_t i = 0; i < s.size; i++)
		text[i] =
			(char)(s.data[i] >= 'A' && s.data[i] <= 'Z' ? s.data[i] | 0x20 : s.data[i]);
	return (struct slice){ text, s.size };
}

/* "xml": application/xml, text/xml, application/x-xml. "text" is text/plain. */
static bool is_of_class(struct slice type, struct slice subtype, struct slice class)
{
	if (!slice_equal(type, SLICE("application")) && !slice_equal(type, SLICE("text")))
		return false;
	if (slice_starts(subtype, SLICE("x-")))
		subtype = slice_skip(subtype, 2);
	if (slice_equal(subtype, SLICE("plain")))
		subtype = SLICE("text");
	return slice_equal(subtype, class);
}

/* Whether a class's name is a part of it: application/rdf+xml is neither sure to be answered as xml is,
 * nor as others are. */
static bool is_between(struct slice subtype, struct slice class)
{
	for (size_t i = 0; i + class.size <= subtype.size; i++) {
		if (memcmp(subtype.data + i, class.data, class.size) == 0)
			return true;
	}
	return false;
}

/* full: a media range in lower case. */
static struct slice class_of(const struct key_rule *rule, struct slice full)
{
	const struct text_list *classes = &rule->config->accept;
	struct slice subtype = full, type = slice_cut(&subtype, '/');
	bool between = slice_equal(subtype, SLICE("*"));

	if (slice_equal(full, SLICE("*/*")))
		return SLICE("*");
	for (size_t i = 0; i < classes->count; i++) {
		struct slice class = slice_of(classes->items[i]);

		if (is_of_class(type, subtype, class))
			return class;
		between |= is_between(subtype, class);
	}
	return between ? full : OTHER;
}

/* false: there are others, which may mean anything. */
static bool read_weight(struct slice parameters, int *ret)
{
	*ret = WEIGHT_MOST;
	while (parameters.data != NULL) {
		struct slice p = slice_trim(slice_cut(&parameters, ';'));

		if (p.size == 0)
			continue;
		if (p.size < 2 || (p.data[0] != 'q' && p.data[0] != 'Q') || p.data[1] != '=' ||
			!weight_parse(slice_skip(p, 2), ret))
			return false;
	}
	return true;
}

/* Of tokens, so that what is written of several has none of the marks between them. */
static bool is_media_range(struct slice name)
{
	struct slice subtype = name, type = slice_cut(&subtype, '/');

	return field_name_valid(type) && field_name_valid(subtype);
}

static bool read_range(
	const struct key_rule *rule, struct slice member, struct arena *arena, struct range *ret)
{
	struct slice name = slice_trim(slice_cut(&member, ';'));

	if (!is_media_range(name) || !read_weight(member, &ret->weight))
		return false;
	ret->class = class_of(rule, lower_case(name, arena));
	return true;
}

/* Of a class that is named twice the higher weight counts. By falling weight, equal ones as they came. */
static bool add(struct ranges *all, struct range one)
{
	size_t at = 0;

	for (; at < all->count && !slice_equal(all->items[at].class, one.class); at++)
		;
	if (at < all->count) {
		if (all->items[at].weight >= one.weight)
			return true;
	} else if (all->count++ == RANGES_MOST) {
		return false;
	}
	for (; at > 0 && all->items[at - 1].weight < one.weight; at--)
		all->items[at] = all->items[at - 1];
	all->items[at] = one;
	return true;
}

static bool read_ranges(const struct key_rule *rule, const struct headers *request,
	struct arena *arena, struct ranges *ret)
{
	const struct field *field;
	uint32_t from = 0;

	ret->count = 0;
	while ((field = headers_next(request, FIELD_ACCEPT, &from)) != NULL) {
		struct slice rest = field->value, member;

		while (list_next(&rest, &member)) {
			struct range one;

			if (!read_range(rule, member, arena, &one) || !add(ret, one))
				return false;
		}
	}
	return true;
}

/* "json,xml=other;0": '=' between equal weights, ";0" behind what is refused. */
static struct slice write_ranges(const struct ranges *all, struct arena *arena)
{
	size_t room = 0;
	char *text, *to;

	for (size_t i = 0; i < all->count; i++)
		room += all->items[i].class.size + 3;
	text = to = arena_alloc(arena, room + 1);
	for (size_t i = 0; i < all->count; i++) {
		const struct range *r = &all->items[i];

		if (i > 0)
			*to++ = r->weight == r[-1].weight ? '=' : ',';
		to = mempcpy(to, r->class.data, r->class.size);
		if (r->weight == 0)
			to = mempcpy(to, ";0", 2);
	}
	return (struct slice){ text, (size_t)(to - text) };
}

struct slice key_accept_exact(const struct headers *request, struct arena *arena)
{
	struct slice all = headers_combined(request, SLICE("accept"), arena);
	unsigned char digest[DIGEST_SIZE];
	char *text = arena_alloc(arena, 1 + 2 * 16);
	static const char digits[] = "0123456789abcdef";

	if (all.data == NULL)
		return SLICE("");
	digest_sha256(all, digest);
	text[0] = '#';
	for (size_t i = 0; i < 16; i++) {
		text[1 + 2 * i] = digits[digest[i] / 16];
		text[2 + 2 * i] = digits[digest[i] % 16];
	}
	return (struct slice){ text, 1 + 2 * 16 };
}

struct slice key_accept_classes(
	const struct key_rule *rule, const struct headers *request, struct arena *arena)
{
	struct ranges all;

	if (!headers_has(request, FIELD_ACCEPT))
		return SLICE("");
	if (!read_ranges(rule, request, arena, &all))
		return key_accept_exact(request, arena);
	/* "*" alone, whatever its weight, asks for what nothing asks for */
	if (all.count == 0 || (all.count == 1 && all.items[0].weight > 0 &&
				      slice_equal(all.items[0].class, SLICE("*"))))
		return SLICE("");
	return write_ranges(&all, arena);
}
