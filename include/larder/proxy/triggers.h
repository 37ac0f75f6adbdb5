/* proxy/triggers.h - what invalidated something, and when: TRIGGERS_MOST at most, in memory.
 *
 * Where one more comes, the oldest of the tenant goes that has the most (what is nobody's is one's, too): who purges much
 * pushes out his own.
 *
 * Threads: any; a lock, which only invalidations and who looks take. Ownership: the purges' (src/proxy/purge/purges.h); texts
 * are copied, and cut to TRIGGER_TEXT bytes.
 */
#pragma once

#include "observe/domains.h"
#include "proxy/proxy.h"

#define TRIGGERS_MOST 1000
#define TRIGGER_TEXT  256

struct trigger {
	uint64_t id;   /* of a purge: purge_result.id; 0: it gets one */
	int64_t at_ms; /* wall; filled in */
	enum label_source source;
	enum label_scope scope;
	enum label_mode mode;
	struct slice about;  /* the target, tag, ...; as it was written */
	struct slice who;    /* the token's name, the source of an event, ...; may be empty */
	struct slice tenant; /* whose it was about; empty: everybody's */
	uint64_t entries;    /* found, in all tiers together; 0 also where nobody looked */
};

void triggers_note(struct proxy *proxy, const struct trigger *trigger);

/* The newest first; at most `most` that tenant may see (of size 0: all). The views live during the call, which holds
 * the lock. */
void triggers_visit(struct proxy *proxy, struct slice tenant, size_t most,
	void (*visit)(void *arg, const struct trigger *trigger), void *arg);
