/* upstream/upstream.c - an upstream as configured: built, looked at, torn down. */
#include "asking.h"

#include "util/alloc.h"
#include "util/clock.h"

#include <stdlib.h>

static struct origin origin_of(const struct config_upstream *config, size_t index)
{
	return (struct origin){
		.base_url = config->origins.items[index].url,
		.connect_ms = config->timeouts.connect_ms,
		.first_byte_ms = config->timeouts.first_byte_ms,
		.idle_ms = config->timeouts.idle_ms,
		.total_ms = config->timeouts.total_ms,
		.verify_tls = config->tls.verify,
		.ca_file = config->tls.ca_file[0] != '\0' ? config->tls.ca_file : NULL,
		.http2 = config->http2,
		.max_header_bytes = (size_t)config->max_header_bytes,
	};
}

static void make_origins(struct upstream *upstream)
{
	const struct config_upstream *config = upstream->config;
	int64_t *weights = xalloc(config->origins.count * sizeof(*weights));

	upstream->origin_count = config->origins.count;
	upstream->origins = xalloc(upstream->origin_count * sizeof(*upstream->origins));
	for (size_t i = 0; i < upstream->origin_count; i++) {
		upstream->origins[i] = origin_of(config, i);
		weights[i] = config->origins.items[i].weight;
	}
	upstream->balancer = balancer_new(&(struct balancer_rules){
		.weights = weights,
		.count = upstream->origin_count,
		.least_outstanding = config->balance == CONFIG_LEAST_OUTSTANDING,
		.eject_after = config->eject.consecutive,
		.eject_ms = config->eject.for_ms,
	});
	free(weights);
}

struct upstream *upstream_new(struct upstream_loop *loop, const struct config_upstream *config,
	const struct upstream_watch *watch)
{
	struct upstream *upstream = xalloc(sizeof(*upstream));

	upstream->loop = loop;
	upstream->config = config;
	upstream->watch = watch;
	pthread_mutex_init(&upstream->lock, NULL);
	list_init(&upstream->lanes);
	list_init(&upstream->asks);
	make_origins(upstream);
	upstream->breaker = breaker_new(&(struct breaker_rules){
		.error_rate = config->breaker.error_rate,
		.window_ms = config->breaker.window_ms,
		.least = config->breaker.least,
		.consecutive = config->breaker.consecutive,
		.open_ms = config->breaker.open_ms,
	});
	upstream->budget = retry_budget_new(config->retry.budget);
	lane_new(upstream, 0);
	upstream->timer = (struct loop_timer){ .fire = upstream_due, .arg = upstream };
	loop_timer_add(loop, &upstream->timer);
	upstream->checks = checks_new(upstream);
	return upstream;
}

void upstream_stop(struct upstream *upstream)
{
	pthread_mutex_lock(&upstream->lock);
	upstream->stopping = true;
	LIST_EACH(at, &upstream->asks) {
		struct ask *ask = LIST_ITEM(at, struct ask, link);

		if (ask->state == ASK_WAITING || ask->state == ASK_PAUSING) {
			turns_remove(ask->lane->turns, &ask->turn);
			ask_doom(ask, RC_STOPPED);
		}
	}
	pthread_mutex_unlock(&upstream->lock);
	upstream_due(upstream, clock_monotonic_ms());
}

void upstream_free(struct upstream *upstream)
{
	checks_free(upstream->checks);
	loop_timer_remove(upstream->loop, &upstream->timer);
	LIST_EACH_SAFE(at, &upstream->lanes)
		lane_free(LIST_ITEM(at, struct lane, link));
	balancer_free(upstream->balancer);
	breaker_free(upstream->breaker);
	retry_budget_free(upstream->budget);
	pthread_mutex_destroy(&upstream->lock);
	free(upstream->known);
	free(upstream->origins);
	free(upstream);
}

static struct lane *everybody(const struct upstream *upstream)
{
	return LIST_ITEM(upstream->lanes.next, struct lane, link);
}

#define LOOK_AGAIN_MS 50 /* whether a retired one is idle */

void upstream_retire(struct upstream *upstream, void (*gone)(void *arg), void *arg)
{
	pthread_mutex_lock(&upstream->lock);
	upstream->gone = gone;
	upstream->gone_arg = arg;
	loop_timer_set(upstream->loop, &upstream->timer, clock_monotonic_ms());
	pthread_mutex_unlock(&upstream->lock);
}

bool upstream_leave(struct upstream *upstream, int64_t now_ms)
{
	void (*gone)(void *arg);
	void *arg;
	bool leaves;

	pthread_mutex_lock(&upstream->lock);
	gone = upstream->gone;
	arg = upstream->gone_arg;
	leaves = gone != NULL && !upstream->stopping && list_empty(&upstream->asks) &&
		 checks_end(upstream->checks);
	if (gone != NULL && !leaves)
		loop_timer_set(upstream->loop, &upstream->timer, now_ms + LOOK_AGAIN_MS);
	pthread_mutex_unlock(&upstream->lock);
	if (!leaves)
		return false;
	upstream_free(upstream);
	gone(arg);
	return true;
}

