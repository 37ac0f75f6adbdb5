/* front/admin.c - the admin listeners: libmicrohttpd with a thread a connection.
 *
 *	header -> may it bring so much? -> body -> answer() -> bytes, or a stream
 *
 * Threads: one a connection, each with its own visit. Ownership: the admin has its daemons; libmicrohttpd's
 * completion frees a visit.
 */
#include "front/admin.h"

#include "acceptor.h"
#include "listen.h"
#include "tls.h"

#include "util/alloc.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HEADER_MEMORY ((size_t)32 * 1024)
#define IDLE_SECONDS  30
#define STREAM_BLOCK  ((size_t)64 * 1024)
#define DROPPED_MOST \
	((size_t)16 * 1024 * 1024) /* of a body that is too large, so that its 413 can be read */
#define TLS_WORDS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct door {
	struct admin *admin;
	struct MHD_Daemon *daemon;
	struct listening at;
};

struct admin {
	struct admin_ops ops;
	struct door *doors;
	size_t door_count;
	struct tls *tls;           /* NULL: none */
	struct acceptor *acceptor; /* of inherited sockets; or NULL */
};

/* One request. */
struct visit {
	const struct door *door;
	struct MHD_Connection *connection;
	struct arena arena;
	struct admin_request request;
	struct bytes body;
	size_t dropped; /* of a body that is too large */
	bool begun;
};

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct visit *visit = xalloc(sizeof(*visit));

	visit->door = cls;
	visit->connection = connection;
	arena_init(&visit->arena);
	visit->request.arena = &visit->arena;
	visit->request.head.raw_target = arena_copy(&visit->arena, slice_of(uri));
	return visit;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct visit *visit = *context;

	(void)cls;
	(void)connection;
	(void)code;
	if (visit == NULL)
		return;
	if (visit->begun)
		bytes_done(&visit->body);
	arena_done(&visit->arena);
	free(visit);
	*context = NULL;
}

/* All of them: HEADER_MEMORY bounds how many there are. */
static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	struct headers *h = cls;

	(void)kind;
	headers_add(h, (struct slice){ name, name_size },
		value != NULL ? slice_trim((struct slice){ value, value_size }) : SLICE(""));
	return MHD_YES;
}

/* "unix:<user>", by who connected: on one socket each user of the machine is a peer of its own. */
static struct slice user_of(struct visit *visit)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(visit->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred user;
	socklen_t size = sizeof(user);

	if (info == NULL ||
		getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &user, &size) != 0)
		return SLICE("unix");
	return arena_format(&visit->arena, "unix:%u", (unsigned)user.uid);
}

