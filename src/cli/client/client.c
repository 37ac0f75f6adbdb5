/* cli/client/client.c - one call after the other to the admin API, on the upstream's loop. Threads and ownership: client.h. */
#include "client.h"
#include "client_find.h"

#include "upstream/upstream.h"
#include "util/alloc.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define API_PATH      "/api/v1"
#define CONNECT_MS    10000
#define FIRST_BYTE_MS 300000 /* a purge searches, an import ends on the disk */
#define IDLE_MS       60000
#define MOST_HEADER   ((size_t)64 << 10)
#define MOST_ANSWER   ((size_t)256 << 20)
#define MOST_TOKEN    4096

struct client {
	const char *command;
	const char *below; /* the path that all calls are behind */
	const char *token; /* of the environment; NULL: none */
	char *ca_file;     /* NULL: the system's */
	struct place place;
	char name[PLACE_URL];
	struct origin origin;
	struct upstream_loop *loop;
	FILE *told; /* where what is told goes */
	bool is_away;
};

/* ---- what is told ---- */

void client_tell(const struct client *client, const char *format, ...)
{
	va_list arguments;

	fprintf(client->told, "larder %s: ", client->command);
	va_start(arguments, format);
	vfprintf(client->told, format, arguments);
	va_end(arguments);
	fputc('\n', client->told);
}

void client_tell_to(struct client *client, FILE *to)
{
	client->told = to;
}

FILE *client_told(const struct client *client)
{
	return client->told;
}

bool client_is_away(const struct client *client)
{
	return client->is_away;
}

const char *client_command(const struct client *client)
{
	return client->command;
}

const char *client_place(const struct client *client)
{
	return client->name;
}

bool client_has_token(const struct client *client)
{
	return client->token != NULL;
}

/* ---- begin and end ---- */

static struct client *client_new(const char *command, const struct place *place)
{
	struct client *client = xalloc(sizeof(*client));

	client->command = command;
	client->below = "";
	client->told = stderr;
	client->place = *place;
	place_write(place, client->name);
	client->origin = (struct origin){
		.base_url = client->place.base,
		.unix_path = place->unix_path[0] != '\0' ? client->place.unix_path : NULL,
		.connect_ms = CONNECT_MS,
		.first_byte_ms = FIRST_BYTE_MS,
		.idle_ms = IDLE_MS,
		.verify_tls = true,
		.max_header_bytes = MOST_HEADER,
	};
	return client;
}

struct client *client_at(const char *command, const struct place *place, bool verify_tls)
{
	struct client *client = client_new(command, place);

	client->origin.verify_tls = verify_tls;
	return client;
}

void client_close(struct client *client)
{
	if (client == NULL)
		return;
	if (client->loop != NULL) {
		upstream_loop_stop(client->loop);
		upstream_loop_free(client->loop);
	}
	free(client->ca_file);
	free(client);
}

/* Never where others could read it. */
static int take_token(struct client *client, bool insecure)
{
	const char *token = getenv("LARDER_TOKEN");

	if (token == NULL || token[0] == '\0')
		return EXIT_DONE;
	if (strlen(token) > MOST_TOKEN || strpbrk(token, " \t") != NULL ||
		!field_value_valid(slice_of(token))) {
		client_tell(client, "LARDER_TOKEN: this is no token");
		return EXIT_USAGE;
	}
	if (!client->place.secure && !client->place.is_near && !insecure) {
		client_tell(client,
			"%s: the token would go there unencrypted: https is expected, or "
			"--insecure",
			client->name);
		return EXIT_USAGE;
	}
	client->token = token;
	return EXIT_DONE;
}

int client_open(const char *command, const char *const *values, struct client **ret)
{
	struct place place;
	char *ca_file = NULL;
	int code = client_find(command, values, &place, &ca_file);
	struct client *client;

	*ret = NULL;
	if (code != EXIT_DONE)
		return code;
	client = client_new(command, &place);
	client->below = API_PATH;
	client->ca_file = ca_file;
	client->origin.ca_file = values[API_CA] != NULL ? values[API_CA] : ca_file;
	client->origin.verify_tls = values[API_INSECURE] == NULL;
	code = take_token(client, values[API_INSECURE] != NULL);
	if (code != EXIT_DONE)
		client_close(client);
	else
		*ret = client;
	return code;
}

/* ---- one call ---- */

/* What both threads know of it. */
struct calling {
	const struct client_call *call;
	struct client_answer *answer;
	struct slice rest; /* of the body, to be sent */
	bool enough;       /* take() said so */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool over;
	enum rc rc;
	char detail[256];
};

static enum transfer_flow on_head(void *arg, const struct transfer_head *head)
{
	((struct calling *)arg)->answer->status = head->status;
	return TRANSFER_GO_ON;
}

