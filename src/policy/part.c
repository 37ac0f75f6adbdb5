/* part.c - Content-Range of a 206: which bytes of how many (RFC 9110 14.4, 15.3.7).
 *
 * Pure; threads: any.
 */
#include "policy/storable.h"

/* "bytes 0-499/1234"; anything else, and a total that is unknown, is of no use. */
static bool range_parse(struct slice text, struct object_part *ret, uint64_t *ret_last)
{
	struct slice unit = slice_cut(&text, ' ');
	struct slice first = slice_cut(&text, '-');
	struct slice last = slice_cut(&text, '/');

	if (!slice_equal_nocase(unit, SLICE("bytes")))
		return false;
	return slice_to_u64(first, &ret->first) && slice_to_u64(last, ret_last) &&
	       slice_to_u64(text, &ret->total) && ret->first <= *ret_last && *ret_last < ret->total;
}

/* RFC 9110 15.3.7.2: such a body has ranges of its own inside. */
static bool is_multipart(const struct headers *response)
{
	struct slice type = headers_get(response, FIELD_CONTENT_TYPE);

	return slice_equal_nocase(slice_trim(slice_cut(&type, ';')), SLICE("multipart/byteranges"));
}

bool storable_part(const struct headers *response, struct object_part *ret)
{
	struct object_part part = { .is_part = true };
	struct slice length = headers_get(response, FIELD_CONTENT_LENGTH);
	uint64_t last, size;

	if (headers_count_of(response, FIELD_CONTENT_RANGE) != 1 || is_multipart(response))
		return false;
	if (!range_parse(headers_get(response, FIELD_CONTENT_RANGE), &part, &last))
		return false;
	if (length.data != NULL && (!slice_to_u64(length, &size) || size != last - part.first + 1))
		return false;
	*ret = part;
	return true;
}
