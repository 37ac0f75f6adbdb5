/* http/uri.c - request targets: what is taken, and the one spelling that keys use.
 *
 * On the hit path: one pass, no allocation but the caller's buffer. What it is not: a resolver of
 * relative references, and it never changes what is forwarded. Threads: any.
 */
#include "http/uri.h"

#include "util/octets.h"

/* The octet at the start of s, decoded, and how many characters it took. */
static int next_octet(struct slice s, size_t *ret_size)
{
	int octet = octets_decode(s);

	*ret_size = octet >= 0 ? 3 : 1;
	return octet >= 0 ? octet : (unsigned char)s.data[0];
}

/* What a target can't have, and '%', which has to begin an encoded octet other than NUL. */
static const bool stops[256] = {
	[0 ... ' '] = true,
	['#'] = true,
	['%'] = true,
	['\\'] = true,
	[127 ... 255] = true,
};

static bool characters_valid(struct slice raw)
{
	for (size_t i = 0; i < raw.size; i++) {
		if (stops[(unsigned char)raw.data[i]] && octets_decode(slice_skip(raw, i)) <= 0)
			return false;
	}
	return true;
}

/* Whether one segment is made of dots that an origin could take as a step in the tree. Reads the
 * segment as the laxest of origins would (see uri.h) and moves *path behind it. */
static bool dot_segment_next(struct slice *path)
{
	size_t dots = 0, others = 0, size;
	bool parameters = false;

	while (path->size > 0) {
		int octet = next_octet(*path, &size);

		*path = slice_skip(*path, size);
		if (octet == '/' || octet == '\\')
			break;
		parameters |= octet == ';';
		if (!parameters)
			*(octet == '.' ? &dots : &others) += 1;
	}
	return others == 0 && (dots == 1 || dots == 2);
}

static bool has_dot_segment(struct slice path)
{
	while (path.size > 0) {
		if (dot_segment_next(&path))
			return true;
	}
	return false;
}

/* Most paths have neither a dot that begins a segment nor what may hide one: a quick look says so. */
static bool may_have_dot_segment(struct slice path)
{
	for (size_t i = 1; i < path.size; i++) {
		char c = path.data[i];

		if (c == '%' || c == '\\' || (c == '.' && path.data[i - 1] == '/'))
			return true;
	}
	return false;
}

bool target_has_dots(struct slice path)
{
	return may_have_dot_segment(path) && has_dot_segment(path);
}

enum rc target_split(struct slice raw, struct target *ret)
{
	struct target target = { .query = raw };

	if (raw.size == 0 || raw.data[0] != '/' || !characters_valid(raw))
		return RC_INVALID;
	target.path = slice_cut(&target.query, '?');
	if (target_has_dots(target.path))
		return RC_UNSUPPORTED;
	*ret = target;
	return RC_OK;
}

enum rc target_canonical(struct slice raw, struct bytes *ret)
{
	while (raw.size > 0) {
		ptrdiff_t at = slice_find(raw, '%');
		size_t plain = at >= 0 ? (size_t)at : raw.size;

		TRY(bytes_append(ret, raw.data, plain));
		raw = slice_skip(raw, plain);
		if (raw.size == 0)
			break;
		if (octets_decode(raw) < 0)
			return RC_INVALID;
		TRY(octets_append(ret, octets_decode(raw)));
		raw = slice_skip(raw, 3);
	}
	return RC_OK;
}
