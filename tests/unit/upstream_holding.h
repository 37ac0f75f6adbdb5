/* tests/unit/upstream_holding.h - tests of readers that pause, resume and cancel.
 *
 * A part of test_upstream.c, which lists them.
 */
#pragma once

#include "upstream_fixture.h"

static void wait_for_status(struct probe *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->heads == 0 && p->ends == 0)
		pthread_cond_wait(&p->changed, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

static void cancel(struct probe *p)
{
	pthread_mutex_lock(&p->lock);
	if (p->transfer != NULL) {
		transfer_resume(p->transfer);
		transfer_cancel(p->transfer);
	}
	pthread_mutex_unlock(&p->lock);
}

static const struct pause_row {
	const char *path;
	size_t size;
} PAUSES[] = {
	{ "/bytes/2000000", 2000000 },
	{ "/chunks/2000000", 2000000 },
	{ "/bytes/1", 1 },
	{ "/chunks/1", 1 },
};

static void assert_pattern(const struct probe *p, size_t size)
{
	size_t same = 0;

	ck_assert_uint_eq(p->body.size, size);
	while (same < size && p->body.data[same] == pattern_at(same))
		same++;
	ck_assert_msg(same == size, "byte %zu differs", same);
}

START_TEST(test_pauses)
{
	const struct pause_row *row = &PAUSES[_i];
	struct probe p;

	probe_init(&p);
	p.pauses = true;
	run_to_end(&p, ask("GET", row->path));
	ck_assert_msg(p.rc == RC_OK, "%s (%s)", rc_text(p.rc), p.detail);
	assert_pattern(&p, row->size);
	ck_assert_uint_ge(p.pause_count, 1 + row->size / 40000);
	probe_done(&p);
}
END_TEST

/* Time that the reader holds it doesn't count as the origin's silence. */
START_TEST(test_pause_stops_idle)
{
	struct probe held, other;

	origin.idle_ms = 60;
	probe_init(&held);
	probe_init(&other);
	held.pauses = true;
	struct fetch fetch = ask("GET", "/bytes/100000");
	ck_assert_int_eq(probe_start(&held, loop, &fetch), RC_OK);
	wait_for_status(&held);
	run_to_end(&other, ask("GET", "/stalled"));
	ck_assert_int_eq(other.rc, RC_IDLE_TIMEOUT);
	ck_assert_uint_eq(held.ends, 0);
	probe_wait(&held);
	ck_assert_int_eq(held.rc, RC_OK);
	assert_pattern(&held, 100000);
	probe_done(&held);
	probe_done(&other);
}
END_TEST

static const struct cancel_row {
	const char *path;
	bool pauses, abort_head, abort_body, wait;
} CANCELS[] = {
	{ "/silent", false, false, false, false },
	{ "/stalled", false, false, false, true },
	{ "/bytes/1000000", true, false, false, true }, /* while it is paused */
	{ "/plain", false, true, false, true },
	{ "/plain", false, false, true, true },
	{ "/bytes/1000000", false, false, true, true },
};

START_TEST(test_cancels)
{
	const struct cancel_row *row = &CANCELS[_i];
	struct fetch fetch = ask("GET", row->path);
	struct upstream_usage usage;
	struct probe p;

	probe_init(&p);
	p.pauses = row->pauses;
	p.abort_head = row->abort_head;
	p.abort_body = row->abort_body;
	ck_assert_int_eq(probe_start(&p, loop, &fetch), RC_OK);
	if (row->wait)
		wait_for_status(&p);
	if (!row->abort_head && !row->abort_body)
		cancel(&p);
	probe_wait(&p);
	ck_assert_msg(p.rc == RC_CANCELLED, "%s (%s)", rc_text(p.rc), p.detail);
	ck_assert_uint_eq(p.ends, 1);
	upstream_usage(loop, &usage);
	ck_assert_uint_eq(usage.active, 0);
	probe_done(&p);
}
END_TEST
