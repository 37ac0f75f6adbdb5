/* store/bundle/warc_bare.c - a response that others archived. Threads and ownership: warc_bare.h. */
#include "warc_bare.h"

static bool are_related(const struct warc_request *request, const struct warc_response *response)
{
	struct slice asked = request->concurrent, answered = response->concurrent;

	return request->is_there &&
	       ((asked.size > 0 && slice_equal(asked, response->id)) ||
		       (answered.size > 0 && slice_equal(answered, request->id)));
}

/* A response that names a request which isn't there may be to anything. */
enum parcels_passed warc_bare_judge(
	const struct warc_response *response, const struct warc_request *request)
{
	bool asked = are_related(request, response);

	if (response->head.status != 200)
		return PARCELS_PASSED_STATUS;
	if (response->is_cut)
		return PARCELS_PASSED_CUT;
	if (!asked && response->concurrent.size > 0)
		return PARCELS_PASSED_UNASKED;
	if (asked && !slice_equal(request->method, SLICE("GET")))
		return PARCELS_PASSED_METHOD;
	if (asked && request->has_credentials)
		return PARCELS_PASSED_CREDENTIALS;
	return PARCELS_PASSED_COUNT;
}

void warc_bare_make(const struct warc_response *response, const struct warc_request *request,
	struct arena *arena, struct parcel *ret)
{
	*ret = (struct parcel){ .arena = arena, .source = arena_copy(arena, response->target) };
	ret->parts.target = ret->source;
	bytes_init(&ret->key, 0);
	digest_sha256((struct slice){ response->body->data, response->body->size }, ret->digest);
	ret->object = object_new(&(struct object_parts){
		.status = response->head.status,
		.http_version = response->head.version,
		.freshness = { .requested_ms = response->date_ms,
			.responded_ms = response->date_ms,
			.date_ms = response->date_ms },
		.headers = &response->head.fields,
		.variant = are_related(request, response) ? &request->fields : NULL,
		.body = response->body,
	});
}