void upstream_succeed(struct upstream *upstream, struct upstream *former)
{
	int64_t now_ms = clock_monotonic_ms();
	struct upstream_state state;

	upstream_look(former, &state);
	pthread_mutex_lock(&upstream->lock);
	if (state.shut_ms > 0)
		pacer_shut(everybody(upstream)->pacer, now_ms + state.shut_ms);
	if (state.held != breaker_is_held(upstream->breaker)) {
		if (state.held)
			breaker_hold(upstream->breaker);
		else
			breaker_close(upstream->breaker);
		upstream->breaker_told = state.held;
		lanes_serve(upstream, now_ms);
	}
	pthread_mutex_unlock(&upstream->lock);
}

const struct config_upstream *upstream_config(const struct upstream *upstream)
{
	return upstream->config;
}

const struct origin *upstream_origin(const struct upstream *upstream, size_t index)
{
	return &upstream->origins[index];
}

size_t upstream_origin_count(const struct upstream *upstream)
{
	return upstream->origin_count;
}

void upstream_tell(struct upstream *upstream, int64_t now_ms)
{
	bool open, changed;

	pthread_mutex_lock(&upstream->lock);
	open = breaker_state(upstream->breaker, now_ms) != BREAKER_CLOSED;
	changed = open != upstream->breaker_told;
	upstream->breaker_told = open;
	pthread_mutex_unlock(&upstream->lock);
	if (changed && upstream->watch != NULL)
		upstream->watch->breaker(upstream->watch->arg, upstream->config->name, open);
}

/* Under the lock. */
static void forget(struct upstream *upstream)
{
	balancer_forget(upstream->balancer);
	LIST_EACH(at, &upstream->lanes)
		pacer_forget(LIST_ITEM(at, struct lane, link)->pacer);
}

/* Whoever gave the order knows: nobody is told of the change. */
void upstream_order(struct upstream *upstream, enum upstream_order order)
{
	int64_t now_ms = clock_monotonic_ms();

	pthread_mutex_lock(&upstream->lock);
	if (order == UPSTREAM_OPEN)
		breaker_hold(upstream->breaker);
	else
		breaker_close(upstream->breaker);
	if (order == UPSTREAM_RESET)
		forget(upstream);
	upstream->breaker_told = order == UPSTREAM_OPEN;
	lanes_serve(upstream, now_ms);
	pthread_mutex_unlock(&upstream->lock);
}

int64_t upstream_retry_after_s(struct upstream *upstream)
{
	int64_t now_ms = clock_monotonic_ms();
	const struct lane *lane;
	int64_t turn_ms, breaker_ms;

	pthread_mutex_lock(&upstream->lock);
	lane = everybody(upstream);
	turn_ms = pacer_estimate_ms(lane->pacer, turns_count(lane->turns), now_ms);
	breaker_ms = breaker_left_ms(upstream->breaker, now_ms);
	pthread_mutex_unlock(&upstream->lock);
	if (breaker_ms > turn_ms)
		turn_ms = breaker_ms;
	return turn_ms < 1000 ? 1 : (turn_ms + 999) / 1000;
}

/* Under the lock. */
static void look_at_lanes(struct upstream *upstream, int64_t now_ms, struct upstream_state *ret)
{
	struct pacer_state pacer;

	LIST_EACH(at, &upstream->lanes) {
		struct lane *lane = LIST_ITEM(at, struct lane, link);

		for (size_t i = 0; i < ASK_CLASS_COUNT; i++)
			ret->waiting[i] += turns_count_of(lane->turns, (enum ask_class)i);
		pacer_state(lane->pacer, now_ms, &pacer);
		ret->under_way += pacer.under_way;
	}
	pacer_state(everybody(upstream)->pacer, now_ms, &pacer);
	ret->concurrency = pacer.concurrency;
	ret->rate_count = pacer.count;
	ret->rate_period_ms = pacer.period_ms;
	ret->tokens = pacer.tokens;
	ret->shut_ms = pacer.shut_ms;
	ret->learned = pacer.learned;
}

void upstream_look(struct upstream *upstream, struct upstream_state *ret)
{
	int64_t now_ms = clock_monotonic_ms();

	*ret = (struct upstream_state){
		.origins = upstream->origin_count,
		.offline = upstream->config->offline,
	};
	pthread_mutex_lock(&upstream->lock);
	ret->breaker = breaker_state(upstream->breaker, now_ms);
	ret->breaker_left_ms = breaker_left_ms(upstream->breaker, now_ms);
	ret->held = breaker_is_held(upstream->breaker);
	breaker_counts(upstream->breaker, now_ms, &ret->well, &ret->failed);
	for (size_t i = 0; i < upstream->origin_count; i++) {
		ret->origins_up += balancer_is_up(upstream->balancer, i, now_ms);
		ret->origins_down += balancer_is_down(upstream->balancer, i);
	}
	look_at_lanes(upstream, now_ms, ret);
	pthread_mutex_unlock(&upstream->lock);
}

void upstream_look_origin(struct upstream *upstream, size_t index, struct origin_seen *ret)
{
	int64_t now_ms = clock_monotonic_ms();

	pthread_mutex_lock(&upstream->lock);
	*ret = (struct origin_seen){
		.url = upstream->origins[index].base_url,
		.up = balancer_is_up(upstream->balancer, index, now_ms),
		.down = balancer_is_down(upstream->balancer, index),
		.under_way = balancer_outstanding(upstream->balancer, index),
	};
	pthread_mutex_unlock(&upstream->lock);
}
