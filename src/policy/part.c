/* part.c - which part a 206 has, and whether that can be true (RFC 9110 14.4, 15.3.7).
 *
 * What it is not: the grammar of Content-Range (http/range). Pure; threads: any.
 */
#include "policy/storable.h"

/* RFC 9110 15.3.7.2: such a body has ranges of its own inside. */
static bool is_multipart(const struct headers *response)
{
	struct slice type = headers_get(response, FIELD_CONTENT_TYPE);

	return slice_equal_nocase(slice_trim(slice_cut(&type, ';')), SLICE("multipart/byteranges"));
}

bool storable_part(const struct headers *response, struct content_range *ret)
{
	struct slice length = headers_get(response, FIELD_CONTENT_LENGTH);
	struct content_range part;
	uint64_t size;

	if (headers_count_of(response, FIELD_CONTENT_RANGE) != 1 || is_multipart(response))
		return false;
	if (content_range_parse(headers_get(response, FIELD_CONTENT_RANGE), &part) != RC_OK)
		return false;
	if (length.data != NULL &&
		(!slice_to_u64(length, &size) || size != part.last - part.first + 1))
		return false;
	*ret = part;
	return true;
}
