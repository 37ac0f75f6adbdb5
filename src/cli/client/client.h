/* cli/client/client.h - calls to the admin API of a larder that runs.
 *
 *	struct client *client;
 *	json_t *answer;
 *	int code = client_open("stats", values, &client);	values begin with those of API_OPTIONS
 *	if (code == EXIT_DONE)
 *		code = client_get(client, "/stats", &answer);	told on standard error where it fails
 *	client_close(client);
 *
 * The token is the environment's LARDER_TOKEN. It is sent unencrypted to this machine only.
 *
 * Threads: a client is one thread's, which waits; take() and give() run on another meanwhile.
 * Ownership: client_close() frees; answers are the caller's.
 */
#pragma once

#include "api.h"
#include "place.h"

#include "cli/command.h"
#include "http/headers.h"
#include "util/bytes.h"

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

struct client;

/* The larder of --admin, LARDER_ADMIN, --config's admin.listen, or http://127.0.0.1:8081, in this order. command: its
 * name, for what is told. EXIT_DONE, or EXIT_USAGE after telling why. */
int client_open(const char *command, const char *const *values, struct client **ret);

/* Whether there is a larder to ask: --config's may have no admin listener that can be known, with nothing else said. */
bool client_has_place(const char *const *values);

/* Of commands that can do without a larder, after one wasn't there (away): whether --config says where its store is. Told
 * then. */
bool client_may_look(const char *const *values, bool away, const char *command);

/* Any other place, without a token; paths are below the place's own. */
struct client *client_at(const char *command, const struct place *place, bool verify_tls);

void client_close(struct client *client);

struct client_call {
	const char *method;
	const char *path; /* "/purges?limit=3": what stands behind /api/v1, as it is sent */
	const char *
		member; /* that a larder's good answer has; NULL: any. Of client_json(), client_print() */
	struct slice body;            /* data NULL: none */
	const char *type;             /* of the body; NULL: application/json */
	const struct headers *fields; /* more of the request's; or NULL */
	/* A good answer's body as it comes, instead of in the answer. false: enough. */
	bool (*take)(void *arg, const char *data, size_t size);
	/* The body to send, instead of `body`, up to size bytes of it. 0: the end; -1: broken off. */
	ssize_t (*give)(void *arg, char *buffer, size_t size);
	void *arg;
};

struct client_answer {
	int status;
	struct bytes body;
};

/* The answer, whatever its status; client_answer_done() in any case. EXIT_DONE, or EXIT_FAILED after telling why there
 * is none. */
int client_call(struct client *client, const struct client_call *call, struct client_answer *ret);
void client_answer_done(struct client_answer *answer);

/* Tells what is wrong where the status says that something is (problem+json: title, detail, faults). EXIT_DONE for 2xx,
 * EXIT_USAGE for 400 and 422, else EXIT_FAILED. */
int client_judge(const struct client *client, const struct client_answer *answer);

/* All of it: the answer of 2xx as JSON. */
int client_json(struct client *client, const struct client_call *call, json_t **ret);
/* The same, and its body as it came on standard output, where that is all that is wanted. */
int client_print(struct client *client, const struct client_call *call);
int client_get(struct client *client, const char *path, json_t **ret);
int client_post(
	struct client *client, const char *path, json_t *body, json_t **ret); /* takes body */

/* Tells that it wasn't a larder's admin API that answered, whatever the status says. EXIT_FAILED. */
int client_tell_stranger(const struct client *client);

/* What is told from now on goes there instead of to standard error. */
void client_tell_to(struct client *client, FILE *to);
FILE *client_told(const struct client *client);

/* "larder purge: " and the words, with a line feed. */
void client_tell(const struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether the last call failed because nobody listens there. */
bool client_is_away(const struct client *client);

/* "  /a: 404 Not found: nothing is there" of a problem that is one of several answers. about may be NULL. */
void client_tell_problem(const struct client *client, const char *about, const json_t *problem);
/* Words of a server's, on a line of their own; whatever it sent, a terminal isn't harmed. */
void client_tell_fault(const struct client *client, const json_t *fault);

/* The command's name, and what it speaks to. */
const char *client_command(const struct client *client);
const char *client_place(const struct client *client);
bool client_has_token(const struct client *client);

/* A whole command: opens, calls, and shows the answer's JSON, or with --json its body as it came. show() returns the
 * command's exit code; it borrows the answer. */
int client_run(const char *command, const char *const *values, const struct client_call *call,
	int (*show)(const json_t *answer));

/* Appends "?name=value" or "&name=value", percent-encoded; value NULL: nothing. */
void client_query(struct bytes *path, const char *name, const char *value);
/* Appends text as one segment of a path or a part of a query. */
void client_encode(struct bytes *path, const char *text);
