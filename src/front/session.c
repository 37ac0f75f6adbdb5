/* front/session.c - one client connection and the request on it. */
#include "internal.h"
#include "reply.h"

#include "util/alloc.h"
#include "util/clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Who has connected, or begun to ask, has so long for the header while the front drains. */
#define ASK_MS 2000

static void client_suspend(void *arg)
{
	struct session *session = arg;

	atomic_store(&session->asleep, true);
	MHD_suspend_connection(session->connection);
}

/* A resume too many would cancel the next suspension, so only one of those who want it does it. */
static void client_resume(void *arg)
{
	struct session *session = arg;

	if (atomic_exchange(&session->asleep, false))
		MHD_resume_connection(session->connection);
}

void session_leave(struct session *session)
{
	atomic_store(&session->gone, true);
	client_resume(session);
}

static const struct reader_client reader_client = {
	.suspend = client_suspend,
	.resume = client_resume,
	.keeps = reply_keeps,
};

void session_enter(struct session *session, enum session_phase phase)
{
	atomic_store_explicit(&session->since_ms, clock_coarse_ms(), memory_order_relaxed);
	atomic_store_explicit(&session->phase, (int)phase, memory_order_relaxed);
}

void session_expect(struct front *front, const struct sockaddr *address, int change)
{
	front->session_count += (size_t)change;
	if (front->counts != NULL)
		address_counts_add(front->counts, address, change);
}

struct session *session_open(const struct listener *listener, struct MHD_Connection *connection)
{
	struct front *front = listener->front;
	struct session *session = xalloc(sizeof(*session));
	const union MHD_ConnectionInfo *fd, *address;

	fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	address = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	session->front = front;
	session->connection = connection;
	session->fd = fd != NULL ? fd->connect_fd : -1;
	session->secure = listener->secure;
	address_text(address != NULL ? address->client_addr : NULL, session->peer);
	terms_take(session);
	if (!listener->at.is_inherited)
		session_expect(front, address != NULL ? address->client_addr : NULL, 1);
	arena_init(&session->arena);
	exchange_init(&session->exchange, session->terms->proxy, &session->arena);
	session->exchange.reader.client = &reader_client;
	session->exchange.reader.arg = session;
	session_enter(session, SESSION_NEW);

	pthread_mutex_lock(&front->lock);
	list_append(&front->sessions, &session->link);
	pthread_mutex_unlock(&front->lock);
	return session;
}

void session_close(struct session *session)
{
	struct front *front = session->front;
	const union MHD_ConnectionInfo *address;

	pthread_mutex_lock(&front->lock);
	list_remove(&session->link);
	pthread_mutex_unlock(&front->lock);

	address = MHD_get_connection_info(session->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	session_expect(front, address != NULL ? address->client_addr : NULL, -1);
	exchange_done(&session->exchange);
	terms_leave(session);
	arena_done(&session->arena);
	free(session);
}

const unsigned char *session_certificate(struct session *session)
{
	const union MHD_ConnectionInfo *info;

	if (!session->secure || session->front->client_authorities == NULL)
		return NULL;
	if (!session->certificate.known) {
		info = MHD_get_connection_info(
			session->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
		session->certificate.there = info != NULL && tls_client_digest(info->tls_session,
								     session->certificate.digest);
		session->certificate.known = true;
	}
	return session->certificate.there ? session->certificate.digest : NULL;
}

void session_request(struct session *session, const char *raw_target)
{
	terms_take(session);
	exchange_turn(&session->exchange, session->terms->proxy);
	arena_reset(&session->arena);
	memset(&session->request, 0, sizeof(session->request));
	session->wire_target = slice_of(raw_target);
	session->request.raw_target = arena_copy(&session->arena, slice_of(raw_target));
	session->kept = NULL;
	session->begun = session->body_over = session->too_large = false;
	atomic_store_explicit(&session->body_bytes, 0, memory_order_relaxed);
	/* a connection's first header has its time from the connection's begin on */
	if (atomic_load_explicit(&session->phase, memory_order_relaxed) != SESSION_NEW)
		session_enter(session, SESSION_HEADER);
}

static bool has_bytes(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

static bool is_due(const struct session *session, int64_t now_ms)
{
	int phase = atomic_load_explicit(&session->phase, memory_order_relaxed);
	int64_t since_ms = atomic_load_explicit(&session->since_ms, memory_order_relaxed);

	if (phase == SESSION_ANSWER)
		return false;
	if (phase == SESSION_IDLE)
		return has_bytes(session->fd);
	return now_ms - since_ms < ASK_MS; /* a body's exchange begins a little after its phase */
}

bool session_any_due(struct front *front)
{
	int64_t now_ms = clock_coarse_ms();
	size_t opened = 0;
	bool due = false;

	pthread_mutex_lock(&front->lock);
	LIST_EACH(at, &front->sessions) {
		opened++;
		due = due || is_due(LIST_ITEM(at, struct session, link), now_ms);
	}
	pthread_mutex_unlock(&front->lock);
	return due || opened < front->session_count;
}

/* What has come already can still be read; behind it is the end. Closing instead would answer with a reset who
 * asks at this moment. */
void session_hang_up(struct front *front)
{
	pthread_mutex_lock(&front->lock);
	LIST_EACH(at, &front->sessions)
		shutdown(LIST_ITEM(at, struct session, link)->fd, SHUT_RD);
	pthread_mutex_unlock(&front->lock);
}
