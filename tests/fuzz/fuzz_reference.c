/* fuzz_reference.c - "base\nreference": what is resolved is an absolute URL that stays as it is.
 *
 * A result that could be read in two ways would have larder invalidate, or lead a client to, what
 * the origin did not name.
 */
#include "http/reference.h"

#include "http/uri.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_resolved(struct slice resolved)
{
	struct bytes again;
	struct target target;
	struct slice same;
	struct url url;

	assert(url_parse(resolved, &url) == RC_OK);
	assert(url.host.size > 0 && url.port > 0 && url_same_origin(&url, &url));
	assert(target_split(url.target, &target) == RC_OK);
	bytes_init(&again, 1 << 20);
	assert(reference_resolve(SLICE("http://other/x"), resolved, &again, &same) == RC_OK);
	assert(slice_equal(resolved, same));
	bytes_clear(&again);
	assert(reference_resolve(resolved, SLICE(""), &again, &same) == RC_OK);
	assert(slice_equal(resolved, same));
	bytes_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice reference = { (const char *)data, size };
	struct slice base = slice_cut(&reference, '\n'), resolved;
	struct bytes buffer;
	struct url url;

	bytes_init(&buffer, 1 << 20);
	if (reference_resolve(base, reference, &buffer, &resolved) == RC_OK)
		check_resolved(resolved);
	if (reference_resolve(SLICE("https://a:8443/b/c?d"), base, &buffer, &resolved) == RC_OK)
		check_resolved(resolved);
	if (url_parse(base, &url) == RC_OK)
		assert(reference_resolve(base, SLICE(""), &buffer, &resolved) == RC_OK);
	bytes_done(&buffer);
	return 0;
}
