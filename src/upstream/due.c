/* upstream/due.c - what is to be done at a time: turns that have come or didn't, pauses that are over, tries
 * that are late, hedges, and the end of what can't go on.
 *
 * Threads: the loop's.
 */
#include "asking.h"

#include "observe/metrics.h"

/* Whose turn did not come. Under the lock. */
static void expire(struct lane *lane, int64_t now_ms)
{
	struct turn *turn;

	while ((turn = turns_expired(lane->turns, now_ms)) != NULL) {
		struct ask *ask = LIST_ITEM(turn, struct ask, turn);

		lane_count(ask, LABEL_PACED_EXPIRED);
		ask_doom(ask, RC_PACED);
	}
}

/* Under the lock. */
static void end_pause(struct ask *ask, int64_t now_ms)
{
	enum rc rc;

	if (ask->due_ms > now_ms) {
		loop_timer_set(ask->upstream->loop, &ask->upstream->timer, ask->due_ms);
		return;
	}
	rc = ask_line_up(ask, now_ms);
	if (rc != RC_OK)
		ask_doom(ask, rc);
}

/* Under the lock. */
static void check_late(struct try *try, int64_t now_ms)
{
	struct upstream *upstream = try->ask->upstream;
	int64_t limit_ms = upstream->config->retry.per_try_ms;

	if (limit_ms == 0 || try->transfer == NULL || try->has_head || try->late)
		return;
	if (now_ms - try->sent_ms < limit_ms) {
		loop_timer_set(upstream->loop, &upstream->timer, try->sent_ms + limit_ms);
		return;
	}
	try->late = true;
	transfer_cancel(try->transfer);
}

/* A second request beside the first one, where rate and budget have room for it. Under the lock. */
static void hedge(struct ask *ask, int64_t now_ms)
{
	struct upstream *upstream = ask->upstream;
	const struct try *first = &ask->tries[0];
	int64_t after_ms = upstream->config->hedge_ms;

	if (after_ms == 0 || ask->sent != 1 || first->transfer == NULL || first->has_head ||
		!ask->request.repeatable || ask->request.has_body || ask->cancelled ||
		ask->unhedged)
		return;
	if (now_ms - first->sent_ms < after_ms) {
		loop_timer_set(upstream->loop, &upstream->timer, first->sent_ms + after_ms);
		return;
	}
	ask->unhedged = true; /* asked once: each time takes of the rate */
	if (turns_count(ask->lane->turns) > 0 || pacer_take(ask->lane->pacer, now_ms) != 0)
		return;
	ask->avoid = first->origin;
	if (!retry_budget_take(upstream->budget, now_ms)) {
		pacer_give_back(ask->lane->pacer);
		return;
	}
	if (ask_launch(ask, now_ms) == RC_OK)
		metrics_add(
			METRIC_UPSTREAM_RETRIES, LABELS(upstream->index, LABEL_RETRY_HEDGED), 1);
}

/* Under the lock. */
static void look_at(struct ask *ask, int64_t now_ms)
{
	if (ask->state == ASK_PAUSING)
		end_pause(ask, now_ms);
	if (ask->state != ASK_ASKING)
		return;
	for (size_t i = 0; i < TRIES_AT_ONCE; i++)
		check_late(&ask->tries[i], now_ms);
	hedge(ask, now_ms);
}

/* Takes one that is to end; NULL: none. Under the lock. */
static struct ask *ending(struct upstream *upstream)
{
	LIST_EACH(at, &upstream->asks) {
		struct ask *ask = LIST_ITEM(at, struct ask, link);

		if (ask->state == ASK_ENDING) {
			ask->state = ASK_ASKING; /* nobody else ends it */
			list_remove(at);
			list_append(&upstream->asks, at); /* the next search is short */
			return ask;
		}
	}
	upstream->has_endings = false;
	return NULL;
}

static void end_all(struct upstream *upstream)
{
	for (;;) {
		struct ask *ask;
		enum rc rc;

		pthread_mutex_lock(&upstream->lock);
		ask = upstream->has_endings ? ending(upstream) : NULL;
		rc = ask != NULL ? ask->end : RC_OK;
		pthread_mutex_unlock(&upstream->lock);
		if (ask == NULL)
			return;
		ask_finish(ask, rc, rc_text(rc));
	}
}

void upstream_due(void *arg, int64_t now_ms)
{
	struct upstream *upstream = arg;

	pthread_mutex_lock(&upstream->lock);
	LIST_EACH(at, &upstream->lanes)
		expire(LIST_ITEM(at, struct lane, link), now_ms);
	LIST_EACH_SAFE(at, &upstream->asks)
		look_at(LIST_ITEM(at, struct ask, link), now_ms);
	LIST_EACH(at, &upstream->lanes)
		lane_serve(upstream, LIST_ITEM(at, struct lane, link), now_ms);
	pthread_mutex_unlock(&upstream->lock);
	end_all(upstream);
	upstream_tell(upstream, now_ms);
}
