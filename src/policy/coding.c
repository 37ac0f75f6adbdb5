/* coding.c - content codings: what is stored, what a client takes, what can be made of it
 * (RFC 9110 8.4, 12.5.3).
 *
 * Two representations at most, whatever clients write. In doubt identity: everybody can read it.
 * What it is not: the inflating itself. Pure; threads: any. Ownership: everything is borrowed.
 */
#include "policy/coding.h"

#include "policy/vary.h"

#include "directives.h"
#include "weight.h"

#define UNLISTED (-1)

/* Weights in thousandths. */
struct preferences {
	struct slice name; /* of one more coding that is asked about; may be empty */
	int named;
	int gzip;
	int identity;
	int others; /* of "*" */
};

/* A malformed weight is 0: what was said so badly is not taken as acceptable. Without one: 1. */
static int weight_of(struct slice parameters)
{
	while (parameters.data != NULL) {
		struct slice p = slice_trim(slice_cut(&parameters, ';'));
		int weight = 0;

		if (p.size >= 2 && (p.data[0] == 'q' || p.data[0] == 'Q') && p.data[1] == '=')
			return weight_parse(slice_skip(p, 2), &weight) ? weight : 0;
	}
	return WEIGHT_MOST;
}

/* RFC 9110 8.4.1.3 */
static bool is_gzip(struct slice coding)
{
	return slice_equal_nocase(coding, SLICE("gzip")) ||
	       slice_equal_nocase(coding, SLICE("x-gzip"));
}

/* Of duplicates the least. */
static void note(int *at, int weight)
{
	if (*at == UNLISTED || weight < *at)
		*at = weight;
}

static void take(struct slice member, struct preferences *p)
{
	struct slice coding = slice_trim(slice_cut(&member, ';'));
	int weight = weight_of(member);

	if (slice_equal_nocase(coding, p->name))
		note(&p->named, weight);
	if (is_gzip(coding))
		note(&p->gzip, weight);
	else if (slice_equal_nocase(coding, SLICE("identity")))
		note(&p->identity, weight);
	else if (slice_equal(coding, SLICE("*")))
		note(&p->others, weight);
}

static struct preferences preferences_of(const struct headers *request, struct slice name)
{
	struct preferences p = { name, UNLISTED, UNLISTED, UNLISTED, UNLISTED };
	const struct field *at;
	uint32_t from = 0;

	while ((at = headers_next(request, FIELD_ACCEPT_ENCODING, &from)) != NULL) {
		struct slice rest = at->value, member;

		while (list_next(&rest, &member))
			take(member, &p);
	}
	return p;
}

static int listed_or(int weight, int others)
{
	return weight != UNLISTED ? weight : others;
}

bool coding_prefers_gzip(const struct headers *request)
{
	struct preferences p = preferences_of(request, (struct slice){ NULL, 0 });
	int gzip = listed_or(p.gzip, p.others);

	return gzip > 0 && gzip >= listed_or(p.identity, p.others);
}

static bool takes(const struct headers *request, struct slice coding)
{
	struct preferences p = preferences_of(request, coding);

	return listed_or(is_gzip(coding) ? p.gzip : p.named, p.others) > 0;
}

/* The next coding that the body went through; "identity" is none. */
static bool next_coding(
	const struct headers *response, struct slice *rest, uint32_t *from, struct slice *ret)
{
	const struct field *at;

	for (;;) {
		while (list_next(rest, ret)) {
			if (!slice_equal_nocase(*ret, SLICE("identity")))
				return true;
		}
		at = headers_next(response, FIELD_CONTENT_ENCODING, from);
		if (at == NULL)
			return false;
		*rest = at->value;
	}
}

enum coding coding_of(const struct headers *response)
{
	struct slice rest = { NULL, 0 }, name;
	enum coding coding = CODING_IDENTITY;
	uint32_t from = 0;

	while (next_coding(response, &rest, &from, &name)) {
		if (coding != CODING_IDENTITY || !is_gzip(name))
			return CODING_OTHER;
		coding = CODING_GZIP;
	}
	return coding;
}

/* Every coding must be undone by the client. */
static bool takes_all(const struct headers *request, const struct headers *response)
{
	struct slice rest = { NULL, 0 }, name;
	uint32_t from = 0;

	while (next_coding(response, &rest, &from, &name)) {
		if (!takes(request, name))
			return false;
	}
	return true;
}

/* RFC 9111 5.2.2.6 */
static bool may_be_transformed(const struct headers *response)
{
	struct cache_control cc;

	directives_read(response, &cc);
	return !(cc.flags & CC_NO_TRANSFORM);
}

bool coding_may_transform(const struct headers *response, const struct request_view *request)
{
	return !(request->cc.flags & CC_NO_TRANSFORM) && may_be_transformed(response);
}

/* A part of what was compressed can't be inflated. */
static bool may_be_inflated(const struct headers *response)
{
	return !headers_has(response, FIELD_CONTENT_RANGE) && may_be_transformed(response);
}

bool coding_serves_all(const struct headers *response)
{
	switch (coding_of(response)) {
	case CODING_IDENTITY:
		return true;
	case CODING_GZIP:
		return may_be_inflated(response);
	case CODING_OTHER:
		break;
	}
	return false;
}

enum coding_use coding_use(const struct headers *response, const struct request_view *request)
{
	switch (coding_of(response)) {
	case CODING_IDENTITY:
		return CODING_AS_IT_IS;
	case CODING_GZIP:
		if (coding_prefers_gzip(request->headers))
			return CODING_AS_IT_IS;
		if (request->cc.flags & CC_NO_TRANSFORM || !may_be_inflated(response))
			return CODING_UNFIT;
		return CODING_INFLATE;
	case CODING_OTHER:
		break;
	}
	return takes_all(request->headers, response) ? CODING_AS_IT_IS : CODING_UNFIT;
}

enum coding_use coding_use_object(const struct object *object, const struct request_view *request)
{
	if (!object->gzipped)
		return coding_use(&object->headers, request);
	if (coding_prefers_gzip(request->headers) && !headers_has(request->headers, FIELD_RANGE) &&
		!(request->cc.flags & CC_NO_TRANSFORM) && may_be_transformed(&object->headers))
		return CODING_AS_IT_IS; /* a 304 may have brought no-transform */
	return CODING_INFLATE;
}

bool coding_is_of_bytes(const struct field *field)
{
	static const enum field_id ids[] = {
		FIELD_CONTENT_DIGEST,
		FIELD_CONTENT_ENCODING,
		FIELD_CONTENT_LENGTH,
		FIELD_CONTENT_MD5,
		FIELD_CONTENT_RANGE,
		FIELD_DIGEST,
		FIELD_REPR_DIGEST,
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (ids[i] == field->id)
			return true;
	}
	return false;
}

bool coding_fits(const struct headers *response, const struct headers *variant,
	const struct request_view *request)
{
	struct slice asked = headers_get(variant, FIELD_ACCEPT_ENCODING);

	if (coding_use(response, request) != CODING_UNFIT)
		return true;
	return asked.size > 0 && slice_equal(asked, vary_accept_encoding(request->headers));
}
