/* upstream/checks.c - a GET of each origin, its status, and perhaps one value of its JSON body.
 *
 *	timer -> ask() -> on_head, on_body -> on_done: verdict -> balancer; timer again
 */
#include "checks.h"

#include "asking.h"

#include "http/json_pointer.h"
#include "observe/metrics.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/hash.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_BODY ((size_t)1024 * 1024)

struct check {
	struct upstream *upstream;
	struct checks *checks;
	size_t index; /* of the origin */
	struct origin origin;
	struct loop_timer timer;
	int64_t asked_ms;
	int status;
	size_t received;
	struct bytes body; /* only where a pointer is looked for */
	bool down;         /* told so */
	bool under_way;
};

struct checks {
	bool over;
	size_t count;
	struct check items[];
};

static void ask_it(void *arg, int64_t now_ms);

/* The sooner of two deadlines of which 0 is none; the second isn't. */
static int64_t sooner(int64_t deadline_ms, int64_t limit_ms)
{
	return deadline_ms > 0 && deadline_ms < limit_ms ? deadline_ms : limit_ms;
}

static void check_init(struct check *check, struct upstream *upstream, size_t index)
{
	int64_t timeout_ms = upstream->config->check.timeout_ms;
	struct origin *origin = &check->origin;

	check->upstream = upstream;
	check->index = index;
	*origin = upstream->origins[index];
	origin->connect_ms = sooner(origin->connect_ms, timeout_ms);
	origin->first_byte_ms = timeout_ms;
	origin->idle_ms = timeout_ms;
	origin->total_ms = timeout_ms;
	bytes_init(&check->body, MOST_BODY);
	check->timer = (struct loop_timer){ .fire = ask_it, .arg = check };
	loop_timer_add(upstream->loop, &check->timer);
	loop_timer_set(upstream->loop, &check->timer, clock_monotonic_ms());
}

struct checks *checks_new(struct upstream *upstream)
{
	struct checks *checks;

	if (upstream->config->check.path[0] == '\0' || upstream->config->offline)
		return NULL;
	checks = xalloc(sizeof(*checks) + upstream->origin_count * sizeof(checks->items[0]));
	checks->count = upstream->origin_count;
	for (size_t i = 0; i < checks->count; i++)
		checks->items[i].checks = checks;
	/* from here on the loop may be at it */
	for (size_t i = 0; i < checks->count; i++)
		check_init(&checks->items[i], upstream, i);
	return checks;
}

void checks_free(struct checks *checks)
{
	for (size_t i = 0; checks != NULL && i < checks->count; i++) {
		loop_timer_remove(checks->items[i].upstream->loop, &checks->items[i].timer);
		bytes_done(&checks->items[i].body);
	}
	free(checks);
}

bool checks_end(struct checks *checks)
{
	bool idle = true;

	for (size_t i = 0; checks != NULL && i < checks->count; i++)
		idle = idle && !checks->items[i].under_way;
	if (checks != NULL)
		checks->over = true;
	return idle;
}

/* ---- the answer ---- */

static enum transfer_flow on_head(void *arg, const struct transfer_head *head)
{
	struct check *check = arg;

	check->status = head->status;
	metrics_add(METRIC_UPSTREAM_REQUESTS,
		LABELS(check->upstream->config->label, LABEL_PURPOSE_CHECK,
			metrics_code(head->status)),
		1);
	return TRANSFER_GO_ON;
}

static enum transfer_flow on_body(void *arg, const char *data, size_t size)
{
	struct check *check = arg;

	check->received += size;
	if (check->received > MOST_BODY)
		return TRANSFER_ABORT;
	if (check->upstream->config->check.pointer[0] != '\0' &&
		bytes_append(&check->body, data, size) != RC_OK)
		return TRANSFER_ABORT;
	return TRANSFER_GO_ON;
}

/* Objects and arrays are there, too; null isn't. */
static bool has_value(const struct check *check)
{
	struct slice pointer = slice_of(check->upstream->config->check.pointer);
	struct bytes value;
	enum rc rc;

	if (pointer.size == 0)
		return true;
	bytes_init(&value, MOST_BODY);
	rc = json_pointer_text(bytes_slice(&check->body), pointer, &value);
	bytes_done(&value);
	return rc == RC_OK || rc == RC_UNSUPPORTED;
}

/* What is wrong with it, in why; "": nothing. */
static void judge(const struct check *check, enum rc rc, char *why, size_t size)
{
	const struct config_upstream *config = check->upstream->config;

	why[0] = '\0';
	if (check->received > MOST_BODY)
		rc = config->check.pointer[0] != '\0' ? RC_TOO_LARGE : RC_OK;
	if (rc != RC_OK)
		snprintf(why, size, "%s", rc_text(rc));
	else if (check->status != config->check.status)
		snprintf(why, size, "status %d", check->status);
	else if (!has_value(check))
		snprintf(why, size, "no %s in its body", config->check.pointer);
}

static void tell(struct check *check, const char *why)
{
	struct upstream *upstream = check->upstream;
	bool down = why[0] != '\0';

	pthread_mutex_lock(&upstream->lock);
	balancer_checked(upstream->balancer, check->index, !down);
	pthread_mutex_unlock(&upstream->lock);
	if (down != check->down && upstream->watch != NULL)
		upstream->watch->origin(upstream->watch->arg, upstream->config->name,
			&(struct origin_news){ check->origin.base_url, why });
	check->down = down;
}

/* A little sooner than the interval, by chance: so that not all come at once for ever. */
static int64_t pause_of(const struct check *check)
{
	int64_t interval_ms = check->upstream->config->check.interval_ms;

	return interval_ms - (int64_t)(random_u64() % (uint64_t)(interval_ms / 10 + 1));
}

static void conclude(struct check *check, enum rc rc)
{
	struct upstream *upstream = check->upstream;
	char why[128];

	check->under_way = false;
	if (rc == RC_STOPPED || check->checks->over)
		return;
	if (rc != RC_OK && rc != RC_CANCELLED)
		metrics_add(METRIC_UPSTREAM_ERRORS,
			LABELS(upstream->config->label, metrics_upstream_error(rc)), 1);
	judge(check, rc, why, sizeof(why));
	tell(check, why);
	loop_timer_set(upstream->loop, &check->timer, check->asked_ms + pause_of(check));
}

static void on_done(void *arg, enum rc rc, const char *detail)
{
	(void)detail;
	conclude(arg, rc);
}

static const struct transfer_ops ops = {
	.head = on_head,
	.body = on_body,
	.done = on_done,
};

static void ask_it(void *arg, int64_t now_ms)
{
	struct check *check = arg;
	struct transfer *transfer;
	struct arena arena;
	struct headers fields;
	enum rc rc;

	if (check->checks->over)
		return;
	check->under_way = true;
	check->asked_ms = now_ms;
	check->status = 0;
	check->received = 0;
	bytes_clear(&check->body);
	arena_init(&arena);
	headers_init(&fields, &arena);
	headers_add(&fields, SLICE("Accept"), SLICE("application/json, */*;q=0.1"));
	headers_add(&fields, SLICE("Cache-Control"), SLICE("no-cache")); /* not another's cache */
	headers_add(&fields, SLICE("User-Agent"), SLICE("larder/" LARDER_VERSION " (check)"));
	rc = upstream_fetch(check->upstream->loop,
		&(struct fetch){ .origin = &check->origin,
			.method = SLICE("GET"),
			.target = slice_of(check->upstream->config->check.path),
			.headers = &fields,
			.ops = &ops,
			.arg = check },
		&transfer);
	arena_done(&arena);
	if (rc != RC_OK)
		conclude(check, rc);
}
