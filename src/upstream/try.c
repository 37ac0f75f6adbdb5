/* upstream/try.c - one transfer of an ask, and whether another follows.
 *
 * A response that says "not now" (502, 503, 504) is read to its end and forgotten where another try is
 * allowed; so is a try that broke off, or whose response was rejected, as long as who asked can forget it.
 * Of a request and its hedge the first to have a head that is taken stays, the other one is cancelled.
 */
#include "asking.h"

#include "http/rate_fields.h"
#include "observe/metrics.h"
#include "util/clock.h"
#include "util/hash.h"

#define MOST_IGNORED ((uint64_t)64 * 1024)

static struct attempt *other_of(struct attempt *try)
{
	return &try->ask->tries[try == try->ask->tries];
}

/* Whether the other one is still to come to something. Under the lock. */
static bool other_runs(struct attempt *try)
{
	const struct attempt *other = other_of(try);

	return other->transfer != NULL && !other->lost && other->late == RC_OK;
}

bool try_is_failure(int status)
{
	return status == 500 || status == 502 || status == 503 || status == 504;
}

/* Whether the request had no effect, or may have it twice. */
static bool may_follow(const struct ask *ask, enum rc rc)
{
	switch ((int)rc) {
	case RC_DNS:
	case RC_CONNECT:
	case RC_TLS:
	case RC_CONNECT_TIMEOUT: /* nothing of it has left */
		return true;
	case RC_FIRST_BYTE_TIMEOUT:
	case RC_IDLE_TIMEOUT:
	case RC_TRUNCATED:
	case RC_PROTOCOL:
	case RC_REJECTED:
		return ask->request.repeatable;
	default:
		return false;
	}
}

static void count_retry(const struct ask *ask, unsigned outcome)
{
	metrics_add(METRIC_UPSTREAM_RETRIES,
		LABELS(ask->upstream->config->label, (uint16_t)outcome), 1);
}

/* One try more, after pause_ms at least: is it allowed? It is taken from the budget then. */
static bool take_retry(struct ask *ask, int64_t pause_ms, int64_t now_ms)
{
	struct upstream *upstream = ask->upstream;
	const struct config_upstream *config = upstream->config;
	bool taken;

	if (ask->sent >= config->retry.attempts || pause_ms > config->retry.most_backoff_ms ||
		now_ms + pause_ms >= ask->deadline_ms)
		return false;
	pthread_mutex_lock(&upstream->lock);
	taken = !ask->cancelled && !upstream->stopping &&
		breaker_state(upstream->breaker, now_ms) == BREAKER_CLOSED &&
		retry_budget_take(upstream->budget, now_ms);
	pthread_mutex_unlock(&upstream->lock);
	if (!taken)
		count_retry(ask, LABEL_RETRY_REFUSED);
	return taken;
}

/* Who asked can't forget what came: it is not going to be. */
static void give_back_retry(struct ask *ask, int64_t now_ms)
{
	pthread_mutex_lock(&ask->upstream->lock);
	retry_budget_give_back(ask->upstream->budget, now_ms);
	pthread_mutex_unlock(&ask->upstream->lock);
}

static int64_t pause_of(const struct ask *ask)
{
	const struct config_upstream *config = ask->upstream->config;

	return retry_pause_ms(
		ask->sent, config->retry.backoff_ms, config->retry.most_backoff_ms, random_u64());
}

/* A response that rather isn't taken: another try follows, or the other one is still under way. */
static bool discards(struct attempt *try, const struct rate_fields *told, int64_t now_ms)
{
	struct ask *ask = try->ask;
	int64_t pause_ms = told->retry_after_ms > 0 ? told->retry_after_ms : 0;
	bool other;

	if (try->status != 502 && try->status != 503 && try->status != 504)
		return false;
	pthread_mutex_lock(&ask->upstream->lock);
	other = other_runs(try) && !other_of(try)->discarded;
	pthread_mutex_unlock(&ask->upstream->lock);
	if (other)
		return true;
	if (!ask->request.repeatable || !take_retry(ask, pause_ms, now_ms))
		return false;
	ask->due_ms = now_ms + (pause_ms > 0 ? pause_ms : pause_of(ask));
	try->granted = true;
	return true;
}

static void learn(struct attempt *try, const struct rate_fields *told, int64_t now_ms)
{
	struct ask *ask = try->ask;
	struct upstream *upstream = ask->upstream;
	struct attempt *other = other_of(try);

	pthread_mutex_lock(&upstream->lock);
	try->has_head = true;
	try->head_ms = now_ms;
	if (try->probe || try->discarded)
		loop_timer_set(upstream->loop, &upstream->timer, now_ms);
	pacer_learn(ask->lane->pacer, try->status, told, now_ms);
	/* this one decides */
	if ((try->granted || !try->discarded) && other->transfer != NULL) {
		other->lost = true;
		transfer_cancel(other->transfer);
	}
	pthread_mutex_unlock(&upstream->lock);
}

static enum transfer_flow passed_on(struct attempt *try, enum transfer_flow flow)
{
	if (flow != TRANSFER_REJECT)
		return flow;
	try->rejected = true;
	return TRANSFER_ABORT;
}

static enum transfer_flow on_head(void *arg, const struct transfer_head *head)
{
	struct attempt *try = arg;
	struct ask *ask = try->ask;
	struct transfer_head dated = *head;
	struct rate_fields told;
	int64_t now_ms = clock_monotonic_ms();

