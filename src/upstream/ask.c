/* upstream/ask.c - the beginning, the waiting and the end of an ask; what other threads may do to it.
 *
 * The way through without anything to wait for is one lock and no timer: a transfer is posted from the
 * thread that asks.
 */
#include "asking.h"

#include "observe/metrics.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <stdlib.h>

static struct attempt *free_try(struct ask *ask)
{
	for (size_t i = 0; i < TRIES_AT_ONCE; i++) {
		if (ask->tries[i].transfer == NULL)
			return &ask->tries[i];
	}
	return NULL;
}

static enum rc fetch(struct ask *ask, struct attempt *try)
{
	const struct ask_request *request = &ask->request;

	return upstream_fetch(ask->upstream->loop,
		&(struct fetch){ .origin = &ask->upstream->origins[try->origin],
			.method = request->method,
			.target = request->target,
			.headers = request->headers,
			.has_body = request->has_body,
			.body_length = request->body_length,
			.ops = request->ops->read != NULL ? &try_ops_reading : &try_ops,
			.arg = try },
		&try->transfer);
}

/* The first try's own deadline is the transfer's. */
static void set_timers(const struct ask *ask, int64_t now_ms)
{
	struct upstream *upstream = ask->upstream;
	const struct config_upstream *config = upstream->config;

	if (config->retry.per_try_ms > 0)
		loop_timer_set(upstream->loop, &upstream->timer, now_ms + config->retry.per_try_ms);
	if (config->hedge_ms > 0 && ask->sent == 1)
		loop_timer_set(upstream->loop, &upstream->timer, now_ms + config->hedge_ms);
	if (ask->sent > 1)
		loop_timer_set(upstream->loop, &upstream->timer, ask->deadline_ms);
}

enum rc ask_launch(struct ask *ask, int64_t now_ms)
{
	struct upstream *upstream = ask->upstream;
	struct attempt *try = free_try(ask);
	enum breaker_leave leave = breaker_ask(upstream->breaker, now_ms);
	enum rc rc;

	if (leave == BREAKER_REFUSED) {
		pacer_give_back(ask->lane->pacer);
		return RC_BREAKER;
	}
	*try = (struct attempt){
		.ask = ask,
		.origin = balancer_pick(upstream->balancer, ask->avoid, now_ms),
		.sent_ms = now_ms,
		.sent_wall_ms = clock_wall_ms(),
		.probe = leave == BREAKER_PROBE,
	};
	rc = fetch(ask, try);
	if (rc != RC_OK) {
		try->transfer = NULL;
		pacer_give_back(ask->lane->pacer);
		balancer_end(upstream->balancer, try->origin, BALANCER_UNTOLD, now_ms);
		breaker_forget(upstream->breaker, try->probe);
		return rc;
	}
	ask->state = ASK_ASKING;
	if (ask->sent++ == 0)
		ask->deadline_ms = now_ms + upstream->config->timeouts.total_ms;
	set_timers(ask, now_ms);
	return RC_OK;
}

enum rc ask_line_up(struct ask *ask, int64_t now_ms)
{
	struct upstream *upstream = ask->upstream;
	struct turn *out;

	if (breaker_refuses(upstream->breaker, now_ms))
		return RC_BREAKER;
	if (turns_count(ask->lane->turns) == 0 && pacer_take(ask->lane->pacer, now_ms) == 0)
		return ask_launch(ask, now_ms);
	ask->turn.class = ask->request.class;
	ask->turn.owner = ask->request.owner;
	ask->turn.weight = ask->request.weight > 0 ? ask->request.weight : 1;
	ask->turn.client = ask->request.client;
	ask->turn.deadline_ms = now_ms + upstream->config->queue.timeout_ms;
	if (!turns_add(ask->lane->turns, &ask->turn, &out)) {
		lane_count(ask, LABEL_PACED_REFUSED);
		return RC_PACED;
	}
	ask->state = ASK_WAITING;
	if (out != NULL) {
		struct ask *other = LIST_ITEM(out, struct ask, turn);

		lane_count(other, LABEL_PACED_REFUSED);
		ask_doom(other, RC_PACED);
	}
	lane_serve(upstream, ask->lane, now_ms);
	return RC_OK;
}