static enum transfer_flow on_body(void *arg, const char *data, size_t size)
{
	struct calling *c = arg;
	bool is_good = c->answer->status / 100 == 2;

	if (c->call->take == NULL || !is_good)
		return bytes_append(&c->answer->body, data, size) == RC_OK ? TRANSFER_GO_ON
									   : TRANSFER_ABORT;
	c->enough = !c->call->take(c->call->arg, data, size);
	return c->enough ? TRANSFER_ABORT : TRANSFER_GO_ON;
}

static size_t on_read(void *arg, char *buffer, size_t size)
{
	struct calling *c = arg;
	ssize_t got;

	if (c->call->give != NULL) {
		got = c->call->give(c->call->arg, buffer, size);
		return got < 0 ? TRANSFER_READ_ABORT : (size_t)got;
	}
	if (size > c->rest.size)
		size = c->rest.size;
	memcpy(buffer, c->rest.data, size);
	c->rest = slice_skip(c->rest, size);
	return size;
}

static void on_done(void *arg, enum rc rc, const char *detail)
{
	struct calling *c = arg;

	pthread_mutex_lock(&c->lock);
	snprintf(c->detail, sizeof(c->detail), "%s", detail);
	c->rc = rc;
	c->over = true;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

static const struct transfer_ops ops = {
	.head = on_head,
	.body = on_body,
	.done = on_done,
	.read = on_read,
};

static void add_fields(
	const struct client *client, const struct client_call *call, struct headers *fields)
{
	const char *type = call->type != NULL ? call->type : "application/json";

	if (call->fields != NULL) {
		HEADERS_EACH(at, call->fields)
			headers_add(fields, at->name, at->value);
	}
	if (!headers_has(fields, FIELD_ACCEPT))
		headers_add(fields, SLICE("Accept"), SLICE("application/json"));
	if (call->body.data != NULL || call->give != NULL)
		headers_add(fields, SLICE("Content-Type"), slice_of(type));
	if (client->token != NULL)
		headers_add(fields, SLICE("Authorization"),
			arena_format(fields->arena, "Bearer %s", client->token));
}

static enum rc send_and_wait(
	struct client *client, struct slice target, const struct headers *fields, struct calling *c)
{
	const struct client_call *call = c->call;
	const struct fetch fetch = {
		.origin = &client->origin,
		.method = slice_of(call->method),
		.target = target,
		.headers = fields,
		.has_body = call->body.data != NULL || call->give != NULL,
		.body_length = call->give != NULL ? LENGTH_UNKNOWN : (int64_t)call->body.size,
		.ops = &ops,
		.arg = c,
	};
	struct transfer *transfer;

	if (client->loop == NULL)
		TRY(upstream_loop_start(
			&(struct upstream_loop_options){ .max_idle_connections = 1 },
			&client->loop));
	TRY(upstream_fetch(client->loop, &fetch, &transfer));
	pthread_mutex_lock(&c->lock);
	while (!c->over)
		pthread_cond_wait(&c->changed, &c->lock);
	pthread_mutex_unlock(&c->lock);
	return c->enough ? RC_OK : c->rc;
}

static int call_once(struct client *client, struct calling *c, struct arena *arena)
{
	struct slice target = arena_format(arena, "%s%s", client->below, c->call->path);
	struct headers fields;
	bool is_detailed;
	enum rc rc;

	headers_init(&fields, arena);
	add_fields(client, c->call, &fields);
	rc = send_and_wait(client, target, &fields, c);
	client->is_away = rc == RC_CONNECT;
	if (rc == RC_OK)
		return EXIT_DONE;
	/* of a socket that isn't listened on curl speaks as of a host */
	is_detailed = c->detail[0] != '\0' && client->place.unix_path[0] == '\0';
	client_tell(client, "%s: %s%s%s%s", client->name, rc_text(rc), is_detailed ? " (" : "",
		is_detailed ? c->detail : "", is_detailed ? ")" : "");
	return EXIT_FAILED;
}

int client_call(struct client *client, const struct client_call *call, struct client_answer *ret)
{
	struct calling calling = { .call = call, .answer = ret, .rest = call->body };
	struct arena arena;
	int code;

	*ret = (struct client_answer){ .status = 0 };
	bytes_init(&ret->body, MOST_ANSWER);
	arena_init(&arena);
	pthread_mutex_init(&calling.lock, NULL);
	pthread_cond_init(&calling.changed, NULL);
	code = call_once(client, &calling, &arena);
	pthread_cond_destroy(&calling.changed);
	pthread_mutex_destroy(&calling.lock);
	arena_done(&arena);
	return code;
}

void client_answer_done(struct client_answer *answer)
{
	bytes_done(&answer->body);
}
