/* control/calls/api_upstreams.c - the upstreams: how they are, and what an operator makes of their breakers. */
#include "seeing.h"

#include "observe/log.h"
#include "proxy/overview.h"

static json_t *origins_of(struct upstream *upstream)
{
	json_t *list = json_array();

	for (size_t i = 0; i < upstream_origin_count(upstream); i++) {
		struct origin_seen origin;

		upstream_look_origin(upstream, i, &origin);
		json_array_append_new(list, json_pack("{s:o, s:b, s:b, s:I}", "url",
						    json_of_slice(slice_of(origin.url)), "up",
						    origin.up, "check_failed", origin.down,
						    "in_flight", (json_int_t)origin.under_way));
	}
	return list;
}

static json_t *waiting_of(const struct upstream_state *state)
{
	return json_pack("{s:I, s:I, s:I}", "client", (json_int_t)state->waiting[ASK_MISS],
		"revalidation", (json_int_t)state->waiting[ASK_REVALIDATION], "prefetch",
		(json_int_t)state->waiting[ASK_PREFETCH]);
}

static json_t *rate_of(const struct upstream_state *state)
{
	if (state->rate_count == 0)
		return json_null();
	return json_pack("{s:I, s:I}", "count", (json_int_t)state->rate_count, "period_ms",
		(json_int_t)state->rate_period_ms);
}

static json_t *item_of(const struct call *call, size_t index)
{
	static const char *const words[] = {
		[BREAKER_CLOSED] = "closed",
		[BREAKER_OPEN] = "open",
		[BREAKER_HALF_OPEN] = "half-open",
	};
	const struct config_upstream *config = &call->config->upstreams[index];
	struct upstream *upstream = overview_upstream(call->proxy, index);
	struct upstream_state state;
	json_t *item;

	upstream_look(upstream, &state);
	item = json_pack("{s:s, s:s, s:b, s:s, s:b, s:o}", "name", config->name, "url", config->url,
		"offline", state.offline, "breaker", words[state.breaker], "held", state.held,
		"breaker_left_ms", seeing_number(state.breaker_left_ms, !state.held));
	json_object_set_new(item, "answered_well", json_integer(state.well));
	json_object_set_new(item, "failed", json_integer(state.failed));
	json_object_set_new(item, "origins", origins_of(upstream));
	json_object_set_new(item, "waiting", waiting_of(&state));
	json_object_set_new(item, "in_flight", json_integer(state.under_way));
	json_object_set_new(
		item, "concurrency", seeing_number(state.concurrency, state.concurrency > 0));
	json_object_set_new(item, "tokens", seeing_number(state.tokens, state.tokens >= 0));
	json_object_set_new(item, "rate", rate_of(&state));
	json_object_set_new(item, "shut_ms", json_integer(state.shut_ms));
	json_object_set_new(item, "learned", json_boolean(state.learned));
	return item;
}

void upstreams_get(struct call *call)
{
	json_t *items;

	if (!seeing_all(call))
		return;
	items = json_array();
	for (size_t i = 0; i < call->config->upstream_count; i++)
		json_array_append_new(items, item_of(call, i));
	call_give(call, 200, json_pack("{s:o}", "items", items));
}

static bool find(struct call *call, size_t *ret)
{
	for (size_t i = 0; i < call->config->upstream_count; i++) {
		if (slice_equal(slice_of(call->config->upstreams[i].name), call->parameter)) {
			*ret = i;
			return true;
		}
	}
	call_refuse(call, 404, "there is no upstream \"" SLICE_FORMAT "\"",
		SLICE_ARGS(call->parameter));
	return false;
}

/* Twice is as once. The upstream itself tells nobody of an order: it is told here. */
static void order(struct call *call, enum upstream_order order)
{
	static const struct {
		enum log_level level;
		const char *event;
		const char *words;
	} told[] = {
		[UPSTREAM_OPEN] = { LOG_LEVEL_WARN, "breaker-held",
			"opened by an operator: not asked until it is closed or reset" },
		[UPSTREAM_CLOSE] = { LOG_LEVEL_INFO, "breaker-closed",
			"closed by an operator: it is asked" },
		[UPSTREAM_RESET] = { LOG_LEVEL_INFO, "upstream-reset",
			"reset by an operator: it is asked, and what was learnt of it is "
			"forgotten" },
	};
	size_t index;

	if (!seeing_all(call) || !find(call, &index))
		return;
	upstream_order(overview_upstream(call->proxy, index), order);
	log_event(told[order].level, told[order].event, "%s: %s, %s",
		call->config->upstreams[index].name, told[order].words, call->caller.name);
	call_tell(call, "upstream", json_string(call->config->upstreams[index].name));
	call_give(call, 200, item_of(call, index));
}

void upstream_open_post(struct call *call)
{
	order(call, UPSTREAM_OPEN);
}

void upstream_close_post(struct call *call)
{
	order(call, UPSTREAM_CLOSE);
}

void upstream_reset_post(struct call *call)
{
	order(call, UPSTREAM_RESET);
}
