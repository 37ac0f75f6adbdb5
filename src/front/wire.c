/* front/wire.c - do the fields lie as they came over the wire? */
#include "wire.h"

#include <string.h>

bool wire_is_known(const char *version)
{
	return strncmp(version, "0.9.75", 6) == 0;
}

/* Whether next is where the line behind the one that ends at end begins: behind CRLF or LF. */
static bool follows(const char *end, const char *next)
{
	return next == end + 1 || next == end + 2;
}

void wire_begin(struct wire *wire, const char *method, struct slice target, const char *version)
{
	wire->begin = method;
	wire->plain = target.data == method + strlen(method) + 1 &&
		      version == target.data + target.size + 1;
	wire->at = version + strlen(version);
}

static bool is_blank(const char *from, const char *to)
{
	for (; from < to; from++) {
		if (*from != ' ' && *from != '\t')
			return false;
	}
	return true;
}

void wire_field(struct wire *wire, struct slice name, struct slice value)
{
	const char *behind_colon = name.data + name.size + 1;

	/* pointers are followed only while they go on where the last piece ended */
	wire->plain = wire->plain && follows(wire->at, name.data) && value.data >= behind_colon &&
		      is_blank(behind_colon, value.data);
	wire->at = value.data + value.size;
}

bool wire_end(const struct wire *wire, size_t size)
{
	const char *end = wire->begin + size;

	return wire->plain && (follows(wire->at + 1, end) || follows(wire->at + 2, end));
}
