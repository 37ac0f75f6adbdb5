/* upstream/progress.c - the deadlines of active transfers.
 *
 *	phase     since                         ends with
 *	connect   start                         RC_CONNECT_TIMEOUT
 *	wait      request began to leave, or    RC_FIRST_BYTE_TIMEOUT
 *	          more of its body left
 *	body      bytes moved                   RC_IDLE_TIMEOUT
 *	any       start                         RC_TOTAL_TIMEOUT
 *
 * While our own side holds a transfer (paused), only the last one runs. All active ones are looked
 * at when the nearest deadline that was seen last time has come, at most every TICK_MS: with
 * deadlines in seconds that is rare, and no transfer pays for a timer of its own.
 *
 * Threads: the loop's only.
 */
#include "loop.h"

#define TICK_MS 50

static int64_t later(int64_t from_ms, int64_t by_ms)
{
	return by_ms > 0 ? from_ms + by_ms : NEVER_MS;
}

static bool is_held(const struct transfer *t)
{
	return t->body_paused || t->upload_paused;
}

static int64_t phase_due(const struct transfer *t, enum rc *ret_rc)
{
	const struct origin *o = t->origin;

	if (t->phase == PHASE_CONNECT) {
		*ret_rc = RC_CONNECT_TIMEOUT;
		return later(t->since_ms, o->connect_ms);
	}
	*ret_rc = t->phase == PHASE_WAIT ? RC_FIRST_BYTE_TIMEOUT : RC_IDLE_TIMEOUT;
	if (is_held(t))
		return NEVER_MS;
	return later(t->since_ms, t->phase == PHASE_WAIT ? o->first_byte_ms : o->idle_ms);
}

static int64_t due(const struct transfer *t, enum rc *ret_rc)
{
	int64_t phase_ms = phase_due(t, ret_rc);
	int64_t total_ms = later(t->started_ms, t->origin->total_ms);

	if (total_ms > phase_ms)
		return phase_ms;
	if (total_ms != NEVER_MS)
		*ret_rc = RC_TOTAL_TIMEOUT;
	return total_ms;
}

void progress_touch(struct transfer *t)
{
	t->since_ms = t->loop->now_ms;
}

void progress_note(struct transfer *t)
{
	enum rc rc;
	int64_t due_ms;

	progress_touch(t);
	due_ms = due(t, &rc);
	if (due_ms < t->loop->check_ms)
		t->loop->check_ms = due_ms;
}

void progress_begin(struct transfer *t)
{
	t->started_ms = t->loop->now_ms;
	progress_note(t);
}

void progress_check(struct upstream_loop *loop)
{
	int64_t nearest = NEVER_MS;

	if (loop->now_ms < loop->check_ms)
		return;
	LIST_EACH_SAFE(at, &loop->active) {
		struct transfer *t = LIST_ITEM(at, struct transfer, link);
		enum rc rc;
		int64_t due_ms = due(t, &rc);

		if (due_ms > loop->now_ms)
			nearest = due_ms < nearest ? due_ms : nearest;
		else if (outcome_is_whole(t))
			transfer_finish(t, RC_OK, "");
		else
			transfer_finish(t, rc, rc_text(rc));
	}
	if (nearest < loop->now_ms + TICK_MS)
		nearest = loop->now_ms + TICK_MS;
	loop->check_ms = nearest;
}
