/* upstream/lane.c - who goes next: everybody's lane, and one for each credential that has a rate of its own
 * at the origin.
 *
 * A credential that nobody knows goes with everybody's: otherwise who invents one with each request would
 * have a rate without bound. It is known when the origin has answered it well.
 */
#include "asking.h"

#include "observe/metrics.h"
#include "util/alloc.h"

#include <stdlib.h>

#define MOST_LANES 256 /* beside everybody's */
#define MOST_KNOWN 256

struct lane *lane_new(struct upstream *upstream, uint64_t credential)
{
	const struct config_upstream *config = upstream->config;
	struct lane *lane = xalloc(sizeof(*lane));

	lane->credential = credential;
	lane->pacer = pacer_new(&(struct pacer_rules){
		.count = config->rate.count,
		.period_ms = config->rate.period_ms,
		.burst = config->burst > 0 ? config->burst : 1,
		.concurrency = config->concurrency,
		.learns = config->learn_rate,
	});
	lane->turns = turns_new((size_t)config->queue.length);
	list_append(&upstream->lanes, &lane->link);
	upstream->lane_count++;
	return lane;
}

void lane_free(struct lane *lane)
{
	list_remove(&lane->link);
	pacer_free(lane->pacer);
	turns_free(lane->turns);
	free(lane);
}

static struct lane *first_lane(struct upstream *upstream)
{
	return LIST_ITEM(upstream->lanes.next, struct lane, link);
}

static bool is_known(const struct upstream *upstream, uint64_t credential)
{
	for (size_t i = 0; i < upstream->known_count; i++) {
		if (upstream->known[i] == credential)
			return true;
	}
	return false;
}

void lane_prove(struct upstream *upstream, uint64_t credential)
{
	if (credential == 0 || is_known(upstream, credential))
		return;
	if (upstream->known == NULL)
		upstream->known = xalloc(MOST_KNOWN * sizeof(*upstream->known));
	upstream->known[upstream->known_next] = credential;
	upstream->known_next = (upstream->known_next + 1) % MOST_KNOWN;
	if (upstream->known_count < MOST_KNOWN)
		upstream->known_count++;
}

/* Room for one lane more: the one that was not used for longest leaves. */
static bool make_room(struct upstream *upstream)
{
	struct lane *oldest = NULL;

	if (upstream->lane_count <= MOST_LANES)
		return true;
	LIST_EACH(at, &upstream->lanes) {
		struct lane *lane = LIST_ITEM(at, struct lane, link);

		if (lane->credential != 0 && lane->asks == 0 &&
			(oldest == NULL || lane->used_ms < oldest->used_ms))
			oldest = lane;
	}
	if (oldest == NULL)
		return false;
	lane_free(oldest);
	upstream->lane_count--;
	return true;
}

struct lane *lane_of(struct upstream *upstream, uint64_t credential, int64_t now_ms)
{
	struct lane *lane = first_lane(upstream);

	if (credential == 0 || !is_known(upstream, credential))
		return lane;
	LIST_EACH(at, &upstream->lanes) {
		struct lane *one = LIST_ITEM(at, struct lane, link);

		if (one->credential == credential) {
			one->used_ms = now_ms;
			return one;
		}
	}
	if (make_room(upstream))
		lane = lane_new(upstream, credential);
	lane->used_ms = now_ms;
	return lane;
}

void lane_count(const struct ask *ask, unsigned outcome)
{
	metrics_add(METRIC_UPSTREAM_PACED_REQUESTS,
		LABELS(ask->upstream->config->label, ask->request.class, (uint16_t)outcome), 1);
}

static void look_again(struct upstream *upstream, const struct lane *lane, int64_t at_ms)
{
	int64_t deadline_ms = turns_deadline(lane->turns);

	if (deadline_ms < at_ms)
		at_ms = deadline_ms;
	if (at_ms != NEVER_MS)
		loop_timer_set(upstream->loop, &upstream->timer, at_ms);
}

/* The upstream isn't asked for a while: whoever waits is told so at once. */
static void send_away(struct lane *lane)
{
	struct turn *turn;

	while ((turn = turns_next(lane->turns)) != NULL)
		ask_doom(LIST_ITEM(turn, struct ask, turn), RC_BREAKER);
}

void lane_serve(struct upstream *upstream, struct lane *lane, int64_t now_ms)
{
	int64_t at_ms = NEVER_MS;

	if (breaker_refuses(upstream->breaker, now_ms))
		send_away(lane);
	while (turns_count(lane->turns) > 0) {
		int64_t wait_ms = pacer_take(lane->pacer, now_ms);
		struct turn *turn;
		struct ask *ask;
		enum rc rc;

		if (wait_ms != 0) {
			at_ms = wait_ms == PACER_NEVER ? NEVER_MS : now_ms + wait_ms;
			break;
		}
		turn = turns_next(lane->turns);
		ask = LIST_ITEM(turn, struct ask, turn);
		rc = ask_launch(ask, now_ms);
		if (rc == RC_OK)
			lane_count(ask, LABEL_PACED_WAITED);
		else
			ask_doom(ask, rc);
	}
	look_again(upstream, lane, at_ms);
}

void lanes_serve(struct upstream *upstream, int64_t now_ms)
{
	LIST_EACH(at, &upstream->lanes)
		lane_serve(upstream, LIST_ITEM(at, struct lane, link), now_ms);
}
