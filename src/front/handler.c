/* front/handler.c - libmicrohttpd's callbacks: a request's way through the front. */
#include "handler.h"

#include "believe.h"
#include "internal.h"
#include "reply.h"

#include "observe/domains.h"
#include "observe/metrics.h"
#include "proxy/tenancy.h"

#include <string.h>
#include <unistd.h>

void handler_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	const struct listener *listener = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*socket_context = session_open(listener, connection);
	else if (*socket_context != NULL)
		session_close(*socket_context);
}

static enum MHD_Result turn_away(enum label_reject reason)
{
	metrics_add(METRIC_HTTP_REJECTED, LABELS((uint16_t)reason), 1);
	return MHD_NO;
}

static bool is_trusted(struct front *front, const struct sockaddr *address)
{
	struct terms *terms = terms_now(front);
	bool trusted = address_blocks_hold(&terms->trusted, address);

	terms_unref(terms);
	return trusted;
}

enum MHD_Result handler_accept(void *cls, const struct sockaddr *address, socklen_t size)
{
	struct front *front = ((const struct listener *)cls)->front;

	(void)size;
	if (atomic_load_explicit(&front->draining, memory_order_relaxed))
		return MHD_NO;
	if (atomic_load_explicit(&front->session_count, memory_order_relaxed) >=
		(size_t)front->most_connections)
		return turn_away(LABEL_REJECT_CONNECTION_LIMIT);
	if (front->counts != NULL &&
		address_counts_get(front->counts, address) >= front->most_per_address &&
		!is_trusted(front, address))
		return turn_away(LABEL_REJECT_ADDRESS_LIMIT);
	return MHD_YES;
}

void handler_take(void *arg, int fd, const struct sockaddr *address, socklen_t size)
{
	struct listener *listener = arg;

	if (handler_accept(listener, address, size) != MHD_YES) {
		close(fd);
		return;
	}
	session_expect(listener->front, address, 1);
	if (MHD_add_connection(listener->daemon, fd, address, size) != MHD_YES)
		session_expect(listener->front, address, -1);
}

void *handler_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info;
	struct session *session;

	(void)cls;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	session = info != NULL ? info->socket_context : NULL;
	if (session != NULL)
		session_request(session, uri);
	return session;
}

static enum MHD_Result collect_field(void *cls, enum MHD_ValueKind kind, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	struct session *session = cls;
	struct headers *h = &session->request.headers;

	(void)kind;
	wire_field(&session->wire, (struct slice){ name, name_size },
		value != NULL ? (struct slice){ value, value_size } : SLICE(""));
	/* the guard refuses it for the count; there is no need to keep what is beyond */
	if (h->count > session->terms->limits.fields)
		return MHD_NO;
	headers_add(h, (struct slice){ name, name_size },
		value != NULL ? slice_trim((struct slice){ value, value_size }) : SLICE(""));
	return MHD_YES;
}

/* Who speaks for another must be allowed, and so must that one. A Unix socket has no address: who may open
 * it, its file says. */
static bool may_purge(const struct terms *terms, const struct request *request)
{
	const struct slice ends[] = { request->peer, request->client };

	if (terms->purgers.count == 0)
		return false;
	for (size_t i = 0; i < 2; i++) {
		if (!slice_equal(ends[i], SLICE("unix")) &&
			!address_blocks_hold_text(&terms->purgers, ends[i]))
			return false;
	}
	return true;
}

static void collect(struct session *session, const char *method, const char *version)
{
	struct request *request = &session->request;

	request->method_text = slice_of(method);
	request->method = method_lookup(request->method_text);
	request->secure = session->secure;
	request->peer = request->client = slice_of(session->peer);
	request->trusted = session->trusted_peer;
	headers_init(&request->headers, &session->arena);
	wire_begin(&session->wire, method, session->wire_target, version);
	MHD_get_connection_values_n(session->connection, MHD_HEADER_KIND, collect_field, session);
	if (request->trusted)
		believe_forwarded(request, &session->terms->trusted, &session->arena);
	request->may_purge = may_purge(session->terms, request);
}

/* Whether Connection says more than how long it is to last. */
static bool names_fields(const struct headers *h)
{
	const struct field *field;
	uint32_t from = 0;

	while ((field = headers_next(h, FIELD_CONNECTION, &from)) != NULL) {
		if (!slice_equal_nocase(field->value, SLICE("keep-alive")) &&
			!slice_equal_nocase(field->value, SLICE("close")))
			return true;
	}
	return false;
}

/* RFC 9110 7.6.1: what Connection names is for us alone. It is taken off before anybody looks, so that
 * the cache sees what the origin will see: else a response to another request would be stored. */
static void drop_connection_named(struct headers *h)
{
	struct headers left;

	if (!names_fields(h))
		return;
	headers_init(&left, h->arena);
	HEADERS_EACH(at, h) {
		bool ours = at->id == FIELD_CONTENT_LENGTH || at->id == FIELD_HOST ||
			    at->id == FIELD_CONNECTION || at->id == FIELD_TRANSFER_ENCODING;

		if (ours || !headers_connection_names(h, at->name))
			headers_add(&left, at->name, at->value);
	}
	*h = left;
}

static enum MHD_Result refuse(struct session *session, enum problem problem, const char *detail)
{
	exchange_refuse(&session->exchange, &session->request, problem, slice_of(detail));
	return reply_queue(session);
}

static const struct front_local *find_local(const struct terms *terms, struct slice path)
{
	for (size_t i = 0; i < terms->local_count; i++) {
		const struct front_local *local = &terms->locals[i];

		if (slice_starts(path, local->path) &&
			slice_equal(slice_skip(path, local->path.size), local->below))
			return local;
	}
	return NULL;
}

