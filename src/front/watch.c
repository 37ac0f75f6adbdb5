/* front/watch.c - the thread that ends connections whose time is over. */
#include "watch.h"

#include "internal.h"

#include "observe/domains.h"
#include "observe/metrics.h"
#include "util/clock.h"

#include <poll.h>
#include <sys/socket.h>

#define TICK_MS        100
#define RATE_WINDOW_MS 5000
#define GONE_TICKS     10 /* once a second: a system call for each that sleeps */

/* Whether a body comes slower than the least rate, over windows of some seconds: what came in a burst
 * long ago earns nothing. While the upload waits for room the phase is another: that is no slowness
 * of the client's. */
static bool is_slow(const struct config_server *server, struct session *session, int64_t now_ms)
{
	int64_t since_ms = atomic_load_explicit(&session->since_ms, memory_order_relaxed);
	uint64_t bytes = atomic_load_explicit(&session->body_bytes, memory_order_relaxed);
	bool begun = session->rate.since_ms == since_ms;
	int64_t window_ms = now_ms - (begun ? session->rate.at_ms : since_ms);
	uint64_t moved = bytes - (begun ? session->rate.bytes : 0);

	if (server->min_body_rate == 0 || window_ms < RATE_WINDOW_MS)
		return false;
	session->rate.since_ms = since_ms;
	session->rate.at_ms = now_ms;
	session->rate.bytes = bytes;
	return moved < (uint64_t)(server->min_body_rate * window_ms / 1000);
}

/* LABEL_REJECT_COUNT: it may stay; else what to count. An idle one goes without being counted. */
static bool is_over(const struct config_server *server, struct session *session, int64_t now_ms,
	enum label_reject *ret_reason)
{
	int64_t in_phase_ms =
		now_ms - atomic_load_explicit(&session->since_ms, memory_order_relaxed);
	enum session_phase phase =
		(enum session_phase)atomic_load_explicit(&session->phase, memory_order_relaxed);

	*ret_reason = LABEL_REJECT_COUNT;
	switch (phase) {
	case SESSION_NEW:
	case SESSION_HEADER:
		*ret_reason = LABEL_REJECT_HEADER_TIMEOUT;
		return in_phase_ms > server->timeouts.header_ms;
	case SESSION_IDLE:
		return in_phase_ms > server->timeouts.idle_ms;
	case SESSION_BODY:
		*ret_reason = LABEL_REJECT_BODY_RATE;
		return is_slow(server, session, now_ms);
	case SESSION_ANSWER:
		break; /* libmicrohttpd ends who takes nothing at all */
	}
	return false;
}

/* A suspended connection is not looked at by libmicrohttpd: its client may be long gone. One that has
 * only ended its own side counts as gone too, once all that it sent was read. */
static void look_for_gone(struct session *session)
{
	struct pollfd look = { .fd = session->fd, .events = POLLRDHUP };
	char byte;

	if (!atomic_load(&session->asleep) || poll(&look, 1, 0) <= 0)
		return;
	if (look.revents & (POLLHUP | POLLERR) ||
		recv(session->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		session_leave(session);
}

static void look(struct front *front, bool for_gone)
{
	struct terms *terms = terms_now(front);
	int64_t now_ms = clock_monotonic_ms();
	enum label_reject reason;

	pthread_mutex_lock(&front->lock);
	LIST_EACH(at, &front->sessions) {
		struct session *session = LIST_ITEM(at, struct session, link);

		terms_sweep(session);
		if (for_gone)
			look_for_gone(session);
		if (!is_over(terms->server, session, now_ms, &reason))
			continue;
		/* its own thread sees the end and closes; once is enough */
		shutdown(session->fd, SHUT_RDWR);
		session_enter(session, SESSION_ANSWER);
		if (reason != LABEL_REJECT_COUNT)
			metrics_add(METRIC_HTTP_REJECTED, LABELS((uint16_t)reason), 1);
	}
	pthread_mutex_unlock(&front->lock);
	terms_unref(terms);
}

void *watch_run(void *arg)
{
	struct front *front = arg;
	struct pollfd over = { .fd = front->over, .events = POLLIN };

	for (unsigned tick = 1; poll(&over, 1, TICK_MS) <= 0; tick++)
		look(front, tick % GONE_TICKS == 0);
	return NULL;
}
