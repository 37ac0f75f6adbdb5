/* fuzz_views.c - any bytes as the fields that policy reads: no fault, and what must always hold does.
 *
 * The input is cut at NULs: targeted fields and Cache-Control of a response, then selecting fields of a
 * request, which must select the response that it was answered with.
 */
#include "policy/coding.h"
#include "policy/freshness.h"
#include "policy/storable.h"
#include "policy/vary.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_next(struct headers *h, enum field_id id, struct slice *rest)
{
	struct slice value = slice_cut(rest, '\0');

	if (value.size > 0)
		headers_add_known(h, id, slice_trim(value));
}

static struct status_range kept_errors[] = { { 503, { 20000, 40000 } } };
static const struct status_ranges errors = { kept_errors, 1 };

static struct policy_limits limits_by(struct ttl_rules rules)
{
	return (struct policy_limits){
		.max_heuristic_ms = 86400000,
		.heuristic_percent = 10,
		.max_object_bytes = 1 << 20,
		.grace_ms = 86400000,
		.ttl = rules,
	};
}

static void check_response(const struct headers *response, const struct request_view *request,
	int status, const struct policy_limits *limits)
{
	struct response_view view;
	struct freshness f;

	response_view_init(&view, status, response);
	view.requested_ms = 1700000000000;
	view.responded_ms = 1700000000500;
	f = freshness_of(&view, limits);
	assert(f.lifetime_ms >= 0 && f.initial_age_ms >= 0);
	assert(f.stale_if_error_ms >= 0 && f.stale_while_revalidate_ms >= 0);
	assert(!f.negative || (f.stale_if_error_ms == 0 && f.stale_while_revalidate_ms == 0));
	/* what must not be stored, or not without asking, is never judged to be fresh */
	if (f.revalidate_always)
		assert(freshness_judge(&f, request, view.responded_ms) != JUDGED_FRESH);
	if (view.cc.flags & CC_NO_STORE && !(view.cc.flags & CC_MUST_UNDERSTAND))
		assert(storable_check(request, &view, limits) != SKIP_NONE);
}

/* Under rules that give lifetimes, what forbids storing does so as without them. */
static void check_responses(const struct headers *response, const struct request_view *request)
{
	const struct policy_limits none = limits_by((struct ttl_rules){ 0 });
	const struct policy_limits rules = limits_by((struct ttl_rules){
		.class_ms = 300000, .errors = &errors, .jitter_percent = 10, .draw = UINT64_MAX });

	check_response(response, request, 200, &none);
	check_response(response, request, 200, &rules);
	check_response(response, request, 503, &rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct headers request, response, variant;
	struct request_view view;
	struct arena arena;

	arena_init(&arena);
	headers_init(&request, &arena);
	headers_init(&response, &arena);
	headers_init(&variant, &arena);
	add_next(&response, FIELD_LARDER_CACHE_CONTROL, &rest);
	add_next(&response, FIELD_CDN_CACHE_CONTROL, &rest);
	add_next(&response, FIELD_SURROGATE_CONTROL, &rest);
	add_next(&response, FIELD_CACHE_CONTROL, &rest);
	add_next(&response, FIELD_VARY, &rest);
	add_next(&response, FIELD_CONTENT_ENCODING, &rest);
	add_next(&request, FIELD_ACCEPT_LANGUAGE, &rest);
	add_next(&request, FIELD_ACCEPT_ENCODING, &rest);
	add_next(&request, FIELD_ACCEPT, &rest);
	add_next(&request, FIELD_CACHE_CONTROL, &rest);
	add_next(&response, FIELD_RETRY_AFTER, &rest);
	headers_add_known(&response, FIELD_VARY, SLICE("accept-language, accept"));

	request_view_init(&view, METHOD_GET, &request);
	check_responses(&response, &view);
	(void)coding_use(&response, &view);
	if (vary_select(&request, &response, &variant) == RC_OK)
		assert(vary_matches(&variant, &request));
	arena_done(&arena);
	return 0;
}