static struct slice peer_of(struct visit *visit)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(visit->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char text[INET6_ADDRSTRLEN];
	const void *at = NULL;

	if (visit->door->at.is_unix)
		return user_of(visit);
	if (info == NULL)
		return SLICE("");
	if (info->client_addr->sa_family == AF_INET)
		at = &((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr;
	else if (info->client_addr->sa_family == AF_INET6)
		at = &((const struct sockaddr_in6 *)(const void *)info->client_addr)->sin6_addr;
	if (at == NULL || inet_ntop(info->client_addr->sa_family, at, text, sizeof(text)) == NULL)
		return SLICE("");
	return arena_copy(&visit->arena, slice_of(text));
}

/* -1: chunked, or unreadable, which comes to as much: it is counted as it comes. */
static int64_t length_of(const struct headers *h)
{
	uint64_t length;

	if (!slice_to_u64(headers_get(h, FIELD_CONTENT_LENGTH), &length) || length > INT64_MAX)
		return LENGTH_UNKNOWN;
	return (int64_t)length;
}

static void begin(struct visit *visit, const char *method)
{
	struct request *head = &visit->request.head;
	const struct admin_ops *ops = &visit->door->admin->ops;
	uint64_t most;

	head->method_text = slice_of(method);
	head->method = method_lookup(head->method_text);
	headers_init(&head->headers, &visit->arena);
	MHD_get_connection_values_n(visit->connection, MHD_HEADER_KIND, collect, &head->headers);
	if (target_split(head->raw_target, &head->target) != RC_OK)
		head->target = (struct target){ .path = SLICE("") };
	head->peer = head->client = peer_of(visit);
	head->content_length = length_of(&head->headers);
	most = ops->most_body(ops->arg, &visit->request);
	bytes_init(&visit->body, (size_t)most);
	visit->begun = true;
	visit->request.too_large =
		head->content_length >= 0 && (uint64_t)head->content_length > most;
}

/* ---- the answer ---- */

static ssize_t on_read(void *cls, uint64_t position, char *buffer, size_t size)
{
	struct admin_answer *answer = cls;
	ssize_t got = answer->stream.read(answer->stream.arg, buffer, size);

	(void)position;
	if (got == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	return got < 0 ? MHD_CONTENT_READER_END_WITH_ERROR : got;
}

static void on_free(void *cls)
{
	struct admin_answer *answer = cls;

	answer->stream.free(answer->stream.arg);
	free(answer);
}

static struct MHD_Response *response_of(struct admin_answer *answer)
{
	struct admin_answer *kept;
	size_t size = answer->body.size;

	if (answer->stream.read == NULL)
		return MHD_create_response_from_buffer_with_free_callback(
			size, size > 0 ? bytes_take(&answer->body) : NULL, free);
	kept = xalloc(sizeof(*kept));
	*kept = *answer;
	return MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK, on_read, kept, on_free);
}

static void make_answer(struct visit *visit, struct admin_answer *ret)
{
	const struct admin_ops *ops = &visit->door->admin->ops;

	*ret = (struct admin_answer){ .status = 500 };
	visit->request.body = bytes_slice(&visit->body);
	headers_init(&ret->fields, &visit->arena);
	bytes_init(&ret->body, SIZE_MAX / 2);
	ops->answer(ops->arg, &visit->request, ret);
}

static enum MHD_Result send_answer(struct visit *visit)
{
	struct admin_answer answer;
	struct MHD_Response *response;
	enum MHD_Result result;

	make_answer(visit, &answer);
	response = response_of(&answer);
	HEADERS_EACH(at, &answer.fields)
		MHD_add_response_header(response, arena_copy(&visit->arena, at->name).data,
			arena_copy(&visit->arena, at->value).data);
	result = MHD_queue_response(visit->connection, (unsigned)answer.status, response);
	MHD_destroy_response(response);
	bytes_done(&answer.body);
	return result;
}

/* Nobody reads what is answered to a body without an end, but it was a call. */
static enum MHD_Result end_unread(struct visit *visit)
{
	struct admin_answer answer;

	make_answer(visit, &answer);
	if (answer.stream.read != NULL)
		answer.stream.free(answer.stream.arg);
	bytes_done(&answer.body);
	return MHD_NO;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context)
{
	struct visit *visit = *context;

	(void)cls;
	(void)connection;
	(void)url;
	(void)version;
	if (visit == NULL)
		return MHD_NO;
	if (!visit->begun) {
		begin(visit, method);
		/* an answer before the body is read ends the connection: just what is wanted */
		return visit->request.too_large ? send_answer(visit) : MHD_YES;
	}
	if (*size == 0)
		return send_answer(visit);
	if (!visit->request.too_large && bytes_append(&visit->body, data, *size) != RC_OK)
		visit->request.too_large = true;
	if (visit->request.too_large)
		visit->dropped += *size;
	if (visit->dropped > DROPPED_MOST)
		return end_unread(visit);
	*size = 0;
	return MHD_YES;
}

/* ---- begin and end ---- */

static void on_taken(void *arg, int fd, const struct sockaddr *address, socklen_t size)
{
	const struct door *door = arg;

	MHD_add_connection(door->daemon, fd, address, size); /* closes what it doesn't take */
}

/* From inherited sockets, if there are any. */
static enum rc start_acceptor(struct admin *admin)
{
	struct acceptor_socket *sockets = xalloc((admin->door_count + 1) * sizeof(*sockets));
	struct acceptor_options options = { .sockets = sockets, .take = on_taken };
	enum rc rc = RC_OK;

	for (size_t i = 0; i < admin->door_count; i++) {
		if (admin->doors[i].at.is_inherited)
			sockets[options.count++] =
				(struct acceptor_socket){ admin->doors[i].at.fd, &admin->doors[i] };
	}
	if (options.count > 0)
		rc = acceptor_start(&options, &admin->acceptor);
	free(sockets);
	return rc;
}

static enum rc start_door(struct door *door, const struct config_admin *config)
{
	bool secure = door->admin->tls != NULL && !door->at.is_unix;
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_POLL | MHD_USE_ITC | (secure ? MHD_USE_TLS : 0) |
			 (door->at.is_inherited ? MHD_USE_NO_LISTEN_SOCKET : 0);
	const struct MHD_OptionItem own[] = {
		{ MHD_OPTION_LISTEN_SOCKET, door->at.fd, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)tls_retrieve_admin },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_WORDS },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

	door->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_access, door, MHD_OPTION_ARRAY,
		door->at.is_inherited ? none : own, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)config->max_connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		HEADER_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
		MHD_OPTION_URI_LOG_CALLBACK, on_uri, door, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, door, MHD_OPTION_ARRAY, secure ? tls : none, MHD_OPTION_END);
	if (door->daemon == NULL)
		return RC_IO;
	if (!door->at.is_inherited)
		door->at.fd = -1; /* the daemon's now */
	return RC_OK;
}

