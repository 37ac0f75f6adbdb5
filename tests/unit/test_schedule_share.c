/* test_schedule_share.c - how many purges each may plan. */
#include "plans/schedule_share.h"

#include "http_fixture.h"

static const struct {
	const char *tenant;
	size_t tenants; /* there are */
	size_t most;
} rows[] = {
	{ "", 0, 1000 },
	{ "", 1, 1000 },
	{ "", 5000, 1000 },
	{ "red", 0, 100 }, /* it was taken out of the configuration meanwhile */
	{ "red", 1, 100 },
	{ "red", 10, 100 },
	{ "red", 11, 90 },
	{ "red", 99, 10 },
	{ "red", 5000, 10 },
};

static void add(json_t *items, const char *tenant, size_t count)
{
	for (size_t i = 0; i < count; i++)
		json_array_append_new(items, json_pack("{s:s}", "tenant", tenant));
}

START_TEST(each_has_its_share)
{
	json_t *items = json_array();

	add(items, "blue", 2000);
	add(items, rows[_i].tenant[0] != '\0' ? "" : "green", 2000);
	add(items, rows[_i].tenant, rows[_i].most - 1);
	ck_assert(schedule_share_has_room(items, rows[_i].tenant, rows[_i].tenants));
	add(items, rows[_i].tenant, 1);
	ck_assert(!schedule_share_has_room(items, rows[_i].tenant, rows[_i].tenants));
	json_decref(items);
}
END_TEST

/* Nothing of ours is without one; what is kept is read all the same. */
START_TEST(what_has_no_tenant_is_an_operators)
{
	json_t *items = json_array();

	add(items, "", 999);
	json_array_append_new(items, json_object());
	ck_assert(!schedule_share_has_room(items, "", 2));
	ck_assert(schedule_share_has_room(items, "red", 2));
	json_decref(items);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("schedule_share");

	tcase_add_loop_test(tests, each_has_its_share, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tests, what_has_no_tenant_is_an_operators);
	return run_case("schedule_share", tests);
}
