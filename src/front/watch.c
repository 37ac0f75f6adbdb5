/* front/watch.c - the thread that ends connections whose time is over. */
#include "watch.h"

#include "internal.h"

#include "observe/domains.h"
#include "observe/metrics.h"
#include "util/clock.h"

#include <poll.h>
#include <sys/socket.h>

#define TICK_MS       100
#define RATE_GRACE_MS 5000 /* before a body's rate is looked at */

/* LABEL_REJECT_COUNT: it may stay; else what to count. An idle one goes without being counted. */
static bool is_over(const struct session *session, int64_t now_ms, enum label_reject *ret_reason)
{
	const struct config_server *server = &session->front->config->server;
	int64_t in_phase_ms =
		now_ms - atomic_load_explicit(&session->since_ms, memory_order_relaxed);
	uint64_t body = atomic_load_explicit(&session->body_bytes, memory_order_relaxed);

	*ret_reason = LABEL_REJECT_COUNT;
	switch ((enum session_phase)atomic_load_explicit(&session->phase, memory_order_relaxed)) {
	case SESSION_NEW:
	case SESSION_HEADER:
		*ret_reason = LABEL_REJECT_HEADER_TIMEOUT;
		return in_phase_ms > server->timeouts.header_ms;
	case SESSION_IDLE:
		return in_phase_ms > server->timeouts.idle_ms;
	case SESSION_BODY:
		*ret_reason = LABEL_REJECT_BODY_RATE;
		return in_phase_ms > RATE_GRACE_MS && server->min_body_rate > 0 &&
		       body < (uint64_t)(server->min_body_rate * in_phase_ms / 1000);
	case SESSION_ANSWER:
		break;
	}
	return false;
}

static void look(struct front *front)
{
	int64_t now_ms = clock_monotonic_ms();
	enum label_reject reason;

	pthread_mutex_lock(&front->lock);
	LIST_EACH(at, &front->sessions) {
		struct session *session = LIST_ITEM(at, struct session, link);

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

	while (!atomic_load(&front->stopping)) {
		poll(NULL, 0, TICK_MS);
		look(front);
	}
	return NULL;
}
