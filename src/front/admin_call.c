/* front/admin_call.c - one call to an admin listener, from its header to its answer.
 *
 *	header -> may it bring so much? -> body -> answer() -> bytes, or a stream
 *
 * Threads: one a connection, each with its own visit. Ownership: libmicrohttpd's completion frees a visit.
 */
#include "admin_inside.h"

#include "util/alloc.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define STREAM_BLOCK ((size_t)64 * 1024)
#define DROPPED_MOST \
	((size_t)16 * 1024 * 1024) /* of a body that is too large, so that its 413 can be read */

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

void *admin_call_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct visit *visit = xalloc(sizeof(*visit));

	visit->door = cls;
	visit->connection = connection;
	arena_init(&visit->arena);
	visit->request.arena = &visit->arena;
	visit->request.head.raw_target = arena_copy(&visit->arena, slice_of(uri));
	return visit;
}

void admin_call_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct visit *visit = *context;

	(void)cls;
	(void)connection;
	(void)code;
	if (visit == NULL)
		return;
	if (visit->begun) {
		bytes_done(&visit->body);
		atomic_fetch_sub(&visit->door->admin->calls, 1);
	}
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

/* Counted first: a drain either waits for it or has closed before. */
static bool enter(struct admin *admin)
{
	atomic_fetch_add(&admin->calls, 1);
	if (!atomic_load(&admin->closed))
		return true;
	atomic_fetch_sub(&admin->calls, 1);
	return false;
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
	if (atomic_load(&visit->door->admin->draining))
		MHD_add_response_header(response, "Connection", "close");
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

enum MHD_Result admin_call_access(void *cls, struct MHD_Connection *connection, const char *url,
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
		if (!enter(visit->door->admin))
			return MHD_NO;
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
