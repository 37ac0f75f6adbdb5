/* upstream/breaker.c - outcomes of a window, counted in ten parts, and the state that they come to.
 *
 * While it isn't closed only the probe's outcome counts: the others left before it opened. When it
 * closes it begins anew. Held, it goes on as it would, and refuses all the same. Ownership: a breaker belongs to who made it.
 */
#include "breaker.h"

#include "util/alloc.h"

#include <stdlib.h>

#define PARTS 10

struct part {
	int64_t number; /* since the clock's begin; another one's counts are over */
	int64_t well;
	int64_t failed;
};

struct breaker {
	struct breaker_rules rules;
	int64_t part_ms;
	struct part ring[PARTS];
	int64_t in_a_row; /* failures */
	bool tripped;
	int64_t open_until_ms; /* of tripped */
	bool probing;
	bool held; /* open by an operator's word */
};

struct breaker *breaker_new(const struct breaker_rules *rules)
{
	struct breaker *breaker = xalloc(sizeof(*breaker));

	breaker->rules = *rules;
	breaker->part_ms = rules->window_ms > PARTS ? rules->window_ms / PARTS : 1;
	return breaker;
}

void breaker_free(struct breaker *breaker)
{
	free(breaker);
}

enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_ms)
{
	if (breaker->held)
		return BREAKER_OPEN;
	if (!breaker->tripped)
		return BREAKER_CLOSED;
	return now_ms < breaker->open_until_ms ? BREAKER_OPEN : BREAKER_HALF_OPEN;
}

bool breaker_refuses(const struct breaker *breaker, int64_t now_ms)
{
	enum breaker_state state = breaker_state(breaker, now_ms);

	return state == BREAKER_OPEN || (state == BREAKER_HALF_OPEN && breaker->probing);
}

enum breaker_leave breaker_ask(struct breaker *breaker, int64_t now_ms)
{
	if (breaker_refuses(breaker, now_ms))
		return BREAKER_REFUSED;
	if (!breaker->tripped)
		return BREAKER_GO;
	breaker->probing = true;
	return BREAKER_PROBE;
}

void breaker_counts(
	const struct breaker *breaker, int64_t now_ms, int64_t *ret_well, int64_t *ret_failed)
{
	int64_t number = now_ms / breaker->part_ms;
	int64_t well = 0, failed = 0;

	for (size_t i = 0; i < PARTS; i++) {
		if (breaker->ring[i].number > number - PARTS) {
			well += breaker->ring[i].well;
			failed += breaker->ring[i].failed;
		}
	}
	*ret_well = well;
	*ret_failed = failed;
}

static struct part *part_of(struct breaker *breaker, int64_t now_ms)
{
	int64_t number = now_ms / breaker->part_ms;
	struct part *part = &breaker->ring[number % PARTS];

	if (part->number != number)
		*part = (struct part){ .number = number };
	return part;
}

static bool is_too_much(const struct breaker *breaker, int64_t now_ms)
{
	const struct breaker_rules *rules = &breaker->rules;
	int64_t well, failed;

	if (rules->consecutive > 0 && breaker->in_a_row >= rules->consecutive)
		return true;
	if (rules->error_rate == 0)
		return false;
	breaker_counts(breaker, now_ms, &well, &failed);
	return well + failed >= rules->least && failed * 100 >= rules->error_rate * (well + failed);
}

static void trip(struct breaker *breaker, int64_t now_ms)
{
	breaker->tripped = true;
	breaker->open_until_ms = now_ms + breaker->rules.open_ms;
}

static void close_again(struct breaker *breaker)
{
	breaker->tripped = false;
	breaker->in_a_row = 0;
	for (size_t i = 0; i < PARTS; i++)
		breaker->ring[i] = (struct part){ 0 };
}

static void note_probe(struct breaker *breaker, bool well, int64_t now_ms)
{
	breaker->probing = false;
	if (well)
		close_again(breaker);
	else
		trip(breaker, now_ms);
}

static void note_other(struct breaker *breaker, bool well, int64_t now_ms)
{
	struct part *part = part_of(breaker, now_ms);

	if (well) {
		part->well++;
		breaker->in_a_row = 0;
		return;
	}
	part->failed++;
	breaker->in_a_row++;
	if (is_too_much(breaker, now_ms))
		trip(breaker, now_ms);
}

void breaker_note(struct breaker *breaker, bool well, bool was_probe, int64_t now_ms)
{
	if (was_probe && breaker->tripped)
		note_probe(breaker, well, now_ms);
	else if (!breaker->tripped)
		note_other(breaker, well, now_ms);
}

void breaker_note_rejected(struct breaker *breaker, bool was_probe, int64_t now_ms)
{
	breaker_forget(breaker, was_probe);
	if (breaker->tripped)
		return;
	part_of(breaker, now_ms)->failed++;
	if (is_too_much(breaker, now_ms))
		trip(breaker, now_ms);
}

void breaker_hold(struct breaker *breaker)
{
	breaker->held = true;
}

void breaker_close(struct breaker *breaker)
{
	breaker->held = breaker->probing = false;
	close_again(breaker);
}

bool breaker_is_held(const struct breaker *breaker)
{
	return breaker->held;
}

void breaker_forget(struct breaker *breaker, bool was_probe)
{
	if (was_probe)
		breaker->probing = false;
}

int64_t breaker_left_ms(const struct breaker *breaker, int64_t now_ms)
{
	if (breaker->held)
		return breaker->rules.open_ms;
	if (breaker_state(breaker, now_ms) != BREAKER_OPEN)
		return 0;
	return breaker->open_until_ms - now_ms;
}
