/* fields.c - which fields of a response are sent on, stored, and updated by a 304.
 *
 * What a field is says http/fields.def; who else may leave it out says RFC 9111 3.1 and 3.2.
 * Pure; threads: any. Ownership: lists keep views.
 */
#include "policy/conditional.h"
#include "policy/storable.h"

#include "directives.h"
#include "qualified.h"

static void keep(const struct field *f, struct headers *ret)
{
	headers_add(ret, f->name, f->value);
}

/* RFC 9110 7.6.1; an intermediary leaves out what Connection names, whatever it is. */
static bool is_end_to_end(const struct headers *h, const struct field *f, unsigned barred)
{
	return !(field_flags_of(f) & barred) && !headers_connection_names(h, f->name);
}

void fields_end_to_end(const struct headers *response, enum fields_for purpose, struct headers *ret)
{
	bool stored = purpose != FIELDS_SENT_ON;
	unsigned barred = FIELD_IS_HOP | FIELD_IS_OURS | (stored ? FIELD_IS_ONCE : FIELD_IS_FOR_US);
	struct cache_control cc;

	directives_read(response, &cc);
	HEADERS_EACH(at, response) {
		if (purpose == FIELDS_STORED_NO_COOKIES && at->id == FIELD_SET_COOKIE)
			continue;
		if (stored && qualified_names(&cc, at->name))
			continue; /* RFC 9111 5.2.2.4, 5.2.2.7 */
		if (is_end_to_end(response, at, barred))
			keep(at, ret);
	}
}

bool fields_reserved(const struct headers *response)
{
	struct cache_control cc;

	directives_read(response, &cc);
	HEADERS_EACH(at, response) {
		if (qualified_names(&cc, at->name))
			return true;
	}
	return false;
}

/* RFC 9111 3.2, 3.1. A cookie that comes with a 304 is one client's. */
static bool updates(const struct headers *not_modified, const struct field *f)
{
	unsigned barred = FIELD_IS_HOP | FIELD_IS_OURS | FIELD_IS_ONCE | FIELD_IS_FRAMING;

	return f->id != FIELD_SET_COOKIE && is_end_to_end(not_modified, f, barred);
}

static bool is_replaced(const struct headers *not_modified, const struct field *stored)
{
	uint32_t from = 0;
	const struct field *at = headers_next_named(not_modified, stored->name, &from);

	return at != NULL && updates(not_modified, at);
}

/* The new directives may name fields that were stored under the old one. */
static void drop_qualified(struct headers *h)
{
	struct cache_control cc;
	uint32_t kept = 0;

	directives_read(h, &cc);
	for (uint32_t i = 0; i < h->count; i++) {
		if (!qualified_names(&cc, h->fields[i].name))
			h->fields[kept++] = h->fields[i];
	}
	h->count = kept;
}

void conditional_update(
	const struct headers *stored, const struct headers *not_modified, struct headers *ret)
{
	bool has_date = headers_has(not_modified, FIELD_DATE);

	HEADERS_EACH(at, stored) {
		/* The old Date says when the old response was made: a 304 without one was made when
		 * it came (RFC 9110 6.6.1). */
		if (at->id == FIELD_DATE && !has_date)
			continue;
		if (!is_replaced(not_modified, at))
			keep(at, ret);
	}
	HEADERS_EACH(at, not_modified) {
		if (updates(not_modified, at))
			keep(at, ret);
	}
	drop_qualified(ret);
}