/* A Unix socket is for who may open its file. */
static bool may_ask(const struct terms *terms, const struct request *request)
{
	const struct slice ends[] = { request->peer, request->client };

	for (size_t i = 0; i < 2; i++) {
		if (!slice_equal(ends[i], SLICE("unix")) &&
			!address_blocks_hold_text(&terms->askers, ends[i]))
			return false;
	}
	return true;
}

static void answer_local(struct session *session, const struct front_local *local)
{
	struct exchange *x = &session->exchange;
	struct bytes body;

	bytes_init(&body, (size_t)64 << 20);
	exchange_local(x, &session->request, 0);
	x->answer.status = local->answer(local->arg, &session->request, &body, &x->local_type);
	x->answer.body = arena_copy(&session->arena, bytes_slice(&body));
	bytes_done(&body);
}

/* Paths of larder's own; false: none of them. */
static bool answered_locally(struct session *session)
{
	struct request *request = &session->request;
	const struct front_local *local = find_local(session->terms, request->target.path);

	if (local == NULL || (request->method != METHOD_GET && request->method != METHOD_HEAD))
		return false;
	if (local->restricted) /* what it asks about may have secrets: nothing for the log */
		request->raw_target = request->target.path;
	if (local->restricted && !may_ask(session->terms, request))
		exchange_refuse(&session->exchange, request, PROBLEM_NOT_FROM_THERE,
			SLICE("not from this address: server.why_from"));
	else
		answer_local(session, local);
	return true;
}

/* The header is there: on the first call nothing may be answered but a refusal. */
static enum MHD_Result begin(struct session *session, const char *method, const char *version)
{
	const union MHD_ConnectionInfo *size;
	struct guard_facts facts = { .version = slice_of(version) };
	enum problem problem;
	const char *detail;

	session->begun = true;
	collect(session, method, version);
	size = MHD_get_connection_info(
		session->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	facts.header_bytes = size != NULL ? size->header_size : 0;
	facts.garbled = session->front->wire_known && !wire_end(&session->wire, facts.header_bytes);
	if (guard_check(&session->request, &facts, &session->terms->limits, &problem, &detail) !=
		RC_OK)
		return refuse(session, problem, detail);
	drop_connection_named(&session->request.headers);
	tenancy_recognise(session->exchange.proxy, &session->request, session_certificate(session));
	if (session->request.has_body)
		session_enter(session, SESSION_BODY);
	if (!answered_locally(session))
		exchange_begin(&session->exchange, &session->request);
	return MHD_YES;
}

/* True: suspended before all of it was taken. libmicrohttpd 0.9.75 offers what was left over again
 * only when more arrives or a suspended connection is resumed, so there is no stopping halfway. */
static bool upload_all(struct session *session, const char *data, size_t size, size_t *ret_taken)
{
	size_t taken = 0, count = 1;

	while (taken < size && count > 0) {
		count = exchange_upload(&session->exchange, data + taken, size - taken);
		taken += count;
	}
	*ret_taken = taken;
	return taken < size;
}

/* A piece of the body. Once the limit is exceeded the rest is thrown away, up to as much again;
 * then the 413 can be read by the client. */
static enum MHD_Result take_body(struct session *session, const char *data, size_t *size)
{
	uint64_t limit = session->terms->limits.body_bytes;
	uint64_t before = atomic_load_explicit(&session->body_bytes, memory_order_relaxed);
	size_t taken = *size;
	bool waits = false;

	if (before + *size > 2 * limit)
		return MHD_NO;
	if (before + *size > limit && !session->too_large) {
		session->too_large = true;
		exchange_fail(&session->exchange, PROBLEM_BODY_TOO_LARGE,
			"the body is larger than server.limits.body_bytes");
	} else if (!session->too_large)
		waits = upload_all(session, data, *size, &taken);
	atomic_store_explicit(&session->body_bytes, before + taken, memory_order_relaxed);
	*size -= taken;
	/* what makes the client wait here is not the client's slowness */
	if (waits)
		session_enter(session, SESSION_ANSWER);
	else if (atomic_load_explicit(&session->phase, memory_order_relaxed) != SESSION_BODY)
		session_enter(session, SESSION_BODY);
	return MHD_YES;
}

static enum MHD_Result answer(struct session *session)
{
	struct exchange *x = &session->exchange;

	if (exchange_run(x) == EXCHANGE_ANSWER)
		return reply_queue(session);
	session_enter(session, SESSION_ANSWER); /* the origin's time is not the client's */
	return MHD_YES;
}

enum MHD_Result handler_access(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload_data, size_t *upload_data_size,
	void **request_context)
{
	struct session *session = *request_context;

	(void)cls;
	(void)connection;
	(void)url;
	if (session == NULL)
		return MHD_NO;
	if (!session->begun)
		return begin(session, method, version);
	if (atomic_load_explicit(&session->gone, memory_order_relaxed))
		return MHD_NO;
	if (*upload_data_size > 0)
		return take_body(session, upload_data, upload_data_size);
	if (!session->body_over) {
		session->body_over = true;
		if (session->request.has_body)
			exchange_upload_end(&session->exchange);
	}
	return answer(session);
}

void handler_completed(void *cls, struct MHD_Connection *connection, void **request_context,
	enum MHD_RequestTerminationCode code)
{
	struct session *session = *request_context;

	(void)cls;
	(void)connection;
	if (session == NULL)
		return;
	exchange_end(&session->exchange, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	terms_rest(session);
	session_enter(session, SESSION_IDLE);
}
