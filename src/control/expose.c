/* expose.c - content negotiation for /metrics (RFC 9110 12.5.1).
 *
 * Stateless; reads the Accept field where it lies. Quoted strings with commas or semicolons in them
 * are cut apart: no parameter that matters here has any, and the pieces match nothing.
 */
#include "control/expose.h"

#include "observe/metrics.h"

/* Weights are counted in thousandths: RFC 9110 12.4.2 allows three digits. */
enum { WEIGHT_FULL = 1000 };

/* How exactly a range names a format: the most exact one decides about it. */
enum match { MATCH_NONE, MATCH_ANY, MATCH_TYPE, MATCH_NAME, MATCH_VERSION };

struct offer {
	const char *type;
	const char *subtype;
	const char *version;
	const char *content_type;
};

static const struct offer offers[] = {
	[METRICS_TEXT_0_0_4] = { "text", "plain", "0.0.4",
		"text/plain; version=0.0.4; charset=utf-8" },
	[METRICS_OPENMETRICS_1_0_0] = { "application", "openmetrics-text", "1.0.0",
		"application/openmetrics-text; version=1.0.0; charset=utf-8" },
};

struct range {
	struct slice type, subtype;
	struct slice version; /* data NULL: any */
	unsigned weight;
};

static struct slice unquote(struct slice s)
{
	if (s.size >= 2 && s.data[0] == '"' && s.data[s.size - 1] == '"')
		return (struct slice){ s.data + 1, s.size - 2 };
	return s;
}

/* qvalue = 0[.ddd] | 1[.000]. What is malformed weighs nothing: it can't be a preference. */
static unsigned parse_weight(struct slice q)
{
	unsigned weight = 0, place = WEIGHT_FULL / 10;

	if (q.size == 0 || q.size > 5 || (q.data[0] != '0' && q.data[0] != '1'))
		return 0;
	if (q.size > 1 && q.data[1] != '.')
		return 0;
	if (q.data[0] == '1')
		weight = WEIGHT_FULL;
	for (size_t i = 2; i < q.size; i++) {
		if (q.data[i] < '0' || q.data[i] > '9')
			return 0;
		weight += (unsigned)(q.data[i] - '0') * place;
		place /= 10;
	}
	return weight <= WEIGHT_FULL ? weight : 0;
}

static void parse_parameter(struct range *r, struct slice parameter)
{
	struct slice name = slice_trim(slice_cut(&parameter, '='));
	struct slice value = unquote(slice_trim(parameter));

	if (slice_equal_nocase(name, SLICE("q")))
		r->weight = parse_weight(value);
	else if (slice_equal_nocase(name, SLICE("version")))
		r->version = value;
}

static struct range parse_range(struct slice text)
{
	struct range r = { .weight = WEIGHT_FULL };
	struct slice name = slice_cut(&text, ';');

	r.type = slice_trim(slice_cut(&name, '/'));
	r.subtype = slice_trim(name);
	while (text.data != NULL)
		parse_parameter(&r, slice_trim(slice_cut(&text, ';')));
	return r;
}

static enum match match_offer(const struct range *r, const struct offer *offer)
{
	bool any_subtype = slice_equal(r->subtype, SLICE("*"));

	if (any_subtype && slice_equal(r->type, SLICE("*")))
		return MATCH_ANY;
	if (!slice_equal_nocase(r->type, slice_of(offer->type)))
		return MATCH_NONE;
	if (any_subtype)
		return MATCH_TYPE;
	if (!slice_equal_nocase(r->subtype, slice_of(offer->subtype)))
		return MATCH_NONE;
	if (r->version.data == NULL)
		return MATCH_NAME;
	return slice_equal(r->version, slice_of(offer->version)) ? MATCH_VERSION : MATCH_NONE;
}

/* The weight of an offer; *ret_match says how exactly it was named. */
static unsigned weigh(struct slice accept, const struct offer *offer, enum match *ret_match)
{
	enum match best = MATCH_NONE;
	unsigned weight = 0;

	while (accept.data != NULL) {
		struct range r = parse_range(slice_cut(&accept, ','));
		enum match match = match_offer(&r, offer);

		if (match > best) {
			best = match;
			weight = r.weight;
		}
	}
	*ret_match = best;
	return weight;
}

/* OpenMetrics only for who names it: clients that ask for any type mean nothing by it. */
static enum metrics_format choose(struct slice accept)
{
	enum match text_match, open_match;
	unsigned text = weigh(accept, &offers[METRICS_TEXT_0_0_4], &text_match);
	unsigned open = weigh(accept, &offers[METRICS_OPENMETRICS_1_0_0], &open_match);

	if (open > 0 && open_match >= MATCH_NAME && open >= text)
		return METRICS_OPENMETRICS_1_0_0;
	return METRICS_TEXT_0_0_4;
}

enum rc expose_metrics(struct slice accept, struct bytes *ret_body, const char **ret_content_type)
{
	enum metrics_format format = choose(accept);

	TRY(metrics_render(format, ret_body));
	*ret_content_type = offers[format].content_type;
	return RC_OK;
}
