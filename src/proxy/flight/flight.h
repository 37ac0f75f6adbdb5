/* proxy/flight/flight.h - one fetch, many readers.
 *
 * A fetch belongs to its key, not to the client that caused it: leader and followers are all
 * readers of one growing body.
 *
 *	ASKED --head--> STREAMING --end--> DONE      the readers have got everything or can get it
 *	  |                 |
 *	  |                 +--fault--> FAILED       readers break off; nothing is stored
 *	  +--settle--> DONE with an object           found stored before anything was sent
 *	  +--fault--> FAILED                         an error, or what is stored stands in for it
 *
 * A head that is about what is stored (a 304, an error that it stands in for) gives the readers that
 * object at once, and what still comes is nobody's.
 *
 * What it is not: who may share a flight (plan.c says so), and what its response means: that is
 * origin_side.c's, whose steps keep and land come with the plan. The table is in flights.c, begin and end in flight_life.c, what is sent in
 * sending.c, what comes in flight.c, the readers' side in reader.c, and between them audience.c.
 *
 * Threads: front threads join, start, poll, read and leave; the upstream loop receives. Everything
 * that changes is guarded by flight->lock; table lock before flight lock. Ownership: refcounted; the
 * table, each reader, the transfer and a wake-up to come hold references.
 */
#pragma once

#include "key/memo.h"
#include "stream.h"

#include "http/key.h"
#include "http/object.h"
#include "proxy/exchange.h"
#include "policy/guard.h"
#include "policy/share.h"
#include "policy/storable.h"
#include "proxy/proxy.h"
#include "proxy/reader.h"
#include "upstream/ask.h"

#include <pthread.h>

enum flight_phase { FLIGHT_ASKED, FLIGHT_STREAMING, FLIGHT_DONE, FLIGHT_FAILED };

/* Why the origin is asked: RFC 9211's words, and the metric's purpose. */
enum flight_purpose { FLIGHT_MISS, FLIGHT_VALIDATION, FLIGHT_PASS };

struct flight;
struct flight_verdict;
struct key_check;
struct guarding;
struct holding;

/* The story's part. Called without the flight's lock, on the upstream loop; ended() of a fetch that
 * couldn't be started by who tried. */
struct flight_story {
	/* The head came (flight->status, received): what does it mean? ret's lists are initialised. */
	void (*keep)(struct flight *flight, struct flight_verdict *ret);
	/* The body is complete: may set flight->verdict.object. */
	void (*land)(struct flight *flight);
	/* It ended, well or not: for counting and the log. */
	void (*ended)(struct flight *flight, enum rc rc, const char *detail);
};

/* What keep() found. */
struct flight_verdict {
	enum skip skip;
	enum share share;
	bool retry;      /* the answer can't be used: readers begin again */
	bool personal;   /* it is for those only of whose requests the key leaves out the same */
	bool prefixed;   /* flight->part stands before what comes */
	bool from_store; /* object is the answer: freshened, or standing in for an error */
	bool stands_in;
	enum rc fault; /* RC_OK, or why the answer is none at all */
	struct freshness freshness;
	struct headers fields; /* what goes to the clients, in the flight's arena */
	const uint32_t *slots; /* of its groups, in the flight's arena */
	size_t slot_count;
	struct headers variant; /* under which it is selected, in the flight's arena */
	struct object *object;  /* freshened, standing in, or landed: a reference, or NULL */
};

/* A request body on its way from the client to the origin; guarded by the flight's lock. */
struct upload {
	struct bytes buffer;
	size_t taken;  /* of the buffer, by the upstream loop */
	bool ended;    /* by the client */
	bool starving; /* the upstream loop waits for bytes */
	bool unwanted; /* the response ended: what still comes is thrown away */
};

struct flight {
	atomic_uint references;
	struct list link;      /* in the table */
	struct list wake_link; /* in house->to_wake */
	bool wakes;
	struct flights *table;
	struct proxy *proxy; /* a reference */
	const struct flight_story *story;
	struct key_check *check; /* whose errand it is (key_check.h), or NULL */
	uint16_t route;
	uint16_t tenant; /* as in struct exchange */
	enum flight_purpose purpose;
	bool private;  /* for one reader: nobody joins */
	bool cached;   /* its response may be stored, or says something about what is */
	bool bypasses; /* it might be, but that the route's key rule lets it pass */
	bool secure;   /* its leader's client speaks TLS */
	bool exact;    /* its content coding is the leader's choice, not ours */

