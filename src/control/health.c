/* health.c - the health document.
 *
 * The table of checks is filled, and read, under one lock: checks don't block. What is wrong is
 * text that a component made, perhaps from what a peer sent: it is escaped like any other.
 */
#include "control/health.h"

#include "observe/json.h"
#include "util/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum { CHECKS_MOST = 16 };

static const struct {
	const char *word;
	int status;
} verdicts[] = {
	[HEALTH_PASS] = { "pass", 200 },
	[HEALTH_WARN] = { "warn", 200 },
	[HEALTH_FAIL] = { "fail", 503 },
};

static struct health_check checks[CHECKS_MOST];
static size_t check_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void health_change(void)
{
	pthread_mutex_lock(&lock);
	check_count = 0;
}

void health_changed(void)
{
	pthread_mutex_unlock(&lock);
}

void health_register(const struct health_check *check)
{
	assert(check_count < CHECKS_MOST);
	for (size_t i = 0; i < check_count; i++)
		assert(strcmp(checks[i].name, check->name) != 0);
	checks[check_count++] = *check;
}

/* All checks run before the first byte is written: the whole's status stands first. */
static enum health_status run_checks(struct health_result results[static CHECKS_MOST])
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

static enum rc render(struct bytes *ret_body, int *ret_status)
{
	struct health_result results[CHECKS_MOST];
	enum health_status whole = run_checks(results);
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
	TRY(bytes_format(ret_body, "}}\n"));
	*ret_status = verdicts[whole].status;
	return RC_OK;
}

enum rc health_render(struct bytes *ret_body, int *ret_status)
{
	enum rc rc;

	pthread_mutex_lock(&lock);
	rc = render(ret_body, ret_status);
	pthread_mutex_unlock(&lock);
	return rc;
}
