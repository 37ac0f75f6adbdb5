/* upstream/due.c - what is to be done at a time: turns that have come or didn't, pauses that are over, tries
 * that are late, hedges, and the end of what can't go on.
 *
 * Threads: the loop's.
 */
#include "asking.h"

#include "observe/metrics.h"

#define PROBE_MS 1000
#define IGNORED_MS \
	1000 /* to the end of a response that isn't taken, so that its connection lasts */

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

/* Whether it is time; if not, it is looked at again then. Under the lock. */
static bool has_come(struct upstream *upstream, int64_t at_ms, int64_t now_ms)
{
	if (now_ms < at_ms)
		loop_timer_set(upstream->loop, &upstream->timer, at_ms);
	return now_ms >= at_ms;
}

/* Under the lock. */
static void check_late(struct attempt *try, int64_t now_ms)
{
	const struct ask *ask = try->ask;
	int64_t limit_ms = ask->upstream->config->retry.per_try_ms;

	if (try->transfer == NULL || try->late != RC_OK)
		return;
	if (limit_ms > 0 && !try->has_head &&
		has_come(ask->upstream, try->sent_ms + limit_ms, now_ms))
		try->late = RC_FIRST_BYTE_TIMEOUT;
	if (try->discarded && has_come(ask->upstream, try->head_ms + IGNORED_MS, now_ms))
		try->late = RC_REJECTED;
	/* until there are several, the transfer sees to that itself */
	if (ask->sent > 1 && has_come(ask->upstream, ask->deadline_ms, now_ms))
		try->late = RC_TOTAL_TIMEOUT;
	if (try->late != RC_OK)
		transfer_cancel(try->transfer);
}

/* The breaker waits for the outcome of its probe; for a body that takes long, as its client likes it, it
 * waits no more. What becomes of that counts as of any request. Under the lock. */
static void check_probe(struct attempt *try, int64_t now_ms)
{
	struct upstream *upstream = try->ask->upstream;

	if (try->transfer == NULL || !try->probe || !try->has_head ||
		!has_come(upstream, try->head_ms + PROBE_MS, now_ms))
		return;
	breaker_note(upstream->breaker, !try_is_failure(try->status), true, now_ms);
	try->probe = false;
}

/* A second request beside the first one, where rate and budget have room for it. Under the lock. */
static void hedge(struct ask *ask, int64_t now_ms)
{
	struct upstream *upstream = ask->upstream;
	const struct attempt *first = &ask->tries[0];
	int64_t after_ms = upstream->config->hedge_ms;

	if (after_ms == 0 || ask->sent != 1 || first->transfer == NULL || first->has_head ||
		!ask->request.repeatable || ask->request.has_body || ask->cancelled)
		return;
	if (!has_come(upstream, first->sent_ms + after_ms, now_ms))
		return;
	/* the turn last: it can't be given back */
	if (breaker_state(upstream->breaker, now_ms) != BREAKER_CLOSED ||
		!retry_budget_has(upstream->budget, now_ms) || turns_count(ask->lane->turns) > 0 ||
		pacer_take(ask->lane->pacer, now_ms) != 0)
		return;
	ask->avoid = first->origin;
	if (retry_budget_take(upstream->budget, now_ms) && ask_launch(ask, now_ms) == RC_OK)
		metrics_add(METRIC_UPSTREAM_RETRIES,
			LABELS(upstream->config->label, LABEL_RETRY_HEDGED), 1);
}

/* Under the lock. */
static void look_at(struct ask *ask, int64_t now_ms)
{
	if (ask->state == ASK_PAUSING)
		end_pause(ask, now_ms);
	if (ask->state != ASK_ASKING)
		return;
	for (size_t i = 0; i < TRIES_AT_ONCE; i++) {
		check_late(&ask->tries[i], now_ms);
		check_probe(&ask->tries[i], now_ms);
	}
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
	lanes_serve(upstream, now_ms);
	pthread_mutex_unlock(&upstream->lock);
	end_all(upstream);
	if (!upstream_leave(upstream, now_ms))
		upstream_tell(upstream, now_ms);
}
