/* front/terms.h - the terms on which requests are taken: what of a configuration the front goes by, and the
 * generation of the proxy that answers.
 *
 *	front->terms --a request begins--> session->terms --it ends--> session->idle_terms
 *
 * A reload puts new ones in the place of the old (front_follow()). A request keeps those by which it began. Between
 * two of them a session keeps its terms only so that the next request needs no lock; the watch takes old ones away.
 *
 * Threads: a session's own and the watch's. Ownership: counted.
 */
#pragma once

#include "addresses.h"
#include "guard.h"

#include "front/front.h"

#include <stdatomic.h>

struct session;

struct terms {
	atomic_uint references;
	uint64_t number;     /* no other terms have it */
	struct proxy *proxy; /* a reference */
	const struct config_server *server;
	struct guard_limits limits;
	struct address_blocks trusted;
	struct address_blocks purgers;
	struct address_blocks askers;     /* of why */
	const struct front_local *locals; /* copies */
	size_t local_count;
};

/* One reference. RC_INVALID: *ret_fault (free()) says which setting. */
NODISCARD enum rc terms_new(
	const struct front_options *options, struct terms **ret, char **ret_fault);
void terms_unref(struct terms *terms);

/* Those of now: a reference. */
struct terms *terms_now(struct front *front);

/* The session's next request goes by those of now. */
void terms_take(struct session *session);
/* It is over. */
void terms_rest(struct session *session);
/* All that the session holds: it ends. */
void terms_leave(struct session *session);
/* From the watch: an idle session holds nothing that is old. */
void terms_sweep(struct session *session);
