/* front/reply.c - from an exchange's answer to a libmicrohttpd response. */
#include "reply.h"

#include "internal.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <sys/socket.h>

#define KEPT_SLOTS       2048        /* a power of two */
#define KEPT_BODY_MAX    (64 * 1024) /* building one is nothing beside sending more */
#define KEPT_BYTES_ALL   (16 << 20)  /* of bodies, in all threads together */
#define STREAM_BLOCK     (64 * 1024) /* what one call of the reader may fill */
#define STREAM_BLOCK_MIN 1024

struct kept {
	uint64_t serial;
	uint64_t terms;       /* under which it was made */
	int status;           /* of one object a 200 and a 304 may be kept, */
	bool recoded;         /* as it came and recoded, */
	uint64_t written_for; /* and for clients that know us by other names */
	int64_t age_s;
	int64_t ttl_s;
	struct slice body;
	int64_t length;
	struct MHD_Response *response;
};

struct kept_table {
	size_t bytes;
	size_t hand; /* who goes when there are too many bytes */
	struct kept slots[KEPT_SLOTS];
};

static pthread_key_t kept_key;
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;
static _Thread_local struct kept_table *kept_of_thread;

static void kept_drop(struct kept_table *table, struct kept *kept)
{
	if (kept->response == NULL)
		return;
	MHD_destroy_response(kept->response);
	table->bytes -= kept->body.size;
	*kept = (struct kept){ 0 };
}

static void kept_end(void *arg)
{
	struct kept_table *table = arg;

	for (size_t i = 0; i < KEPT_SLOTS; i++)
		kept_drop(table, &table->slots[i]);
	free(table);
}

static void kept_begin(void)
{
	if (pthread_key_create(&kept_key, kept_end) != 0)
		abort();
}

static struct kept_table *kept_table(void)
{
	if (kept_of_thread == NULL) {
		pthread_once(&kept_once, kept_begin);
		kept_of_thread = xalloc(sizeof(*kept_of_thread));
		pthread_setspecific(kept_key, kept_of_thread);
	}
	return kept_of_thread;
}

static struct kept *kept_slot(struct kept_table *table, const struct answer *answer)
{
	size_t form = (answer->status == 304 ? 1U : 0U) + (answer->recoded ? 2U : 0U);

	return &table->slots[(answer->serial * 4 + form + answer->written_for) % KEPT_SLOTS];
}

/* NULL: there is none. */
static const struct kept *kept_find(const struct session *session, const struct answer *answer)
{
	const struct kept *kept = kept_slot(kept_table(), answer);

	if (kept->response != NULL && kept->serial == answer->serial &&
		kept->terms == session->terms->number && kept->status == answer->status &&
		kept->recoded == answer->recoded && kept->written_for == answer->written_for &&
		kept->age_s == answer->age_s && kept->ttl_s == answer->ttl_s)
		return kept;
	return NULL;
}

/* The table takes the response. */
static void kept_put(
	const struct session *session, const struct answer *answer, struct MHD_Response *response)
{
	struct kept_table *table = kept_table();
	size_t most = KEPT_BYTES_ALL / session->front->thread_count;
	struct kept *kept = kept_slot(table, answer);

	kept_drop(table, kept);
	while (table->bytes > 0 && table->bytes + answer->body.size > most)
		kept_drop(table, &table->slots[table->hand++ % KEPT_SLOTS]);
	*kept = (struct kept){
		.serial = answer->serial,
		.terms = session->terms->number,
		.status = answer->status,
		.recoded = answer->recoded,
		.written_for = answer->written_for,
		.age_s = answer->age_s,
		.ttl_s = answer->ttl_s,
		.body = answer->body,
		.length = answer->length,
		.response = response,
	};
	table->bytes += kept->body.size;
}

static void release_body(void *arg)
{
	body_unref(arg);
}

/* A body that broke off must not look whole. libmicrohttpd 0.9.75 forgets to close a connection whose
 * reader says so when it was just resumed; the shutdown makes an event that reminds it. Where only
 * the connection's end tells the body's, that end is a reset. */
