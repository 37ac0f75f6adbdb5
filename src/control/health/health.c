/* health.c - the health document.
 *
 * The table of checks is filled, and read, under one lock: checks don't block. What is wrong is
 * text that a component made, perhaps from what a peer sent: it is escaped like any other.
 */
#include "control/health.h"

#include "observe/json.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *word;
	int status;
} verdicts[] = {
	[HEALTH_PASS] = { "pass", 200 },
	[HEALTH_WARN] = { "warn", 200 },
	[HEALTH_FAIL] = { "fail", 503 },
};

static struct health_check *checks;
static size_t check_count;
static atomic_bool stopping;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void health_change(void)
{
	pthread_mutex_lock(&lock);
	free(checks);
	checks = NULL;
	check_count = 0;
}

void health_changed(void)
{
	pthread_mutex_unlock(&lock);
}

void health_register(const struct health_check *check)
{
	for (size_t i = 0; i < check_count; i++)
		assert(strcmp(checks[i].name, check->name) != 0);
	checks = xgrow(checks, check_count + 1, sizeof(*checks));
	checks[check_count++] = *check;
}

void health_stopping(void)
{
	atomic_store(&stopping, true);
}

/* All checks run before the first byte is written: the whole's status stands first. */
static enum health_status run_checks(struct health_result *results)
{
	enum health_status worst = HEALTH_PASS;

	for (size_t i = 0; i < check_count; i++) {
		results[i] = (struct health_result){ .status = HEALTH_PASS };
		checks[i].fn(checks[i].arg, &results[i]);
		results[i].output[sizeof(results[i].output) - 1] = '\0';
		if (results[i].status > worst)
			worst = results[i].status;
	}
	return worst;
}

static enum rc text_member(struct bytes *out, const char *name, const char *value)
{
	TRY(bytes_format(out, ",\"%s\":", name));
	return json_append_string(out, slice_of(value));
}

static enum rc write_check(
	struct bytes *out, size_t index, const struct health_result *result, const char *time)
{
	TRY(json_append_string(out, slice_of(checks[index].name)));
	TRY(bytes_format(out, ":[{\"status\":\"%s\"", verdicts[result->status].word));
	if (result->unit != NULL) {
		TRY(bytes_format(out, ",\"observedValue\":%" PRId64, result->observed));
		TRY(text_member(out, "observedUnit", result->unit));
	}
	if (result->output[0] != '\0')
		TRY(text_member(out, "output", result->output));
	TRY(text_member(out, "time", time));
	return bytes_format(out, "}]");
}

static void time_text(char *to, size_t room)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm utc;

	if (gmtime_r(&now, &utc) == NULL || strftime(to, room, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		to[0] = '\0';
}

static enum rc render(
	const struct health_result *results, enum health_status whole, struct bytes *ret_body)
{
	char time[40];

	time_text(time, sizeof(time));
	TRY(bytes_format(ret_body, "{\"status\":\"%s\"", verdicts[whole].word));
	TRY(text_member(ret_body, "version", LARDER_VERSION));
	TRY(text_member(ret_body, "description", "larder"));
	TRY(bytes_format(ret_body, ",\"checks\":{"));
	for (size_t i = 0; i < check_count; i++) {
		if (i > 0)
			TRY(bytes_append_char(ret_body, ','));
		TRY(write_check(ret_body, i, &results[i], time));
	}
	return bytes_format(ret_body, "}}\n");
}

enum rc health_render(struct bytes *ret_body, int *ret_status)
{
	struct health_result *results;
	enum health_status whole;
	enum rc rc;

	pthread_mutex_lock(&lock);
	results = xalloc((check_count + 1) * sizeof(*results));
	whole = run_checks(results);
	rc = render(results, whole, ret_body);
	pthread_mutex_unlock(&lock);
	free(results);
	if (rc == RC_OK)
		*ret_status = verdicts[whole].status;
	return rc;
}

/* ---- live, ready ---- */

static bool stands_against(const struct health_result *result, enum health_question question)
{
	if (question == HEALTH_LIVE)
		return result->stuck;
	return result->unready || result->status == HEALTH_FAIL;
}

/* Under the lock. *ret_bad: whether something stands against it; the first that does is told. */
static enum rc render_brief(enum health_question question, const struct health_result *results,
	struct bytes *ret_body, bool *ret_bad)
{
	size_t i = 0;

	while (i < check_count && !stands_against(&results[i], question))
		i++;
	*ret_bad = i < check_count || (question == HEALTH_READY && atomic_load(&stopping));
	TRY(bytes_format(ret_body, "{\"status\":\"%s\"",
		verdicts[*ret_bad ? HEALTH_FAIL : HEALTH_PASS].word));
	if (i < check_count) {
		TRY(text_member(ret_body, "check", checks[i].name));
		TRY(text_member(ret_body, "output", results[i].output));
	} else if (*ret_bad) {
		TRY(text_member(ret_body, "output", "larder is stopping"));
	}
	return bytes_format(ret_body, "}\n");
}

enum rc health_render_brief(enum health_question question, struct bytes *ret_body, int *ret_status)
{
	struct health_result *results;
	bool bad;
	enum rc rc;

	pthread_mutex_lock(&lock);
	results = xalloc((check_count + 1) * sizeof(*results));
	run_checks(results);
	rc = render_brief(question, results, ret_body, &bad);
	pthread_mutex_unlock(&lock);
	free(results);
	if (rc == RC_OK)
		*ret_status = bad ? 503 : 200;
	return rc;
}
