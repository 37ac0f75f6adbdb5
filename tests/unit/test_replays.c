/* test_replays.c - events that were taken: once each, as long as they count, and no more than there is room for. */
#include "access/replays.h"

#include "http_fixture.h"

#include <string.h>

static struct replays *replays;

static void set_up(void)
{
	replays = replays_new();
}

static void tear_down(void)
{
	replays_free(replays);
}

static unsigned char *digest_of(uint32_t number, unsigned char ret[DIGEST_SIZE])
{
	memset(ret, 0, DIGEST_SIZE);
	memcpy(ret, &number, sizeof(number));
	return ret;
}

static enum replay begin(uint32_t number, int64_t until_ms, int64_t now_ms)
{
	unsigned char digest[DIGEST_SIZE];

	return replays_begin(replays, digest_of(number, digest), until_ms, now_ms);
}

static void end(uint32_t number, bool taken)
{
	unsigned char digest[DIGEST_SIZE];

	replays_end(replays, digest_of(number, digest), taken);
}

/* It begins, and ends at once, where it is new. */
static enum replay take(uint32_t number, int64_t until_ms, int64_t now_ms)
{
	enum replay replay = begin(number, until_ms, now_ms);

	if (replay == REPLAY_NEW)
		end(number, true);
	return replay;
}

START_TEST(is_taken_once_in_its_time)
{
	ck_assert_int_eq(take(1, 100, 10), REPLAY_NEW);
	ck_assert_int_eq(take(1, 100, 10), REPLAY_TAKEN);
	ck_assert_int_eq(take(1, 500, 100), REPLAY_TAKEN);
	ck_assert_int_eq(take(2, 100, 10), REPLAY_NEW);
	ck_assert_int_eq(take(1, 200, 101), REPLAY_NEW);
	ck_assert_int_eq(take(1, 200, 101), REPLAY_TAKEN);
}
END_TEST

/* Whether it was taken isn't known before its end, however long that takes. */
START_TEST(is_under_way_until_its_end)
{
	ck_assert_int_eq(begin(1, 100, 10), REPLAY_NEW);
	ck_assert_int_eq(begin(1, 100, 10), REPLAY_UNDER_WAY);
	ck_assert_int_eq(begin(1, 300, 200), REPLAY_UNDER_WAY);
	ck_assert_int_eq(begin(2, 100, 10), REPLAY_NEW);
	end(2, true);
	ck_assert_int_eq(begin(1, 100, 10), REPLAY_UNDER_WAY);
	ck_assert_int_eq(begin(2, 100, 10), REPLAY_TAKEN);
	end(1, true);
	ck_assert_int_eq(begin(1, 100, 10), REPLAY_TAKEN);
}
END_TEST

START_TEST(may_come_again_when_it_came_to_nothing)
{
	ck_assert_int_eq(begin(1, 100, 10), REPLAY_NEW);
	end(1, false);
	ck_assert_int_eq(begin(1, 100, 10), REPLAY_NEW);
	ck_assert_int_eq(begin(1, 100, 10), REPLAY_UNDER_WAY);
	end(1, true);
	ck_assert_int_eq(begin(1, 100, 10), REPLAY_TAKEN);
}
END_TEST

START_TEST(none_is_forgotten_for_want_of_room)
{
	for (uint32_t i = 0; i < REPLAYS_MOST; i++)
		ck_assert_int_eq(take(i, 100 + (i == 0), 10), REPLAY_NEW);
	ck_assert_int_eq(take(REPLAYS_MOST, 300, 10), REPLAY_NO_ROOM);
	for (uint32_t i = 0; i < REPLAYS_MOST; i++)
		ck_assert_int_eq(take(i, 300, 100), REPLAY_TAKEN);
	ck_assert_int_eq(take(REPLAYS_MOST, 300, 101), REPLAY_NEW);
	ck_assert_int_eq(take(0, 300, 101), REPLAY_TAKEN);
	ck_assert_int_eq(take(1, 300, 101), REPLAY_NEW);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("replays");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, is_taken_once_in_its_time);
	tcase_add_test(tests, is_under_way_until_its_end);
	tcase_add_test(tests, may_come_again_when_it_came_to_nothing);
	tcase_add_test(tests, none_is_forgotten_for_want_of_room);
	return run_case("replays", tests);
}
