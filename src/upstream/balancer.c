/* upstream/balancer.c - smooth weighted round robin, or the least loaded, among those that are up.
 *
 * Smooth: each candidate gains its weight, the richest is taken and pays the weight of all; so 5:1 is never
 * five in a row and then one. Among equally loaded ones the same decides.
 *
 * Ownership: a balancer belongs to who made it.
 */
#include "balancer.h"

#include "util/alloc.h"

#include <stdlib.h>

#define MOST_TIMES 10 /* as long as eject_ms is an ejection at most */

struct origin_state {
	int64_t weight;
	int64_t credit; /* of round robin */
	int64_t outstanding;
	int64_t in_a_row;  /* failures */
	int64_t ejections; /* that followed each other closely */
	int64_t ejected_until_ms;
	bool checked_down;
	bool candidate; /* of the pick that is being made */
};

struct balancer {
	bool least_outstanding;
	int64_t eject_after;
	int64_t eject_ms;
	size_t count;
	struct origin_state origins[];
};

struct balancer *balancer_new(const struct balancer_rules *rules)
{
	struct balancer *balancer =
		xalloc(sizeof(*balancer) + rules->count * sizeof(balancer->origins[0]));

	balancer->least_outstanding = rules->least_outstanding;
	balancer->eject_after = rules->eject_after;
	balancer->eject_ms = rules->eject_ms;
	balancer->count = rules->count;
	for (size_t i = 0; i < rules->count; i++)
		balancer->origins[i].weight = rules->weights[i] > 0 ? rules->weights[i] : 1;
	return balancer;
}

void balancer_free(struct balancer *balancer)
{
	free(balancer);
}

bool balancer_is_up(const struct balancer *balancer, size_t origin, int64_t now_ms)
{
	const struct origin_state *o = &balancer->origins[origin];

	return !o->checked_down && now_ms >= o->ejected_until_ms;
}

static size_t count_up(const struct balancer *balancer, int64_t now_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < balancer->count; i++)
		count += balancer_is_up(balancer, i, now_ms);
	return count;
}

/* ---- whom to ask ---- */

/* Those that are up, or all where none is, and of these not the one to avoid unless it is the only one. */
static void mark_candidates(struct balancer *balancer, size_t avoid, int64_t now_ms)
{
	bool all = count_up(balancer, now_ms) == 0;
	size_t others = 0;

	for (size_t i = 0; i < balancer->count; i++) {
		struct origin_state *o = &balancer->origins[i];

		o->candidate = i != avoid && (all || balancer_is_up(balancer, i, now_ms));
		others += o->candidate;
	}
	if (others == 0)
		balancer->origins[avoid].candidate = true;
}

/* Whether one request more weighs less on a than on b. */
static bool is_less_loaded(const struct origin_state *a, const struct origin_state *b)
{
	return (a->outstanding + 1) * b->weight < (b->outstanding + 1) * a->weight;
}

/* Of the candidates those stay that no other one is less loaded than. */
static void keep_least_loaded(struct balancer *balancer)
{
	const struct origin_state *least = NULL;

	for (size_t i = 0; i < balancer->count; i++) {
		const struct origin_state *o = &balancer->origins[i];

		if (o->candidate && (least == NULL || is_less_loaded(o, least)))
			least = o;
	}
	for (size_t i = 0; i < balancer->count; i++) {
		struct origin_state *o = &balancer->origins[i];

		o->candidate = o->candidate && !is_less_loaded(least, o);
	}
}

static struct origin_state *richest(struct balancer *balancer)
{
	struct origin_state *best = NULL;
	int64_t total = 0;

	for (size_t i = 0; i < balancer->count; i++) {
		struct origin_state *o = &balancer->origins[i];

		if (!o->candidate)
			continue;
		o->credit += o->weight;
		total += o->weight;
		if (best == NULL || o->credit > best->credit)
			best = o;
	}
	best->credit -= total;
	return best;
}

size_t balancer_pick(struct balancer *balancer, size_t avoid, int64_t now_ms)
{
	struct origin_state *picked;

	mark_candidates(balancer, avoid, now_ms);
	if (balancer->least_outstanding)
		keep_least_loaded(balancer);
	picked = richest(balancer);
	picked->outstanding++;
	return (size_t)(picked - balancer->origins);
}

/* ---- what became of it ---- */

/* Each time longer, unless the last one was long ago. */
static void eject(struct balancer *balancer, struct origin_state *o, int64_t now_ms)
{
	if (now_ms - o->ejected_until_ms > MOST_TIMES * balancer->eject_ms)
		o->ejections = 0;
	if (o->ejections < MOST_TIMES)
		o->ejections++;
	o->ejected_until_ms = now_ms + o->ejections * balancer->eject_ms;
	o->in_a_row = 0;
}

static void note_failure(struct balancer *balancer, struct origin_state *o, int64_t now_ms)
{
	/* what fails of an ejected one left before, or for want of another one */
	if (balancer->eject_after == 0 || now_ms < o->ejected_until_ms)
		return;
	if (++o->in_a_row >= balancer->eject_after)
		eject(balancer, o, now_ms);
}

void balancer_end(
	struct balancer *balancer, size_t origin, enum balancer_outcome outcome, int64_t now_ms)
{
	struct origin_state *o = &balancer->origins[origin];

	o->outstanding--;
	if (outcome == BALANCER_FAILED)
		note_failure(balancer, o, now_ms);
	if (outcome != BALANCER_WELL)
		return;
	o->in_a_row = 0;
	/* asked since all are out: the first that answers is in again */
	if (count_up(balancer, now_ms) == 0)
		o->ejected_until_ms = now_ms;
}

void balancer_forget(struct balancer *balancer)
{
	for (size_t i = 0; i < balancer->count; i++) {
		struct origin_state *o = &balancer->origins[i];

		o->in_a_row = o->ejections = 0;
		o->ejected_until_ms = 0;
	}
}

void balancer_checked(struct balancer *balancer, size_t origin, bool up)
{
	balancer->origins[origin].checked_down = !up;
}

bool balancer_is_down(const struct balancer *balancer, size_t origin)
{
	return balancer->origins[origin].checked_down;
}

int64_t balancer_outstanding(const struct balancer *balancer, size_t origin)
{
	return balancer->origins[origin].outstanding;
}
