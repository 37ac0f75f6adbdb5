/* test_audit_ends.c - where the file of an audit log ends: in another, in none, by somebody who removes it. */
#include "audit_fixture.h"

#include "run_case.h"

/* The last line of a file says where the log goes on, unless it was moved aside itself. */
static const struct {
	bool goes_elsewhere;
	const char *where; /* in directory; NULL: off */
	uint64_t lines;    /* of the two that were written and what is said of it */
} last_rows[] = {
	{ true, NULL, 3 },
	{ true, "audit.1", 3 },
	{ false, "audit", 2 },
};

START_TEST(the_old_file_says_where_it_goes_on)
{
	struct audit *audit = opened();
	char to[128] = "", wanted[256];
	char *text;

	if (last_rows[_i].where != NULL)
		snprintf(to, sizeof(to), "%s/%s", directory, last_rows[_i].where);
	write_lines(audit, 2);
	ck_assert_int_eq(reopened(audit, to), RC_OK);
	check_whole(path, last_rows[_i].lines);
	text = contents(path);
	snprintf(wanted, sizeof(wanted), "\"told\":{\"audit\":\"%s\"}", to[0] != '\0' ? to : "off");
	ck_assert_int_eq(strstr(text, wanted) != NULL, last_rows[_i].goes_elsewhere);
	free(text);
	write_lines(audit, 1);
	audit_close(audit);
	check_whole(path, last_rows[_i].goes_elsewhere ? last_rows[_i].lines : 3);
	if (last_rows[_i].goes_elsewhere && to[0] != '\0')
		check_whole(to, 1);
}
END_TEST

static enum rc reserve_and_write(struct audit *audit, enum audit_kind kind, void (*between)(void))
{
	json_t *line = json_pack("{s:s}", "who", "ops");
	enum rc rc = RC_OK;

	if (kind == AUDIT_RESERVED)
		rc = audit_reserve(audit);
	if (between != NULL)
		between();
	if (rc == RC_OK)
		rc = audit_write(audit, line, kind);
	json_decref(line);
	return rc;
}

static void remove_it(void)
{
	ck_assert_int_eq(unlink(path), 0);
}

static void move_it(void)
{
	ck_assert_int_eq(rename(path, moved), 0);
}

static const struct {
	enum audit_kind kind;
	bool is_before; /* its reservation; else between that and the line */
	void (*happens)(void);
	bool is_new; /* the file */
} removed_rows[] = {
	{ AUDIT_RESERVED, true, remove_it, true }, { AUDIT_RESERVED, false, remove_it, true },
	{ AUDIT_REFUSED, true, remove_it, true }, { AUDIT_OUTSIDE, true, remove_it, true },
	{ AUDIT_RESERVED, true, move_it, false }, /* until it is opened anew */
};

/* A file that nobody can read any more is none: the chain goes on in a new one. */
START_TEST(a_file_that_was_removed_is_made_anew)
{
	struct audit *audit = opened();
	struct audit_place place = { 0, 0 };
	json_t *list = json_array();

	write_lines(audit, 2);
	if (removed_rows[_i].is_before)
		removed_rows[_i].happens();
	ck_assert_int_eq(reserve_and_write(audit, removed_rows[_i].kind,
				 removed_rows[_i].is_before ? NULL : removed_rows[_i].happens),
		RC_OK);
	check_whole(removed_rows[_i].is_new ? path : moved, removed_rows[_i].is_new ? 1 : 3);
	ck_assert_int_eq(audit_list(audit, &place, 1, list), RC_OK);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, 0), "seq")), 3);
	json_decref(list);
	audit_close(audit);
}
END_TEST

START_TEST(where_it_cant_be_made_anew_nothing_is_done)
{
	struct audit *audit = opened();

	write_lines(audit, 1);
	remove_it();
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_ne(reserve_and_write(audit, AUDIT_RESERVED, NULL), RC_OK);
	ck_assert_int_ne(reserve_and_write(audit, AUDIT_REFUSED, NULL), RC_OK);
	ck_assert_int_eq(rmdir(path), 0);
	write_lines(audit, 1);
	audit_close(audit);
	check_whole(path, 1);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("audit_ends");

	tcase_add_checked_fixture(tcase, audit_set_up, audit_tear_down);
	tcase_add_loop_test(tcase, the_old_file_says_where_it_goes_on, 0,
		sizeof(last_rows) / sizeof(last_rows[0]));
	tcase_add_loop_test(tcase, a_file_that_was_removed_is_made_anew, 0,
		sizeof(removed_rows) / sizeof(removed_rows[0]));
	tcase_add_test(tcase, where_it_cant_be_made_anew_nothing_is_done);
	return run_case("audit_ends", tcase);
}