static void break_off(const struct session *session)
{
	const struct linger reset = { .l_onoff = 1 };
	bool by_close =
		session->request.http_1_0 && session->exchange.answer.length == LENGTH_UNKNOWN;

	if (by_close)
		setsockopt(session->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	shutdown(session->fd, by_close ? SHUT_RD : SHUT_RDWR);
}

static ssize_t read_stream(void *arg, uint64_t position, char *buffer, size_t size)
{
	struct session *session = arg;
	bool gone = atomic_load_explicit(&session->gone, memory_order_relaxed);
	ssize_t count = gone ? STREAM_BROKEN : exchange_read(&session->exchange, buffer, size);

	(void)position;
	if (count == STREAM_END)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (count != STREAM_BROKEN)
		return count;
	break_off(session);
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *stream_response(struct session *session, int64_t length)
{
	size_t block = STREAM_BLOCK;

	if (length != LENGTH_UNKNOWN && (uint64_t)length < block)
		block = length < STREAM_BLOCK_MIN ? STREAM_BLOCK_MIN : (size_t)length;
	return MHD_create_response_from_callback(
		length == LENGTH_UNKNOWN ? MHD_SIZE_UNKNOWN : (uint64_t)length, block, read_stream,
		session, NULL);
}

static struct MHD_Response *bytes_response(const struct answer *answer)
{
	/* libmicrohttpd doesn't write to it */
	void *data = (void *)(uintptr_t)answer->body.data;

	if (answer->owner != NULL)
		return MHD_create_response_from_buffer_with_free_callback_cls(
			answer->body.size, data, release_body, body_ref(answer->owner));
	return MHD_create_response_from_buffer(answer->body.size, data, MHD_RESPMEM_PERSISTENT);
}

/* The response takes the descriptor. */
static struct MHD_Response *file_response(struct answer *answer)
{
	struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(
		(uint64_t)answer->length, answer->file, answer->offset);

	if (response != NULL)
		answer->file = -1;
	return response;
}

static ssize_t read_nothing(void *arg, uint64_t position, char *buffer, size_t size)
{
	(void)arg;
	(void)position;
	(void)buffer;
	(void)size;
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* A 304 tells the length of what it doesn't send (RFC 9110 8.6); the reader is never called. */
static struct MHD_Response *empty_response(const struct answer *answer)
{
	static char nothing[1];

	if (answer->status == 204)
		return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	return MHD_create_response_from_callback(
		answer->length == LENGTH_UNKNOWN ? MHD_SIZE_UNKNOWN : (uint64_t)answer->length,
		STREAM_BLOCK_MIN, read_nothing, NULL, NULL);
}

/* libmicrohttpd takes no empty value; a blank is one on the wire (RFC 9110 5.5). What it still doesn't
 * take is a framing field, which is its own business. */
static void add_field(struct MHD_Response *response, const struct field *field)
{
	(void)MHD_add_response_header(
		response, field->name.data, field->value.size > 0 ? field->value.data : " ");
}

static struct MHD_Response *body_response(struct session *session)
{
	struct answer *answer = &session->exchange.answer;

	switch (answer->kind) {
	case ANSWER_BYTES:
		return bytes_response(answer);
	case ANSWER_FILE:
		return file_response(answer);
	case ANSWER_STREAM:
		return stream_response(session, answer->length);
	case ANSWER_EMPTY:
		break;
	}
	return empty_response(answer);
}

static struct MHD_Response *make_response(struct session *session)
{
	struct exchange *x = &session->exchange;
	struct MHD_Response *response;
	struct headers fields;

	headers_init(&fields, &session->arena);
	exchange_fields(x, &fields);
	response = body_response(session);
	if (response == NULL)
		return NULL;
	/* libmicrohttpd would end a body of unknown length with a last chunk even where none may be
	 * sent; without chunks it closes instead */
	if (x->answer.length == LENGTH_UNKNOWN &&
		(x->answer.status == 304 || session->request.method == METHOD_HEAD))
		MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	HEADERS_EACH(at, &fields)
		add_field(response, at);
	return response;
}

static bool is_keepable(const struct session *session)
{
	const struct answer *answer = &session->exchange.answer;

	/* a stream is one client's, and a kept file would keep a descriptor open */
	return answer->serial != 0 && answer->kind != ANSWER_STREAM &&
	       answer->kind != ANSWER_FILE && answer->body.size <= KEPT_BODY_MAX &&
	       !atomic_load_explicit(&session->front->draining, memory_order_relaxed);
}

bool reply_keeps(void *arg, struct answer *ret)
{
	struct session *session = arg;
	const struct kept *kept = is_keepable(session) ? kept_find(session, ret) : NULL;

	if (kept == NULL)
		return false;
	if (ret->kind == ANSWER_BYTES)
		ret->body = kept->body;
	ret->length = kept->length;
	session->kept = kept->response;
	return true;
}

/* What is kept of such an answer, or NULL. */
static struct MHD_Response *response_kept(const struct session *session)
{
	const struct kept *kept;

	if (session->kept != NULL)
		return session->kept;
	kept = is_keepable(session) ? kept_find(session, &session->exchange.answer) : NULL;
	return kept != NULL ? kept->response : NULL;
}

enum MHD_Result reply_queue(struct session *session)
{
	const struct answer *answer = &session->exchange.answer;
	bool keepable = is_keepable(session);
	struct MHD_Response *response = response_kept(session);
	enum MHD_Result result;
	bool made = response == NULL;

	session_enter(session, SESSION_ANSWER);
	if (made)
		response = make_response(session);
	if (response == NULL)
		return MHD_NO;
	if (session->too_large ||
		atomic_load_explicit(&session->front->draining, memory_order_relaxed))
		(void)MHD_add_response_header(response, "Connection", "close");
	result = MHD_queue_response(session->connection, (unsigned)answer->status, response);
	if (made && keepable)
		kept_put(session, answer, response);
	else if (made)
		MHD_destroy_response(response);
	return result;
}
