/* accept_encoding.c - "gzip" or "identity": what is asked of the origin for a client
 * (RFC 9110 12.5.3).
 *
 * Two representations at most, whatever clients write. In doubt identity: everybody can read it.
 * Pure; threads: any. Ownership: the answer is static text.
 */
#include "policy/vary.h"

#define UNLISTED (-1)

/* Weights in thousandths. */
struct preferences {
	int gzip;
	int identity;
	int others; /* of "*" */
};

/* RFC 9110 12.4.2. A malformed weight is 0: what was said so badly is not taken as acceptable. */
static int weight_parse(struct slice text)
{
	int value, scale = 100;

	if (text.size == 0 || text.size > 5 || (text.data[0] != '0' && text.data[0] != '1'))
		return 0;
	if (text.size > 1 && text.data[1] != '.')
		return 0;
	value = (text.data[0] - '0') * 1000;
	for (size_t i = 2; i < text.size; i++, scale /= 10) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return 0;
		value += (text.data[i] - '0') * scale;
	}
	return value <= 1000 ? value : 0;
}

/* Without a weight: 1. */
static int weight_of(struct slice parameters)
{
	while (parameters.data != NULL) {
		struct slice p = slice_trim(slice_cut(&parameters, ';'));

		if (p.size >= 2 && (p.data[0] == 'q' || p.data[0] == 'Q') && p.data[1] == '=')
			return weight_parse(slice_skip(p, 2));
	}
	return 1000;
}

static void take(struct slice member, struct preferences *p)
{
	struct slice coding = slice_trim(slice_cut(&member, ';'));
	int weight = weight_of(member);

	if (slice_equal_nocase(coding, SLICE("gzip")) ||
		slice_equal_nocase(coding, SLICE("x-gzip"))) { /* RFC 9110 8.4.1.3 */
		if (p->gzip == UNLISTED || weight < p->gzip)
			p->gzip = weight;
	} else if (slice_equal_nocase(coding, SLICE("identity"))) {
		p->identity = weight;
	} else if (slice_equal(coding, SLICE("*"))) {
		p->others = weight;
	}
}

struct slice vary_accept_encoding(const struct headers *request)
{
	struct preferences p = { UNLISTED, UNLISTED, UNLISTED };
	const struct field *at;
	uint32_t from = 0;

	while ((at = headers_next(request, FIELD_ACCEPT_ENCODING, &from)) != NULL) {
		struct slice rest = at->value, member;

		while (list_next(&rest, &member))
			take(member, &p);
	}
	if (p.gzip == UNLISTED)
		p.gzip = p.others;
	if (p.identity == UNLISTED)
		p.identity = p.others;
	return p.gzip > 0 && p.gzip >= p.identity ? SLICE("gzip") : SLICE("identity");
}