static enum rc start_doors(
	struct admin *admin, const struct admin_options *options, char **ret_fault)
{
	const struct config_admin *config = options->config;
	const struct listen_from from = { .inherited = options->inherited, .admin = true };

	if (config->tls.certificate[0] != '\0')
		TRY(tls_open_admin(
			config->tls.certificate, config->tls.key, &admin->tls, ret_fault));
	for (size_t i = 0; i < config->listen.count; i++) {
		struct door *door = &admin->doors[i];

		door->admin = admin;
		TRY(listen_open(config->listen.items[i], &from, &door->at, ret_fault));
		admin->door_count++;
		if (start_door(door, config) != RC_OK) {
			*ret_fault = xcopy("libmicrohttpd did not start", 27);
			return RC_IO;
		}
	}
	return start_acceptor(admin);
}

enum rc admin_start(const struct admin_options *options, struct admin **ret, char **ret_fault)
{
	struct admin *admin = xalloc(sizeof(*admin));
	enum rc rc;

	admin->ops = options->ops;
	admin->doors = xalloc((options->config->listen.count + 1) * sizeof(*admin->doors));
	*ret_fault = NULL;
	rc = start_doors(admin, options, ret_fault);
	if (rc != RC_OK) {
		admin_stop(admin);
		return rc;
	}
	*ret = admin;
	return RC_OK;
}

size_t admin_listener_count(const struct admin *admin)
{
	return admin->door_count;
}

const char *admin_listener(const struct admin *admin, size_t index)
{
	return admin->doors[index].at.name;
}

enum rc admin_reread_tls(struct admin *admin, char **ret_fault)
{
	return admin->tls != NULL ? tls_reread(admin->tls, ret_fault) : RC_OK;
}

void admin_settle_tls(struct admin *admin, bool is_used)
{
	if (admin->tls != NULL)
		tls_settle(admin->tls, is_used);
}

void admin_drain(struct admin *admin)
{
	acceptor_stop(admin->acceptor);
	admin->acceptor = NULL;
}

void admin_stop(struct admin *admin)
{
	admin_drain(admin);
	for (size_t i = 0; i < admin->door_count; i++) {
		if (admin->doors[i].daemon != NULL)
			MHD_stop_daemon(admin->doors[i].daemon);
		listen_close(&admin->doors[i].at);
	}
	if (admin->tls != NULL)
		tls_close(admin->tls);
	free(admin->doors);
	free(admin);
}
