/* views.c - a request and a response as policy looks at them, read once.
 *
 * Pure; threads: any. Ownership: views borrow the header lists.
 */
#include "policy/views.h"

#include "directives.h"
#include "qualified.h"

/* RFC 9111 5.4: asks for validation where there is no Cache-Control to ask. */
static bool pragma_no_cache(const struct headers *headers)
{
	return headers_lists(headers, FIELD_PRAGMA, SLICE("no-cache"));
}

void request_view_init(struct request_view *ret, enum method method, const struct headers *headers)
{
	*ret = (struct request_view){
		.method = method,
		.headers = headers,
		.has_authorization = headers_has(headers, FIELD_AUTHORIZATION),
	};
	cache_control_of_request(headers, &ret->cc);
	if (!ret->cc.present && pragma_no_cache(headers))
		ret->cc.flags |= CC_NO_CACHE;
}

void response_view_init(struct response_view *ret, int status, const struct headers *headers)
{
	*ret = (struct response_view){ .status = status, .headers = headers };
	ret->targeted = directives_read(headers, &ret->cc);
	ret->cc.flags |= qualified_escalates(&ret->cc);
}
