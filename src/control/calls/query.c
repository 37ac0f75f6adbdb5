/* control/calls/query.c - are the parameters of a query those of the route? See query.h. */
#include "query.h"

#include "util/octets.h"

/* The type of a name in "name:type name:type"; data NULL: it isn't there. */
static struct slice type_of(const char *parameters, struct slice name)
{
	struct slice rest = slice_of(parameters);

	while (rest.size > 0) {
		struct slice type = slice_cut(&rest, ' ');

		if (slice_equal(slice_cut(&type, ':'), name))
			return type;
	}
	return (struct slice){ NULL, 0 };
}

static bool is_digits(struct slice s)
{
	uint64_t number;

	return slice_to_u64(s, &number) && number <= INT64_MAX;
}

static bool is_of_type(struct call *call, struct slice value, struct slice type)
{
	struct slice text = octets_decoded(value, call->request->arena);

	if (slice_equal(type, SLICE("boolean")))
		return slice_equal(text, SLICE("true")) || slice_equal(text, SLICE("false"));
	if (slice_equal(type, SLICE("integer")))
		return is_digits(text);
	return octets_are_utf8(text);
}

/* Whether it stands in what follows, too. */
static bool comes_again(struct slice rest, struct slice name)
{
	while (rest.size > 0) {
		struct slice pair = slice_cut(&rest, '&');

		if (slice_equal(slice_cut(&pair, '='), name))
			return true;
	}
	return false;
}

bool query_check(struct call *call)
{
	const char *parameters = call->route->parameters;
	struct slice rest = call->request->head.target.query;

	while (rest.size > 0) {
		struct slice value = slice_cut(&rest, '&'), name = slice_cut(&value, '=');
		struct slice type = type_of(parameters, name);

		if (value.data == NULL || type.data == NULL)
			call_refuse(call, 400,
				"unknown parameter \"" SLICE_FORMAT "\"; expected %s%s",
				SLICE_ARGS(name), parameters[0] != '\0' ? "one of: " : "none",
				parameters);
		else if (comes_again(rest, name))
			call_refuse(
				call, 400, SLICE_FORMAT " twice; expected once", SLICE_ARGS(name));
		else if (!is_of_type(call, value, type))
			call_refuse(call, 400,
				"\"" SLICE_FORMAT "\" for " SLICE_FORMAT "; expected " SLICE_FORMAT,
				SLICE_ARGS(value), SLICE_ARGS(name), SLICE_ARGS(type));
		else
			continue;
		return false;
	}
	return true;
}
