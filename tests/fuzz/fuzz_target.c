/* fuzz_target.c - any bytes as a request target: the canonical form is stable and splits alike.
 *
 * If canonical(x) could mean other than x, or change when it is canonicalised again, two requests
 * for different things could share a key.
 */
#include "http/uri.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void canonical(struct slice raw, struct bytes *ret)
{
	bytes_init(ret, 1 << 20);
	assert(target_canonical(raw, ret) == RC_OK);
	assert(ret->size <= raw.size);
}

static void check_same(struct slice part, struct slice canonical_part)
{
	struct bytes b;

	assert((part.data == NULL) == (canonical_part.data == NULL));
	canonical(part, &b);
	assert(slice_equal(bytes_slice(&b), canonical_part));
	bytes_done(&b);
}

static void check_target(struct slice raw, const struct target *target)
{
	struct bytes once, twice;
	struct target split;

	canonical(raw, &once);
	canonical(bytes_slice(&once), &twice);
	assert(slice_equal(bytes_slice(&once), bytes_slice(&twice)));
	assert(target_split(bytes_slice(&once), &split) == RC_OK);
	check_same(target->path, split.path);
	check_same(target->query, split.query);
	bytes_done(&once);
	bytes_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice raw = { (const char *)data, size };
	struct base_url url;
	struct target target;

	if (target_split(raw, &target) == RC_OK)
		check_target(raw, &target);
	if (base_url_parse(raw, &url) == RC_OK)
		assert(url.host.size > 0 && url.port > 0);
	return 0;
}
