/* control/call.h - what the handlers of the admin API share: the call, and how it is answered.
 *
 * A handler is one function of one route of routes.def, in the file of its resource (api_stats.c ...). It answers
 * just once, with one of the functions below.
 *
 * Threads: a call is one thread's. Ownership: the call owns nothing; what is told is taken.
 */
#pragma once

#include "control/control.h"

#include <jansson.h>
#include <pthread.h>

enum takes { TAKES_NOTHING, TAKES_JSON, TAKES_BYTES, TAKES_ENTRIES };

#define ROLE_EVERYONE (-1)
#define ROLE_VIEWER   CONFIG_VIEWER
#define ROLE_OPERATOR CONFIG_OPERATOR
#define ROLE_ADMIN    CONFIG_ADMIN

struct call;

struct api_route {
	const char *id; /* of the handler: the operationId */
	void (*handler)(struct call *call);
	const char *method;
	const char *path;
	int role; /* enum config_role, ROLE_EVERYONE */
	enum takes takes;
	const char *parameters;
	const char *asks; /* schemas */
	const char *gives;
	const char *about;
};

#define ROUTE(handler, ...) void handler(struct call *call);
#include "routes.def"
#undef ROUTE

extern const struct api_route api_routes[];
extern const size_t api_route_count;

/* Who asks. */
struct caller {
	const char *name; /* of the token; "local" where there are none; "" nobody */
	int role;
	const char *tenant; /* whose: the call is about nobody else's; "": all */
};

struct call {
	struct control *control;
	const struct admin_request *request;
	struct admin_answer *answer;
	const struct api_route *route;
	struct caller caller;
	struct slice parameter; /* of the path, decoded */
	json_t *body;           /* of TAKES_JSON */
	json_t *told;           /* what it did, for the audit log: call_tell() */
	json_t *problem;        /* the detail of a refusal, for the same */
	bool reserved;          /* the audit log has room for its line */
	const struct config *config;
	struct proxy *proxy;
	int64_t now_ms; /* wall */
};

struct control {
	pthread_mutex_t lock;
	struct proxy *proxy; /* of now: a reference. Under the lock */
	struct control_options options;
	struct lockout *lockout;
	struct quota *quota;
	struct replays *replays;
	struct audit *audit;
	struct schedule *schedule;
	struct namespaces *namespaces;
};

/* The generation of now; a reference. */
struct proxy *control_proxy(struct control *control);

/* "everyone", "viewer", ... */
const char *api_role_word(int role);

/* 200 and so on, with what is a response; takes json. */
void call_give(struct call *call, int status, json_t *json);

/* problem+json; detail: printf, what was found and what is expected. */
void call_refuse(struct call *call, int status, const char *detail, ...)
	__attribute__((format(printf, 3, 4)));

/* A member of the problem beside those of RFC 9457, or of the audit line; takes value. */
void call_tell(struct call *call, const char *name, json_t *value);

/* The value of a query parameter, decoded, in the arena; data NULL: it isn't there. */
struct slice call_query(const struct call *call, const char *name);

/* A whole number from least to most; absent: *ret stays. false: refused. */
bool call_query_number(
	struct call *call, const char *name, int64_t least, int64_t most, int64_t *ret);

/* A field of the answer: name and value are copied. */
void call_field(struct call *call, const char *name, struct slice value);

/* What call_refuse() writes (RFC 9457), for one of several that a call asks for. */
json_t *json_of_problem(int status, struct slice detail);

/* A moment as the API writes it: RFC 3339, UTC. */
json_t *json_of_moment(int64_t wall_ms);

/* Text as JSON, of bytes that may be no UTF-8: those become U+FFFD. */
json_t *json_of_slice(struct slice s);

/* Takes an answer back, whatever it was. */
void call_reset(struct call *call);

/* Who sent the request. false: refused already. */
bool auth_check(struct call *call);

/* The same without a trace, as to whether a body is worth being read. */
bool auth_may_bring(const struct call *call);