static struct ask *ask_new(
	struct upstream *upstream, const struct ask_request *request, int64_t now_ms)
{
	struct ask *ask = xalloc(sizeof(*ask));

	list_init(&ask->turn.link);
	list_init(&ask->turn.by_time);
	ask->upstream = upstream;
	ask->request = *request;
	ask->lane = lane_of(upstream, request->credential, now_ms);
	ask->lane->asks++;
	for (size_t i = 0; i < TRIES_AT_ONCE; i++)
		ask->tries[i].ask = ask;
	ask->avoid = BALANCER_ANY;
	list_append(&upstream->asks, &ask->link);
	return ask;
}

static void ask_free(struct ask *ask)
{
	ask->lane->asks--;
	list_remove(&ask->link);
	free(ask);
}

enum rc ask_send(struct upstream *upstream, const struct ask_request *request, struct ask **ret)
{
	int64_t now_ms = clock_monotonic_ms();
	struct ask *ask;
	enum rc rc = RC_OK;

	if (upstream->config->offline)
		return RC_OFFLINE;
	pthread_mutex_lock(&upstream->lock);
	if (upstream->stopping)
		rc = RC_STOPPED;
	else if (breaker_refuses(upstream->breaker, now_ms))
		rc = RC_BREAKER;
	if (rc == RC_OK) {
		ask = ask_new(upstream, request, now_ms);
		*ret = ask; /* done() may come before this ends */
		retry_budget_request(upstream->budget, now_ms);
		rc = ask_line_up(ask, now_ms);
		if (rc != RC_OK)
			ask_free(ask);
	}
	pthread_mutex_unlock(&upstream->lock);
	return rc;
}

void ask_doom(struct ask *ask, enum rc why)
{
	ask->state = ASK_ENDING;
	ask->end = why;
	ask->upstream->has_endings = true;
	loop_timer_set(ask->upstream->loop, &ask->upstream->timer, 0);
}

void ask_resume(struct ask *ask)
{
	pthread_mutex_lock(&ask->upstream->lock);
	for (size_t i = 0; i < TRIES_AT_ONCE; i++) {
		if (ask->tries[i].transfer != NULL)
			transfer_resume(ask->tries[i].transfer);
	}
	pthread_mutex_unlock(&ask->upstream->lock);
}

void ask_cancel(struct ask *ask)
{
	pthread_mutex_lock(&ask->upstream->lock);
	ask->cancelled = true;
	if (ask->state == ASK_WAITING || ask->state == ASK_PAUSING) {
		turns_remove(ask->lane->turns, &ask->turn);
		ask_doom(ask, RC_CANCELLED);
	}
	for (size_t i = 0; i < TRIES_AT_ONCE; i++) {
		if (ask->tries[i].transfer != NULL)
			transfer_cancel(ask->tries[i].transfer);
	}
	pthread_mutex_unlock(&ask->upstream->lock);
}

bool ask_withdraw(struct ask *ask)
{
	bool waits;

	pthread_mutex_lock(&ask->upstream->lock);
	waits = ask->state == ASK_WAITING;
	if (waits) {
		ask->cancelled = true;
		turns_remove(ask->lane->turns, &ask->turn);
		ask_doom(ask, RC_CANCELLED);
	}
	pthread_mutex_unlock(&ask->upstream->lock);
	return waits;
}

void ask_release(struct ask *ask)
{
	struct upstream *upstream = ask->upstream;

	pthread_mutex_lock(&upstream->lock);
	if (ask->state == ASK_OVER && ask->tries[0].transfer == NULL &&
		ask->tries[1].transfer == NULL)
		ask_free(ask);
	pthread_mutex_unlock(&upstream->lock);
}

void ask_finish(struct ask *ask, enum rc rc, const char *detail)
{
	ask->request.ops->done(ask->request.arg, rc, detail);
	pthread_mutex_lock(&ask->upstream->lock);
	ask->state = ASK_OVER;
	pthread_mutex_unlock(&ask->upstream->lock);
	ask_release(ask);
}
