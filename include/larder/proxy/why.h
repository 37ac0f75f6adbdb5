/* proxy/why.h - what would become of a request now, and why: route, key, what is stored, the state of the
 * upstream, and what they come to.
 *
 * It looks and does nothing: nobody is asked, counted, or noted as used. What only the origin's answer can
 * tell isn't told. Secrets are starred out.
 *
 *	{"request":{..},"route":{..},"key":{..},"copies":[..],"remembered":{..},"fetches":{..},
 *	 "upstream":{..},"would":{"outcome":"hit","cache_status":"larder; hit; ttl=7",..},"text":["..."]}
 *
 * `text` has the same in lines for people. Threads: any. Ownership: all is borrowed.
 */
#pragma once

#include "proxy/proxy.h"
#include "store/depot.h"

struct why_asked {
	struct slice url; /* "/path?query", or a whole URL, whose host isn't looked at */
	const struct headers *headers; /* of the request, which is a GET */
	struct depot *depot;           /* of a proxy that doesn't run: what lies there; or NULL */
	uint16_t tenant;               /* whose it is: proxy/tenancy.h */
};

/* Appends one JSON object and a line feed. RC_INVALID: url is no target. RC_TOO_LARGE: ret's limit. */
NODISCARD enum rc proxy_why(struct proxy *proxy, const struct why_asked *asked, struct bytes *ret);

/* What a request for `server.why` asks about: the value of `url` in its query, decoded; in the arena.
 * false: there is none. */
bool why_url(struct slice query, struct arena *arena, struct slice *ret);

/* A proxy that only explains, in a process that serves nobody: without tiers, upstreams and threads.
 * depot: what is stored for it, or NULL; borrowed. A reference: proxy_unref(). */
struct proxy *proxy_sketch(struct config *config, const struct depot *depot);
