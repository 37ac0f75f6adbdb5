/* front/daemon.c - starts and ends libmicrohttpd's daemons, one a listener. */
#include "handler.h"
#include "internal.h"
#include "watch.h"

#include "observe/domains.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Beside the header itself libmicrohttpd keeps in a connection's memory: its list of fields, and
 * the header of the response. */
#define MEMORY_FOR_FIELD 64
#define MEMORY_FOR_OURS  ((size_t)2 * 1024) /* of the fields that larder adds */

#define HANG_UP_MS 500 /* connections whose ends were told that it is over have so long to see it */

/* TLS 1.2 and 1.3 */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* What an origin's header may have must fit into what is sent to a client, or nothing is sent. */
static size_t connection_memory(const struct proxy *proxy)
{
	const struct config_server *server = &proxy_config(proxy)->server;

	return (size_t)server->limits.header_bytes +
	       (size_t)server->limits.fields * MEMORY_FOR_FIELD + proxy_most_header(proxy) +
	       MEMORY_FOR_OURS;
}

/* The limit is ours, over all listeners and threads; the library's, which deals it out to threads
 * and then stops accepting, is out of the way. */
static unsigned connection_room(const struct config_server *server)
{
	return (unsigned)server->max_connections * 2 + 1024;
}

static unsigned thread_count(const struct config_server *server)
{
	cpu_set_t cores; /* those that this process may use */

	if (server->threads > 0)
		return (unsigned)server->threads;
	return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? (unsigned)CPU_COUNT(&cores) : 1;
}

static void log_daemon(void *cls, const char *format, va_list args)
{
	char text[512];

	(void)cls;
	vsnprintf(text, sizeof(text), format, args);
	log_event(LOG_LEVEL_DEBUG, "microhttpd", "%s", text);
}

