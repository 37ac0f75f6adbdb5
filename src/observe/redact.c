/* redact.c - parameters whose values are not for everybody.
 *
 * Reads the target as a server would, to find names; what it writes is the target as it came, but
 * for the values. Stateless, allocates nothing.
 */
#include "observe/redact.h"

#include "util/octets.h"

#define INSTEAD "***"

/* The first byte that the encoded text stands for; a malformed % stands for itself. */
static char decode_next(struct slice *encoded)
{
	char c = encoded->data[0];
	int octet = octets_decode(*encoded);

	*encoded = slice_skip(*encoded, octet < 0 ? 1 : 3);
	if (octet >= 0)
		return (char)octet;
	return c == '+' ? ' ' : c;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_name(struct slice encoded, const char *name)
{
	while (encoded.size > 0 && *name != '\0') {
		if (lower(decode_next(&encoded)) != lower(*name++))
			return false;
	}
	return encoded.size == 0 && *name == '\0';
}

static bool is_listed(struct slice encoded, struct redact_names names)
{
	for (size_t i = 0; i < names.count; i++) {
		if (is_name(encoded, names.items[i]))
			return true;
	}
	return false;
}

static size_t parameter_size(struct slice query)
{
	size_t size = 0;

	while (size < query.size && query.data[size] != '&' && query.data[size] != ';')
		size++;
	return size;
}

/* Where the pieces go. */
struct sink {
	void (*put)(void *arg, struct slice piece);
	void *arg;
};

static void put_parameter(const struct sink *to, struct redact_names names, struct slice parameter)
{
	ptrdiff_t equals = slice_find(parameter, '=');

	if (equals < 0 || !is_listed((struct slice){ parameter.data, (size_t)equals }, names)) {
		to->put(to->arg, parameter);
		return;
	}
	to->put(to->arg, (struct slice){ parameter.data, (size_t)equals + 1 });
	to->put(to->arg, SLICE(INSTEAD));
}

void redact_target(struct redact_names names, struct slice target,
	void (*put)(void *arg, struct slice piece), void *arg)
{
	const struct sink to = { put, arg };
	ptrdiff_t mark = slice_find(target, '?');
	struct slice query;

	if (mark < 0 || names.count == 0) {
		put(arg, target);
		return;
	}
	put(arg, (struct slice){ target.data, (size_t)mark + 1 });
	query = slice_skip(target, (size_t)mark + 1);
	while (query.size > 0) {
		size_t size = parameter_size(query);

		put_parameter(&to, names, (struct slice){ query.data, size });
		query = slice_skip(query, size);
		put(arg, (struct slice){ query.data, query.size > 0 });
		query = slice_skip(query, 1);
	}
}
