/* front/watch.c - the thread that ends connections whose time is over. */
#include "watch.h"

#include "internal.h"

#include "observe/domains.h"
#include "observe/metrics.h"
#include "util/clock.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#define TICK_MS        100
#define RATE_WINDOW_MS 5000
#define GONE_TICKS     10 /* once a second: a system call for each that sleeps */

/* Bytes that the peer has moved: of its body, or taken of the answer. */
static uint64_t bytes_moved(const struct session *session, enum session_phase phase)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	if (phase == SESSION_BODY)
		return atomic_load_explicit(&session->body_bytes, memory_order_relaxed);
	if (getsockopt(session->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
		return UINT64_MAX; /* no TCP: can't be told */
	return info.tcpi_bytes_acked;
}

/* Whether the peer moves less than the least rate, over windows of some seconds: what it did in a
 * burst long ago earns it nothing. What waits for us (the upload's room, the origin) is no
 * slowness of the peer's. */
static bool is_slow(struct session *session, enum session_phase phase, int64_t now_ms)
{
	const struct config_server *server = &session->front->config->server;
	int64_t since_ms = atomic_load_explicit(&session->since_ms, memory_order_relaxed);
	bool fresh = session->rate.since_ms != since_ms || atomic_load(&session->asleep);
	uint64_t bytes;
	bool slow;

	if (server->min_body_rate == 0 || now_ms - since_ms < RATE_WINDOW_MS)
		return false;
	if (!fresh && now_ms - session->rate.at_ms < RATE_WINDOW_MS)
		return false;
	bytes = bytes_moved(session, phase);
	slow = !fresh && bytes != UINT64_MAX &&
	       bytes - session->rate.bytes <
		       (uint64_t)(server->min_body_rate * (now_ms - session->rate.at_ms) / 1000);
	session->rate.since_ms = since_ms;
	session->rate.at_ms = now_ms;
	session->rate.bytes = bytes;
	return slow;
}

/* LABEL_REJECT_COUNT: it may stay; else what to count. An idle one goes without being counted. */
static bool is_over(struct session *session, int64_t now_ms, enum label_reject *ret_reason)
{
	const struct config_server *server = &session->front->config->server;
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
	case SESSION_ANSWER:
		*ret_reason = LABEL_REJECT_BODY_RATE;
		return is_slow(session, phase, now_ms);
	}
	return false;
}

/* A suspended connection is not looked at by libmicrohttpd: its client may be long gone. */
static void look_for_gone(struct session *session)
{
	struct pollfd look = { .fd = session->fd, .events = POLLRDHUP };

	if (atomic_load(&session->asleep) && poll(&look, 1, 0) > 0 &&
		look.revents & (POLLRDHUP | POLLHUP | POLLERR))
		session_leave(session);
}

static void look(struct front *front, bool for_gone)
{
	int64_t now_ms = clock_monotonic_ms();
	enum label_reject reason;

	pthread_mutex_lock(&front->lock);
	LIST_EACH(at, &front->sessions) {
		struct session *session = LIST_ITEM(at, struct session, link);

		if (for_gone)
			look_for_gone(session);
		if (!is_over(session, now_ms, &reason))
			continue;
		/* its own thread sees the end and closes; once is enough */
		shutdown(session->fd, SHUT_RDWR);
		session_enter(session, SESSION_ANSWER);
		if (reason != LABEL_REJECT_COUNT)
			metrics_add(METRIC_HTTP_REJECTED, LABELS((uint16_t)reason), 1);
	}
	pthread_mutex_unlock(&front->lock);
}

void *watch_run(void *arg)
{
	struct front *front = arg;

	for (unsigned tick = 1; !atomic_load(&front->stopping); tick++) {
		poll(NULL, 0, TICK_MS);
		look(front, tick % GONE_TICKS == 0);
	}
	return NULL;
}