static enum rc start_daemon(struct listener *listener, const struct proxy *proxy)
{
	const struct config_server *server = &proxy_config(proxy)->server;
	unsigned threads = thread_count(server);
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO |
			 MHD_USE_ERROR_LOG | (listener->secure ? MHD_USE_TLS : 0);
	char *authorities = listener->front->client_authorities;
	/* with authorities a client is asked for a certificate, and may have none */
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)tls_retrieve },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ authorities != NULL ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
			authorities },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem own[] = {
		{ MHD_OPTION_LISTEN_SOCKET, listener->at.fd, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	bool inherited = listener->at.is_inherited; /* then the acceptor hands connections in */

	listener->daemon = MHD_start_daemon(flags | (inherited ? MHD_USE_NO_LISTEN_SOCKET : 0), 0,
		inherited ? NULL : handler_accept, listener, handler_access, listener,
		MHD_OPTION_EXTERNAL_LOGGER, log_daemon, NULL, MHD_OPTION_ARRAY,
		inherited ? none : own, MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0,
		MHD_OPTION_CONNECTION_LIMIT, connection_room(server),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory(proxy),
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(server->timeouts.idle_ms / 1000 + 1),
		MHD_OPTION_URI_LOG_CALLBACK, handler_uri, listener, MHD_OPTION_NOTIFY_COMPLETED,
		handler_completed, listener, MHD_OPTION_NOTIFY_CONNECTION, handler_connection,
		listener, MHD_OPTION_ARRAY, listener->secure ? tls : none, MHD_OPTION_END);
	if (listener->daemon == NULL)
		return RC_IO;
	if (!inherited)
		listener->at.fd = -1; /* the daemon's now */
	return RC_OK;
}

static enum rc start_listeners(
	struct front *front, const struct front_options *options, char **ret_fault)
{
	const struct text_list *addresses = &proxy_config(options->proxy)->server.listen;
	const struct listen_from from = { .inherited = options->inherited };

	for (size_t i = 0; i < addresses->count; i++) {
		struct listener *listener = &front->listeners[i];

		listener->front = front;
		TRY(listen_open(addresses->items[i], &from, &listener->at, ret_fault));
		front->listener_count++;
		listener->secure = front->tls != NULL && !listener->at.is_unix;
		if (start_daemon(listener, options->proxy) != RC_OK) {
			*ret_fault = xcopy("libmicrohttpd did not start", 27);
			return RC_IO;
		}
	}
	return RC_OK;
}

/* From inherited sockets, if there are any. */
static enum rc start_acceptor(struct front *front)
{
	struct acceptor_socket *sockets = xalloc(front->listener_count * sizeof(*sockets));
	struct acceptor_options options = { .sockets = sockets, .take = handler_take };
	enum rc rc = RC_OK;

	for (size_t i = 0; i < front->listener_count; i++) {
		if (front->listeners[i].at.is_inherited)
			sockets[options.count++] =
				(struct acceptor_socket){ front->listeners[i].at.fd,
					&front->listeners[i] };
	}
	if (options.count > 0)
		rc = acceptor_start(&options, &front->acceptor);
	free(sockets);
	return rc;
}

static enum rc prepare(struct front *front, const struct front_options *options, char **ret_fault)
{
	const struct config_server *server = &proxy_config(options->proxy)->server;

	front->wire_known = wire_is_known(MHD_get_version());
	front->most_connections = server->max_connections;
	front->most_per_address = server->max_connections_per_address;
	front->thread_count = server->listen.count * thread_count(server);
	metrics_collect_with(front_collect, front);
	if (server->max_connections_per_address > 0)
		front->counts = address_counts_new();
	if (server->tls.certificate[0] != '\0')
		TRY(tls_open(server->tls.certificate, server->tls.key, &front->tls, ret_fault));
	if (server->tls.client_ca[0] != '\0')
		TRY(tls_read_authorities(
			server->tls.client_ca, &front->client_authorities, ret_fault));
	TRY(start_listeners(front, options, ret_fault));
	front->over = eventfd(0, EFD_CLOEXEC);
	if (front->over < 0)
		return RC_IO;
	if (pthread_create(&front->watch, NULL, watch_run, front) != 0)
		return RC_IO;
	front->watching = true;
	return start_acceptor(front);
}

enum rc front_start(const struct front_options *options, struct front **ret, char **ret_fault)
{
	const struct config *config = proxy_config(options->proxy);
	struct terms *terms;
	struct front *front;
	enum rc rc;

	*ret_fault = NULL;
	TRY(terms_new(options, &terms, ret_fault));
	front = xalloc(sizeof(*front));
	atomic_init(&front->terms, terms);
	pthread_mutex_init(&front->terms_lock, NULL);
	front->listeners = xalloc(config->server.listen.count * sizeof(*front->listeners));
	pthread_mutex_init(&front->lock, NULL);
	front->over = -1;
	list_init(&front->sessions);
	rc = prepare(front, options, ret_fault);
	if (rc != RC_OK) {
		front_stop(front);
		return rc;
	}
	*ret = front;
	return RC_OK;
}

size_t front_listener_count(const struct front *front)
{
	return front->listener_count;
}

const char *front_listener(const struct front *front, size_t index)
{
	return front->listeners[index].at.name;
}

enum rc front_reread_tls(struct front *front, char **ret_fault)
{
	return front->tls != NULL ? tls_reread(front->tls, ret_fault) : RC_OK;
}

void front_settle_tls(struct front *front, bool is_used)
{
	if (front->tls != NULL)
		tls_settle(front->tls, is_used);
}

void front_drain(struct front *front)
{
	acceptor_stop(front->acceptor);
	front->acceptor = NULL;
	atomic_store(&front->draining, true);
	/* MHD_quiesce_daemon() of 0.9.75 may abort: it and a thread of its pool both take the socket out
	 * of the thread's epoll set. handler_accept() turns away who still comes. */
	for (size_t i = 0; i < front->listener_count; i++)
		listen_unlink(&front->listeners[i].at);
}

static bool any_in_flight(struct front *front)
{
	bool any;

	pthread_mutex_lock(&front->terms_lock);
	any = proxy_in_flight(atomic_load(&front->terms)->proxy) > 0;
	pthread_mutex_unlock(&front->terms_lock);
	return any;
}

/* In this order: who isn't due any more is in flight. */
bool front_drained(struct front *front)
{
	if (session_any_due(front) || any_in_flight(front))
		return false;
	if (front->hung_up_ms == 0) {
		front->hung_up_ms = clock_monotonic_ms();
		session_hang_up(front);
	}
	return front->session_count == 0 || clock_monotonic_ms() - front->hung_up_ms >= HANG_UP_MS;
}

static bool any_asleep(struct front *front)
{
	bool asleep = false;

	pthread_mutex_lock(&front->lock);
	LIST_EACH(at, &front->sessions)
		asleep = asleep || atomic_load(&LIST_ITEM(at, struct session, link)->asleep);
	pthread_mutex_unlock(&front->lock);
	return asleep;
}

/* libmicrohttpd aborts when it is stopped with suspended connections. All flights have ended; who was
 * about to join one is woken in a moment. */
static void await_awake(struct front *front)
{
	for (int tries = 0; tries < 200 && any_asleep(front); tries++)
		poll(NULL, 0, 10);
}

void front_stop(struct front *front)
{
	acceptor_stop(front->acceptor);
	if (front->watching) {
		(void)!eventfd_write(front->over, 1);
		pthread_join(front->watch, NULL);
	}
	if (front->over >= 0)
		close(front->over);
	await_awake(front);
	for (size_t i = 0; i < front->listener_count; i++) {
		if (front->listeners[i].daemon != NULL)
			MHD_stop_daemon(front->listeners[i].daemon);
		listen_close(&front->listeners[i].at);
	}
	if (front->tls != NULL)
		tls_close(front->tls);
	if (front->counts != NULL)
		address_counts_free(front->counts);
	terms_unref(front->terms);
	pthread_mutex_destroy(&front->terms_lock);
	free(front->client_authorities);
	free(front->listeners);
	pthread_mutex_destroy(&front->lock);
	free(front);
}

void front_collect(void *arg)
{
	struct front *front = arg;
	size_t idle = 0, all;

	pthread_mutex_lock(&front->lock);
	all = front->session_count;
	LIST_EACH(at, &front->sessions) {
		const struct session *session = LIST_ITEM(at, struct session, link);
		int phase = atomic_load_explicit(&session->phase, memory_order_relaxed);

		idle += phase == SESSION_IDLE || phase == SESSION_NEW;
	}
	pthread_mutex_unlock(&front->lock);
	metrics_set(METRIC_HTTP_CONNECTIONS, LABELS(LABEL_CONNECTION_IDLE), (double)idle);
	metrics_set(METRIC_HTTP_CONNECTIONS, LABELS(LABEL_CONNECTION_ACTIVE), (double)(all - idle));
}
