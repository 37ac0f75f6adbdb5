/* fuzz_gunzip.c - any bytes as gzip: at once and in small pieces they mean the same, and limits hold.
 *
 * A wide ratio, since that one is looked at as the input is taken and may depend on the pieces.
 */
#include "http/gunzip.h"

#include "util/bytes.h"

#include <assert.h>

#define BYTES_MOST (1 << 18)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rc read_pieces(
	struct slice data, const struct gunzip_limits *limits, size_t in_size, struct bytes *ret)
{
	SCOPED(gunzip) g = gunzip_new(limits);
	struct slice piece = { data.data, 0 };
	char out[97];
	size_t count;
	enum rc rc;

	for (;;) {
		rc = gunzip_read(g, &piece, out, sizeof(out), &count);
		if (rc != RC_OK && rc != RC_ABSENT)
			return rc;
		assert((rc == RC_ABSENT) == (gunzip_is_whole(g) && piece.size == 0));
		assert(bytes_append(ret, out, count) == RC_OK);
		if (count > 0 || piece.size > 0)
			continue;
		if (data.size == 0)
			return gunzip_is_whole(g) ? RC_OK : RC_INVALID;
		piece = (struct slice){ data.data, in_size < data.size ? in_size : data.size };
		data = slice_skip(data, piece.size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gunzip_limits limits = { BYTES_MOST, 100000 };
	static const struct gunzip_limits narrow = { UINT64_MAX, 2 };
	struct slice text = { (const char *)data, size };
	struct body *body = NULL, *small = NULL;
	struct bytes pieces;
	enum rc rc = gunzip_all(text, &limits, &body);

	bytes_init(&pieces, BYTES_MOST);
	assert((read_pieces(text, &limits, 1 + size % 61, &pieces) == RC_OK) == (rc == RC_OK));
	assert((body != NULL) == (rc == RC_OK));
	if (body != NULL) {
		assert(slice_equal(bytes_slice(&pieces), (struct slice){ body->data, body->size }));
		body_unref(body);
	}
	if (gunzip_all(text, &narrow, &small) == RC_OK) {
		assert(small->size <= (1 << 20) || small->size <= 2 * size);
		body_unref(small);
	}
	bytes_done(&pieces);
	return 0;
}
