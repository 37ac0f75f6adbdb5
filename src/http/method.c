/* http/method.c - request methods: the rows of METHOD_TABLE. Threads: any.
 *
 * What it is not: a judge of whether a response may be stored (policy/storable).
 */
#include "http/method.h"

static const struct {
	struct slice text;
	bool safe;
} table[METHOD_COUNT] = {
#define X(id, text, safe) [METHOD_##id] = { { text, sizeof(text) - 1 }, safe },
	METHOD_TABLE(X)
#undef X
};

enum method method_lookup(struct slice token)
{
	for (enum method m = 0; m < METHOD_OTHER; m++) {
		if (slice_equal(table[m].text, token))
			return m;
	}
	return METHOD_OTHER;
}

const char *method_name(enum method method)
{
	return table[method].text.data;
}

bool method_is_safe(enum method method)
{
	return table[method].safe;
}

bool method_is_idempotent(enum method method)
{
	return method_is_safe(method) || method == METHOD_PUT || method == METHOD_DELETE;
}
