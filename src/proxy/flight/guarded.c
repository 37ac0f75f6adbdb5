/* proxy/flight/guarded.c - what becomes of a flight whose body a guard looks at. */
#include "guarded.h"

#include "audience.h"
#include "guarding.h"
#include "record.h"
#include "keep/stand_in.h"
#include "state.h"

#include "policy/freshness.h"
#include "policy/ttl.h"
#include "util/hash.h"

#define HELD_SIZE ((uint64_t)16 * 1024) /* of a body, from its leader, until there is a verdict */

void guarded_begin(struct flight *flight, const struct body *begin)
{
	flight->guarding = guarding_new(flight);
	if (begin != NULL)
		guarded_feed(flight, begin->data, begin->size);
}

bool guarded_wants_locked(const struct flight *flight)
{
	const struct config_guard *guard = &flight_route(flight)->guard;

	return flight->guarding != NULL && flight->verdict.skip == SKIP_NO_FRESHNESS &&
	       (guard->on_fail == CONFIG_NEGATIVE || guard->negative.json.count > 0 ||
		       guard->negative.xml.count > 0);
}

void guarded_feed(struct flight *flight, const char *data, size_t size)
{
	if (flight->guarding != NULL)
		guarding_feed(flight->guarding, data, size);
}

/* Not stored, and nobody comes any more. */
static void keep_from_store(struct flight *flight, enum skip skip)
{
	flight->keeps = false;
	flight->joinable = false;
	if (flight->verdict.skip == SKIP_NONE)
		record_store(flight, skip);
	/* who has seen the head reads on without the lock */
	if (!flight->has_head)
		flight->verdict.skip = skip;
}

static enum transfer_flow reject(struct flight *flight)
{
	keep_from_store(flight, SKIP_GUARD_REJECTED);
	if (flight->has_head && audience_has_leader(flight)) {
		audience_turn_away(flight);
		return TRANSFER_GO_ON;
	}
	flight->has_head = false; /* nobody has looked */
	return TRANSFER_REJECT;
}

static void store_as_error(struct flight *flight)
{
	if (flight->keeps && !flight->has_head)
		flight->verdict.skip = SKIP_NONE;
}

enum transfer_flow guarded_settle_locked(struct flight *flight)
{
	if (flight->guard != GUARD_UNDECIDED)
		return TRANSFER_GO_ON;
	flight->guard = flight->guarding != NULL ? guarding_verdict(flight->guarding) : GUARD_GOOD;
	if (flight->guarding != NULL && flight->guard != GUARD_UNDECIDED)
		record_guard(flight, guarding_rule(flight->guarding));
	switch (flight->guard) {
	case GUARD_REJECT:
		return reject(flight);
	case GUARD_PASS:
		keep_from_store(flight, SKIP_GUARD_PASS);
		audience_part(flight);
		break;
	case GUARD_NEGATIVE:
		if (flight->credentials != 0)
			keep_from_store(flight, SKIP_AUTHORIZATION);
		else
			store_as_error(flight);
		audience_part(flight);
		break;
	case GUARD_GOOD:
		flight->keeps &= flight->verdict.skip == SKIP_NONE;
		break;
	case GUARD_UNDECIDED:
	case GUARD_VERDICT_COUNT:
		break;
	}
	return TRANSFER_GO_ON;
}

void guarded_give_up_locked(struct flight *flight)
{
	if (flight->guarding == NULL)
		return;
	guarding_give_up(flight->guarding);
	(void)guarded_settle_locked(flight); /* it passes */
}

bool guarded_shows_locked(const struct flight *flight)
{
	if (flight->guard != GUARD_UNDECIDED)
		return flight->guard != GUARD_REJECT;
	return !flight_route(flight)->guard.hold && flight->stream.total > HELD_SIZE;
}

/* As with an error that says so by its status: what may be used yet stays. */
static void leave_stale(struct flight *flight)
{
	pthread_mutex_lock(&flight->lock);
	keep_from_store(flight, SKIP_KEEPS_STALE);
	pthread_mutex_unlock(&flight->lock);
}

enum rc guarded_whole(void *arg)
{
	struct flight *flight = arg;

	if (flight->guarding == NULL)
		return RC_OK;
	guarding_end(flight->guarding);
	pthread_mutex_lock(&flight->lock);
	(void)guarded_settle_locked(flight);
	pthread_mutex_unlock(&flight->lock);
	if (flight->guard == GUARD_NEGATIVE && flight->keeps &&
		stand_in_is_there(
			flight, &flight->verdict.variant, flight->verdict.freshness.responded_ms))
		leave_stale(flight);
	return flight->guard == GUARD_REJECT ? RC_REJECTED : RC_OK;
}

struct freshness guarded_freshness(const struct flight *flight)
{
	const struct config_guard *guard = &flight_route(flight)->guard;

	if (flight->guard != GUARD_NEGATIVE)
		return flight->verdict.freshness;
	return freshness_negative(
		&flight->verdict.freshness, ttl_draw(guard->negative.ttl, random_u64()));
}

void guarded_stored(const struct flight *flight)
{
	const struct config_guard *guard = &flight_route(flight)->guard;
	double least = 1 - (double)guard->watch_drop / 100, number, before;

	if (flight->guarding == NULL || !guarding_number(flight->guarding, &number))
		return;
	if (watched_note(flight->proxy->watched, flight->key.hash, number, &before) && before > 0 &&
		number < before * least)
		record_watch_drop(flight, before, number);
}

void guarded_done(struct flight *flight)
{
	guarding_free(GIVE(flight->guarding));
}

void guarded_forget(struct flight *flight)
{
	guarded_done(flight);
	flight->guard = GUARD_UNDECIDED;
}

bool guarded_is_spoilt(const struct flight *flight)
{
	return flight->guard == GUARD_REJECT && flight->has_head;
}
