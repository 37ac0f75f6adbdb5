/* store/tier.h - one shelf on which stored responses can lie.
 *
 * A key has a *set* of objects, one for each variant under Vary. Which of them a request selects is
 * policy, so get() asks the caller's chooser about each and returns the first that it takes. They
 * are asked in the order of freshness.date_ms, latest first, because of several that fit the most
 * recent one by its Date must be used (RFC 9111 4); of equal dates that which was put last comes
 * first. The chooser must not block: it may be called under a lock of the tier.
 *
 * Threads: all operations from any thread. Ownership: get() returns a reference; put() borrows.
 * Time: wall milliseconds, handed in.
 */
#pragma once

#include "http/key.h"
#include "http/object.h"

struct tier;

/* takes: whether this object answers the request; it may take a reference to it for other uses. arg is
 * the caller's. NULL takes the newest. */
struct chooser {
	bool (*takes)(struct object *object, void *arg);
	void *arg;
};

/* leaves: whether this one is to be removed; must not block, as the chooser. */
struct tier_visitor {
	bool (*leaves)(const struct key *key, struct object *object, void *arg);
	void *arg;
};

struct tier_usage {
	uint64_t entries;
	uint64_t bytes;          /* overhead included */
	uint64_t negative_bytes; /* of bytes: of errors */
	uint64_t max_bytes;
	uint64_t evicted; /* for room, since the start */
	uint64_t expired; /* by the sweeper, since the start */
};

struct tier_ops {
	const char *name; /* as written under `cache:` */
	/* RC_ABSENT: nothing under the key that the chooser takes. */
	enum rc (*get)(
		struct tier *, const struct key *, const struct chooser *, struct object **ret);
	/* Takes the place of the object with the same variant. RC_TOO_LARGE: not kept. */
	enum rc (*put)(struct tier *, const struct key *, struct object *);
	/* The same, unless the variant is there already: RC_BUSY. */
	enum rc (*add)(struct tier *, const struct key *, struct object *);
	/* Just in the place of `old`, if that is still there: another form of the same response.
	 * RC_ABSENT: it is not; RC_TOO_LARGE: `old` stays. NULL: not in this tier, RC_UNSUPPORTED. */
	enum rc (*replace)(
		struct tier *, const struct key *, const struct object *old, struct object *object);
	/* All variants. RC_ABSENT: there were none. */
	enum rc (*drop)(struct tier *, const struct key *);
	/* Just this one, or a copy of it, if it is still there. RC_ABSENT: it is not. */
	enum rc (*discard)(struct tier *, const struct key *, const struct object *);
	/* Shows each entry, a bounded piece under a lock at a time; one that leaves() says true of is
	 * removed. What comes meanwhile may be left out, and what was there may be shown twice. */
	void (*visit)(struct tier *, const struct tier_visitor *);
	/* Removes what can't be used any more at now_ms, a bounded piece at a call. */
	void (*sweep)(struct tier *, int64_t now_ms);
	void (*usage)(struct tier *, struct tier_usage *ret);
	void (*free)(struct tier *);
};

struct tier {
	const struct tier_ops *ops;
};

NODISCARD enum rc tier_get(struct tier *tier, const struct key *key, const struct chooser *chooser,
	struct object **ret);
NODISCARD enum rc tier_put(struct tier *tier, const struct key *key, struct object *object);
NODISCARD enum rc tier_add(struct tier *tier, const struct key *key, struct object *object);
NODISCARD enum rc tier_replace(
	struct tier *tier, const struct key *key, const struct object *old, struct object *object);
NODISCARD enum rc tier_drop(struct tier *tier, const struct key *key);
NODISCARD enum rc tier_discard(
	struct tier *tier, const struct key *key, const struct object *object);
void tier_visit(struct tier *tier, const struct tier_visitor *visitor);
void tier_sweep(struct tier *tier, int64_t now_ms);
void tier_usage(struct tier *tier, struct tier_usage *ret);
void tier_free(struct tier *tier);
