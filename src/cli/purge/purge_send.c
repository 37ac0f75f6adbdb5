/* cli/purge/purge_send.c - purges on their way, some at a time: a request of the API is bounded. Threads and ownership:
 * purge.h. */
#include "purge.h"

#include "terminal/progress.h"

#include <stdlib.h>
#include <string.h>

#define AT_ONCE    500
#define MOST_BYTES ((size_t)256 << 10) /* of a request; admin.body_bytes is 1 MiB */

/* From *at on as many as go into one request, as JSON; *at is moved behind them. */
static json_t *take_some(const json_t *items, bool dry_run, size_t *at)
{
	json_t *some = json_array();
	size_t bytes = 0;

	while (*at < json_array_size(items) && json_array_size(some) < AT_ONCE &&
		bytes < MOST_BYTES) {
		json_t *item = json_copy(json_array_get(items, *at));

		if (dry_run)
			json_object_set_new(item, "dry_run", json_true());
		bytes += 100 + json_string_length(json_object_get(item, "value"));
		json_array_append_new(some, item);
		(*at)++;
	}
	return some;
}

/* One result each: a purge, or a plan of one. A problem is one of several. */
static bool is_answer(const json_t *some, const json_t *answer)
{
	if (json_array_size(some) == 1)
		return json_is_boolean(json_object_get(answer, "durable"));
	return json_array_size(json_object_get(answer, "items")) == json_array_size(some);
}

/* A single one is sent as what it is: its problem is then the answer's. */
static int send_some(struct client *client, json_t *some, json_t *results)
{
	bool is_one = json_array_size(some) == 1;
	json_t *answer = NULL;
	int code;

	code = client_post(
		client, "/purges", json_incref(is_one ? json_array_get(some, 0) : some), &answer);
	if (code != EXIT_DONE)
		return code;
	if (!is_answer(some, answer)) {
		json_decref(answer);
		return client_tell_stranger(client);
	}
	if (is_one)
		json_array_append(results, answer);
	else
		json_array_extend(results, json_object_get(answer, "items"));
	json_decref(answer);
	return EXIT_DONE;
}

/* 207: each has a result of its own, which may be a problem. */
static int judge(
	const struct client *client, const struct purge_order *order, const json_t *results)
{
	size_t i, failed = 0;
	json_t *result;

	json_array_foreach(results, i, result)
	{
		const json_t *asked = json_array_get(order->items, i);
		const char *value = json_string_value(json_object_get(asked, "value"));

		if (json_object_get(result, "detail") == NULL)
			continue;
		failed++;
		client_tell_problem(client, value, result);
	}
	if (failed > 0)
		client_tell(client, "%zu of %zu failed", failed, json_array_size(order->items));
	return failed > 0 ? EXIT_FAILED : EXIT_DONE;
}

int purge_send(
	struct client *client, const struct purge_order *order, bool dry_run, json_t *results)
{
	size_t count = json_array_size(order->items);
	struct progress progress = { 0 };
	int code = EXIT_DONE;

	for (size_t at = 0; at < count && code == EXIT_DONE;) {
		json_t *some;

		if (count > AT_ONCE)
			progress_show(&progress, dry_run ? "counting" : "purging", at, count);
		some = take_some(order->items, dry_run, &at);
		code = send_some(client, some, results);
		json_decref(some);
	}
	progress_clear(&progress);
	if (code != EXIT_DONE && json_array_size(results) > 0)
		client_tell(client, "%zu of %zu were sent before", json_array_size(results), count);
	return code == EXIT_DONE ? judge(client, order, results) : code;
}

int64_t purge_sum(const json_t *results)
{
	int64_t sum = 0;
	size_t i;
	json_t *result;

	json_array_foreach(results, i, result)
	{
		const json_t *entries = json_object_get(result, "entries");

		sum += json_integer_value(json_object_get(entries, "memory")) +
		       json_integer_value(json_object_get(entries, "disk"));
	}
	return sum;
}