	try->status = head->status;
	if (ask->taken != NULL || try->lost)
		return TRANSFER_ABORT;
	rate_fields_read(head->headers, clock_wall_ms(), &told);
	try->discarded = discards(try, &told, now_ms);
	learn(try, &told, now_ms);
	if (try->discarded) {
		metrics_add(METRIC_UPSTREAM_REQUESTS,
			LABELS(ask->upstream->config->label, LABEL_PURPOSE_RETRIED,
				metrics_code(head->status)),
			1);
		return TRANSFER_GO_ON;
	}
	ask->taken = try;
	dated.asked_ms = try->sent_wall_ms;
	return passed_on(try, ask->request.ops->head(ask->request.arg, &dated));
}

static enum transfer_flow on_body(void *arg, const char *data, size_t size)
{
	struct attempt *try = arg;
	struct ask *ask = try->ask;

	if (try->discarded)
		return (try->ignored += size) > MOST_IGNORED ? TRANSFER_ABORT : TRANSFER_GO_ON;
	return passed_on(try, ask->request.ops->body(ask->request.arg, data, size));
}

static size_t on_read(void *arg, char *buffer, size_t size)
{
	struct attempt *try = arg;

	return try->ask->request.ops->read(try->ask->request.arg, buffer, size);
}

/* What the transfer's end is for the ask. */
static enum rc end_of(struct attempt *try, enum rc rc)
{
	struct ask *ask = try->ask;

	/* discarded: because of a hedge that came to nothing, too */
	if (try->rejected || try->discarded)
		return RC_REJECTED;
	if (try->late != RC_OK && rc == RC_CANCELLED)
		return try->late;
	if (rc == RC_OK && ask->taken == try && ask->request.ops->whole != NULL)
		return ask->request.ops->whole(ask->request.arg);
	return rc;
}

/* The accounts: what it says about origin and upstream. */
static void settle(struct attempt *try, enum rc rc, int64_t now_ms)
{
	struct ask *ask = try->ask;
	struct upstream *upstream = ask->upstream;
	bool unwanted = rc == RC_REJECTED && !try->discarded;
	bool asked = rc != RC_CANCELLED && rc != RC_STOPPED && rc != RC_INVALID && !unwanted;
	bool well = (rc == RC_OK || (rc == RC_CANCELLED && try->has_head)) &&
		    !try_is_failure(try->status);

	pthread_mutex_lock(&upstream->lock);
	try->transfer = NULL;
	pacer_give_back(ask->lane->pacer);
	if (rc == RC_OK && try->status < 400)
		lane_prove(upstream, ask->request.credential);
	asked |= rc == RC_CANCELLED && try->has_head && !try->lost;
	balancer_end(upstream->balancer, try->origin,
		!asked ? BALANCER_UNTOLD
		: well ? BALANCER_WELL
		       : BALANCER_FAILED,
		now_ms);
	if (unwanted)
		breaker_note_rejected(upstream->breaker, try->probe, now_ms);
	else if (asked)
		breaker_note(upstream->breaker, well, try->probe, now_ms);
	else
		breaker_forget(upstream->breaker, try->probe);
	lane_serve(upstream, ask->lane, now_ms);
	if (breaker_refuses(upstream->breaker, now_ms))
		lanes_serve(upstream, now_ms);
	pthread_mutex_unlock(&upstream->lock);
	upstream_tell(upstream, now_ms);
}

static void pause(struct ask *ask, size_t avoid)
{
	struct upstream *upstream = ask->upstream;

	ask->taken = NULL;
	ask->avoid = avoid;
	pthread_mutex_lock(&upstream->lock);
	if (ask->cancelled) {
		ask_doom(ask, RC_CANCELLED);
	} else {
		ask->state = ASK_PAUSING;
		loop_timer_set(upstream->loop, &upstream->timer, ask->due_ms);
	}
	pthread_mutex_unlock(&upstream->lock);
}

/* A try ended without a response that was taken, or with one that turned out bad: does another follow? */
static bool follows(struct attempt *try, enum rc rc, int64_t now_ms)
{
	struct ask *ask = try->ask;

	bool told =
		ask->taken == try || ask->request.has_body; /* of which some may have been read */

	if (!try->granted && (rc == RC_OK || !may_follow(ask, rc) || !take_retry(ask, 0, now_ms)))
		return false;
	if (told && !ask->request.ops->again(ask->request.arg)) {
		give_back_retry(ask, now_ms);
		return false;
	}
	count_retry(ask, LABEL_RETRY_TRIED);
	if (try->granted)
		return true;
	ask->due_ms = now_ms + pause_of(ask);
	metrics_add(METRIC_UPSTREAM_ERRORS,
		LABELS(ask->upstream->config->label, metrics_upstream_error(rc)), 1);
	return true;
}

static void on_done(void *arg, enum rc rc, const char *detail)
{
	struct attempt *try = arg;
	struct ask *ask = try->ask;
	int64_t now_ms = clock_monotonic_ms();
	bool lost = try->lost, over, other;

	rc = end_of(try, rc);
	settle(try, rc, now_ms);
	pthread_mutex_lock(&ask->upstream->lock);
	over = ask->state == ASK_OVER;
	other = other_runs(try);
	pthread_mutex_unlock(&ask->upstream->lock);
	if (over) {
		ask_release(ask);
		return;
	}
	/* the other one decides */
	if (lost || (ask->taken != try && other))
		return;
	if (follows(try, rc, now_ms)) {
		pause(ask, try->origin);
		return;
	}
	ask_finish(ask, rc, rc == RC_OK ? "" : detail[0] != '\0' ? detail : rc_text(rc));
}

const struct transfer_ops try_ops = {
	.head = on_head,
	.body = on_body,
	.done = on_done,
};

const struct transfer_ops try_ops_reading = {
	.head = on_head,
	.body = on_body,
	.done = on_done,
	.read = on_read,
};