	/* the request: immutable once started */
	struct arena arena;
	struct key key;
	enum method method;
	struct key_parts parts;
	struct slice raw_target;       /* as the leader's client wrote it */
	struct slice ruled_target;     /* the same under the route's key rule */
	uint64_t credentials, dropped; /* of the request, as that rule knows them; 0: none */
	struct slice target;           /* as sent, behind the upstream's base URL */
	struct headers request;        /* the leader's, copied; Accept-Encoding as asked for */
	struct headers sent;           /* what the origin gets */
	/* What is stored and was not usable as it is; references, or NULL. */
	struct object *stale; /* selected: may be validated, or stand in for an error */
	struct object *others[OTHERS_MOST];
	size_t other_count;
	struct object *part; /* its begin: what it lacks is asked for */
	bool validates;      /* our own conditions went along */
	uint64_t epoch;      /* of store/groups.h, when it began */
	uint64_t raised;     /* invalidations that its response caused */
	/* Groups that its response belongs to, as far as that is known; guarded by the lock. */
	const uint32_t *slots;
	size_t slot_count;
	bool has_body;
	bool body_whole; /* it lies in upload.buffer, and can be sent again */
	int64_t body_length;
	enum ask_class class; /* in which order it goes where it has to wait, */
	uint64_t client;      /* on whose behalf, */
	uint64_t quota;       /* and by whose rate: quota.h */
	int64_t started_ms;   /* monotonic */
	int64_t requested_ms; /* wall */

	pthread_mutex_t lock;
	struct list readers;
	unsigned reader_count;
	enum flight_phase phase;
	bool joinable;
	bool keeps;    /* all of the body is wanted for the store */
	bool detached; /* a younger one took its place: it is not stored */
	bool purged;   /* its key was invalidated meanwhile: never stored */
	bool paused;
	bool cancelled;
	struct ask *ask;
	struct upload upload;

	/* the response: written by the upstream loop before it is published by has_head */
	int status;
	int status_told; /* as it came, where the status is another: a part completed */
	enum http_version http_version;
	int64_t content_length;
	struct headers received; /* as they came */
	struct flight_verdict verdict;
	struct object *object; /* what the readers get instead of the stream: a reference */
	struct stream stream;
	bool has_verdict; /* the head came */
	/* What is known of its body, and who looks at it: the upstream loop's, or NULL. Until there is a
	 * verdict the followers have not seen the head (guarded.h). */
	enum guard_verdict guard;
	struct guarding *guarding;
	struct holding *holding; /* who reads what it holds: the upstream loop's, or NULL */
	bool stands_in;          /* object is what was stored: the origin failed */
	bool has_head;           /* and may be seen */
	bool has_variant;        /* verdict.variant is known (from the head, or foreseen) */
	bool is_foreseen;
	struct headers foreseen; /* from earlier responses */
	enum rc fault;           /* found by us: told instead of what the transfer says */
	bool repeatable;         /* another try may follow */
	uint64_t ignored;        /* bytes of a body that nobody gets */
	uint64_t spooled;        /* bytes that house->spooled counts for this one */
	enum rc failure;
};

/* The table. */
struct flights *flights_new(uint64_t most);
/* Whether there are as many as there may be: a fetch outlives clients that leave, so their number
 * bounds nothing. */
bool flights_are_full(struct flights *flights);
/* When no flight is left. */
void flights_free(struct flights *flights);

struct flights_usage {
	uint64_t flights;
	uint64_t readers;
	int64_t oldest_ms; /* age of the oldest, 0 without any */
};
void flights_usage(struct flights *flights, int64_t now_monotonic_ms, struct flights_usage *ret);

/* Shows each flight, under the locks of the table and the flight: see() must not block. */
void flights_look(
	struct flights *flights, void (*see)(const struct flight *flight, void *arg), void *arg);

/* What a new flight is about. All but proxy and story is copied. */
struct flight_plan {
	struct proxy *proxy;
	const struct flight_story *story;
	uint16_t route;
	uint16_t tenant; /* as in struct exchange */
	enum flight_purpose purpose;
	bool private;    /* for this reader alone: nobody joins */
	bool may_follow; /* although: it may join one that is not */
	bool cached;     /* see struct flight, as of what follows */
	bool bypasses;
	struct key_check *check;
	bool exact_coding;
	struct key key;
	struct key_parts parts;
	enum method method;
	struct slice raw_target;
	struct slice ruled_target;
	uint64_t credentials, dropped;
	struct slice target;
	const struct headers *request;
	const struct headers *variant; /* foreseen from earlier responses, or NULL */
	struct object *stale;          /* get a reference each; may be NULL */
	struct object *const *others;
	size_t other_count;
	struct object *part;
	uint64_t epoch;
	const uint32_t *slots; /* copied */
	size_t slot_count;
	bool secure;
	bool background; /* nobody waits for it: nobody's directives go along */
	bool has_body;
	struct slice body; /* of size 0: it comes by flight_upload() */
	int64_t body_length;
	int64_t now_ms; /* wall */
};

enum joined { JOINED_LEADER, JOINED_FOLLOWER };

/* Attaches the reader to the flight under way for the plan's key, if it may be joined and the
 * reader selects it, or makes a new one, which the caller must start (flight_start()). Flights
 * older than deadline_ms are detached on the way. */
