/* proxy/why/why_inside.h - what the files behind proxy/why.h share.
 *
 *	why.c		the request, its way through the story, and where that ends
 *	why_copies.c	what is stored under its key, and which of it is for the request
 *	why_words.c	reasons, with their clauses
 *	why_report.c	JSON and lines of all but the copies
 *	why_stored.c	those of a copy
 *
 * Threads: one for each report. Ownership: struct why has references to what it shows.
 */
#pragma once

#include "state.h"

#include "observe/jsonline.h"
#include "policy/freshness.h"
#include "proxy/exchange.h"
#include "proxy/why.h"

#define WHY_COPIES 160 /* more than all tiers have of one key */

/*	X(id, "word", "in words"): why a copy is for the request, or not */
#define FIT_TABLE(X)                                                                             \
	X(CHOSEN, "chosen", "for this request")                                                  \
	X(COPY, "copy", "the same response as the chosen one")                                   \
	X(SPARE, "spare", "it would do, but another is chosen (RFC 9111 4: the most recent)")    \
	X(INVALIDATED, "invalidated", "invalidated since it was stored: as if it weren't there") \
	X(LONG, "long", "its header is longer than what can be sent: as if it weren't there")    \
	X(AUTHORIZATION, "authorization", "not for requests with Authorization (RFC 9111 3.5)")  \
	X(PERSONAL, "personal",                                                                  \
		"such a status says more of who asked: not for who has credentials")             \
	X(VARIANT, "variant", "another variant: selected by other fields (RFC 9111 4.1)")        \
	X(CODING, "coding", "in a coding that this request doesn't take (RFC 9110 12.5.3)")      \
	X(PART, "part", "only a part, and not what is asked for (RFC 9111 3.3)")

enum fit {
#define X(id, word, words) FIT_##id,
	FIT_TABLE(X)
#undef X
		FIT_COUNT
};

struct why_copy {
	const char *tier;
	struct object *object; /* a reference */
	bool lost;             /* nobody knows what was invalidated since: it is not used */
	enum fit fit;
};

/*	X(id, "word", "in words") */
#define OUTCOME_TABLE(X)                                                                \
	X(HIT, "hit", "answered from the store")                                        \
	X(STALE, "stale", "answered from the store, though stale")                      \
	X(REVALIDATE, "stale-while-revalidate",                                         \
		"answered from the store, though stale, and refreshed behind that")     \
	X(STAND_IN, "stale-if-error",                                                   \
		"answered from the store, because the upstream isn't asked now")        \
	X(COLLAPSED, "collapsed", "waits for the fetch that is under way")              \
	X(VALIDATION, "validation", "the origin is asked whether what is stored holds") \
	X(MISS, "miss", "fetched from the origin")                                      \
	X(PASS, "pass", "passed to the origin, past the cache")                         \
	X(REFUSED, "refused", "refused")

enum outcome {
#define X(id, word, words) OUTCOME_##id,
	OUTCOME_TABLE(X)
#undef X
		OUTCOME_COUNT
};

struct why {
	struct proxy *proxy;
	struct arena arena;
	struct request request;
	struct exchange x;
	struct why_copy copies[WHY_COPIES];
	size_t copy_count;
	struct {
		unsigned count; /* of fetches under way for the key */
		unsigned readers;
		int64_t oldest_ms;
		bool takes; /* one of them would take this request */
	} fetches;
	bool runs;      /* the upstream's state is known */
	bool has_route; /* x.route */
	struct upstream_state upstream;
	/* What it comes to. */
	enum judgement judgement; /* of x.object, if that is there */
	enum outcome outcome;
	struct slice because; /* words */
	int status;           /* of the answer, as far as it is known; 0 */
	bool passes;          /* whatever is stored */
	bool may_wait;        /* for its turn at the upstream */

	struct jsonline json;
	struct bytes text; /* lines for people */
};

/* ---- why_copies.c ---- */

/* Fills in what is stored under x.key, memory's first, and x.object. depot: or NULL. */
void why_find_copies(struct why *w, struct depot *depot);

/* ---- why_words.c ---- */

const struct config_route *why_route(const struct why *w);
const struct config_upstream *why_upstream(const struct why *w);

/* A target without the values of secrets; in the arena. */
struct slice why_redacted(struct why *w, struct slice target);
/* A field's value, or stars. */
struct slice why_value(const struct why *w, const struct field *field);

/* A source of lifetimes as a rule or clause; and that of a stored response, in more detail. */
struct slice why_rule(struct why *w, enum lifetime_source source);
struct slice why_lifetime(struct why *w, const struct object *object);
/* What the judgement of x.object goes by. */
struct slice why_judged(struct why *w);
/* Why it may be stored (RFC 9111 3). */
const char *why_stored(const struct object *object);

/* ---- why_report.c, why_stored.c ---- */

NODISCARD enum rc why_report(struct why *w, struct bytes *ret);

void why_report_copies(struct why *w);

/* A line for people; label: "" where it goes on. */
void why_say(struct why *w, const char *label, struct slice words);
#define SAY(w, label, ...) why_say((w), (label), arena_format(&(w)->arena, __VA_ARGS__))
