/* upstream/timers.c - what is to be done at a time, beside what transfers need.
 *
 * There are a few of them, one or two an upstream and origin: a list is searched. Threads: loop.h.
 */
#include "loop.h"

void loop_timer_add(struct upstream_loop *loop, struct loop_timer *timer)
{
	timer->at_ms = NEVER_MS;
	pthread_mutex_lock(&loop->lock);
	list_append(&loop->timers, &timer->link);
	pthread_mutex_unlock(&loop->lock);
}

void loop_timer_remove(struct upstream_loop *loop, struct loop_timer *timer)
{
	pthread_mutex_lock(&loop->lock);
	list_remove(&timer->link);
	pthread_mutex_unlock(&loop->lock);
}

void loop_timer_set(struct upstream_loop *loop, struct loop_timer *timer, int64_t at_ms)
{
	bool sooner;

	pthread_mutex_lock(&loop->lock);
	sooner = at_ms < timer->at_ms;
	if (sooner)
		timer->at_ms = at_ms;
	pthread_mutex_unlock(&loop->lock);
	if (sooner)
		inbox_wake(loop);
}

static struct loop_timer *take_due(struct upstream_loop *loop)
{
	struct loop_timer *due = NULL;

	pthread_mutex_lock(&loop->lock);
	LIST_EACH(at, &loop->timers) {
		struct loop_timer *timer = LIST_ITEM(at, struct loop_timer, link);

		if (due == NULL && timer->at_ms <= loop->now_ms) {
			timer->at_ms = NEVER_MS;
			due = timer;
		}
	}
	pthread_mutex_unlock(&loop->lock);
	return due;
}

void timers_run(struct upstream_loop *loop)
{
	/* what is set anew for a time that has passed waits for the next round */
	int64_t now_ms = loop->now_ms;
	size_t most = 64;

	for (struct loop_timer *timer; most-- > 0 && (timer = take_due(loop)) != NULL;)
		timer->fire(timer->arg, now_ms);
}

int64_t timers_due(struct upstream_loop *loop)
{
	int64_t due_ms = NEVER_MS;

	pthread_mutex_lock(&loop->lock);
	LIST_EACH(at, &loop->timers) {
		const struct loop_timer *timer = LIST_ITEM(at, struct loop_timer, link);

		due_ms = timer->at_ms < due_ms ? timer->at_ms : due_ms;
	}
	pthread_mutex_unlock(&loop->lock);
	return due_ms;
}