enum joined flights_join(struct flights *flights, const struct flight_plan *plan,
	int64_t deadline_ms, struct reader *reader);

/* The same without a reader, for a fetch that nobody waits for: NULL when one is under way (for which a
 * private plan doesn't look), else a new flight, which the caller must start or settle; a reference. */
struct flight *flights_lead(
	struct flights *flights, const struct flight_plan *plan, int64_t deadline_ms);

/* The leader found an answer elsewhere: the flight ends with the object (borrowed). */
void flight_settle(struct flight *flight, struct object *object);

/* Sends it to the origin; flight->sent is filled by the caller before. A failure to start ends the
 * flight: readers see it by polling. */
void flight_start(struct flight *flight, struct slice method);

enum flight_news {
	NEWS_WAIT,     /* nothing yet: the reader was suspended */
	NEWS_THERE,    /* status and fields; the body comes, or is there: reader->object */
	NEWS_FAILED,   /* flight->failure */
	NEWS_RELEASED, /* not shareable: go your own way */
	NEWS_RETRY,    /* not for you, or unusable: begin again */
};

/* What there is for the reader. */
enum flight_news flight_poll(struct reader *reader);

/* The body, when all of it is there in one piece of memory, which stays until the reader leaves. */
bool flight_whole_body(struct flight *flight, struct slice *ret);

/* The reader's next byte is the one at position, which is ahead of it. */
void flight_seek(struct reader *reader, uint64_t position);

/* Copies body bytes that the reader has not had. Returns the count, 0: the reader was suspended,
 * STREAM_END or STREAM_BROKEN. */
ssize_t flight_read(struct reader *reader, char *buffer, size_t size);

/* The client's request body: takes up to size bytes; 0: the reader was suspended. */
size_t flight_upload(struct reader *reader, const char *data, size_t size);
void flight_upload_end(struct reader *reader);

/* The reader goes; a fetch that nobody needs any more is cancelled. No effect when not attached. */
void flight_leave(struct reader *reader);

/* The key was invalidated: flights under way for it are detached and never stored, but for `spare`
 * (or NULL), which caused it. */
void flights_purge(struct flights *flights, struct key key, const struct flight *spare);

/* The same for all that match; asked under the locks of the table and the flight. */
struct flight_filter {
	bool (*matches)(const struct flight *flight, void *arg);
	void *arg;
};
void flights_purge_matching(struct flights *flights, const struct flight_filter *filter);

struct flight *flight_ref(struct flight *flight);
void flight_unref(struct flight *flight);

/* What a conditional request asks about where several responses are stored (RFC 9111 4.3.1): the
 * selected one first; the count. Borrowed. */
size_t flight_candidates(const struct flight *flight, struct object *ret[static OTHERS_MOST + 1]);

/* Where it goes. */
const struct config_route *flight_route(const struct flight *flight);
const struct config_upstream *flight_upstream(const struct flight *flight);

/* Between the files of this module. */
/* What the upstream tells: struct ask_ops. On the loop thread. */
enum transfer_flow flight_on_head(void *arg, const struct transfer_head *head);
enum transfer_flow flight_on_body(void *arg, const char *data, size_t size);
void flight_on_done(void *arg, enum rc rc, const char *detail);
/* The last thing that happens to a flight beside its readers. */
void flight_end(struct flight *flight, enum rc rc, const char *detail);
/* Whether a request that comes now may be answered by the flight. Under both locks. */
bool flight_takes(const struct flight *flight, const struct reader *reader);
/* Whether the response's head, as far as it is known, is for this reader: variant and coding. Under
 * the flight's lock. */
bool flight_suits(const struct flight *flight, const struct reader *reader);
bool flight_object_suits(const struct object *object, const struct reader *reader);
/* At the end of a round of the upstream loop: wakes the readers of flights with news. arg: house. */
void flight_wake_round(void *arg);
/* Has the readers woken when the loop has dealt with all that came with this: then a small response is
 * there as a whole, and they are not woken for each piece. On the loop thread. */
void flight_wake_later(struct flight *flight);
/* Wakes every reader that waits. Under the flight's lock. */
void flight_wake(struct flight *flight);
/* The position of the reader that is farthest behind; total without readers. Under the lock. */
uint64_t flight_slowest(const struct flight *flight);
/* Keeps account of what all flights have in the spool together, which is bounded: see
 * flight_window(). Under the lock. */
void flight_count_spooled(struct flight *flight);
/* How far the slowest may lag behind the origin. Under the lock. */
uint64_t flight_window(const struct flight *flight);
/* One reference, the table's; not in it yet. */
struct flight *flight_new(struct flights *flights, const struct flight_plan *plan);
/* Out of the table at the flight's end: drops the table's reference. */
void flights_remove(struct flight *flight);
void flights_count(struct flights *flights, int flight_change, int reader_change);
