/* http/validators.c - entity tags, alone and in the lists of preconditions.
 *
 * Not list_next(): a backslash in an entity tag is no escape (RFC 9110 8.8.3), so these lists are
 * walked by their own grammar. Threads: any. Ownership: all are views.
 */
#include "http/validators.h"

/* etagc of RFC 9110 8.8.3 */
static bool is_tag_char(unsigned char c)
{
	return c == 0x21 || (c >= 0x23 && c != 0x7f);
}

/* Takes one entity tag off the front of *rest. */
static enum rc eat_etag(struct slice *rest, struct etag *ret)
{
	struct slice s = *rest;
	bool weak = slice_starts(s, SLICE("W/"));
	size_t size = 0;

	if (weak)
		s = slice_skip(s, 2);
	if (s.size == 0 || s.data[0] != '"')
		return RC_INVALID;
	s = slice_skip(s, 1);
	while (size < s.size && is_tag_char((unsigned char)s.data[size]))
		size++;
	if (size == s.size || s.data[size] != '"')
		return RC_INVALID;
	*ret = (struct etag){ .opaque = { s.data, size }, .weak = weak };
	*rest = slice_skip(s, size + 1);
	return RC_OK;
}

enum rc etag_parse(struct slice text, struct etag *ret)
{
	struct etag etag;

	TRY(eat_etag(&text, &etag));
	if (text.size > 0)
		return RC_INVALID;
	*ret = etag;
	return RC_OK;
}

bool etag_equal_weak(struct etag a, struct etag b)
{
	return a.opaque.data != NULL && b.opaque.data != NULL && slice_equal(a.opaque, b.opaque);
}

bool etag_equal_strong(struct etag a, struct etag b)
{
	return !a.weak && !b.weak && etag_equal_weak(a, b);
}

/* The next well-formed member of *rest; false at the end. A malformed one is skipped up to the next
 * comma. */
static bool next_etag(struct slice *rest, struct etag *ret)
{
	while (rest->size > 0) {
		bool found;

		*rest = slice_trim(*rest);
		found = eat_etag(rest, ret) == RC_OK;
		/* What stands between a tag and the comma makes the member malformed. */
		if (slice_trim(slice_cut(rest, ',')).size == 0 && found)
			return true;
	}
	return false;
}

bool etag_list_matches_weak(struct slice list, bool has_current, struct etag current)
{
	struct etag member;

	if (!has_current)
		return false;
	if (slice_equal(slice_trim(list), SLICE("*")))
		return true;
	while (next_etag(&list, &member)) {
		if (etag_equal_weak(member, current))
			return true;
	}
	return false;
}
