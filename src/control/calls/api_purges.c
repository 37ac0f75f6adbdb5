/* control/calls/api_purges.c - what is purged by hand, and the list of what invalidated something.
 *
 * Several are read all before the first begins; one that makes no sense keeps no other from being done. Those that are
 * to be done now are begun together and waited for together.
 */
#include "purge_order.h"
#include "plans/schedule.h"

#include "proxy/triggers.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_ORDERS 10000
#define MOST_TOLD   256

/* One of those that a call asks for. */
struct ordered {
	json_t *json; /* borrowed; NULL: it is none */
	struct order order;
	struct order_fault fault; /* status 0: none */
	struct purge_result result;
	json_t *planned; /* where it was put into the schedule */
};

struct batch {
	struct call *call;
	json_t *source; /* what they are borrowed from */
	struct ordered *items;
	size_t count;
	bool is_list;
	bool is_lines;
	int64_t took_ms;
};

static json_t *mode_word(enum groups_mode mode)
{
	return json_string(mode == GROUPS_HARD ? "hard" : "soft");
}

static json_t *id_of(uint64_t id)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, id);
	return json_string(text);
}

/* ---- reading ---- */

static bool is_type(const struct call *call, struct slice wanted)
{
	struct slice type = headers_get(&call->request->head.headers, FIELD_CONTENT_TYPE);

	return slice_equal_nocase(slice_trim(slice_cut(&type, ';')), wanted);
}

static bool too_many(struct batch *batch, size_t count)
{
	if (count <= MOST_ORDERS && count > 0)
		return false;
	call_refuse(batch->call, count == 0 ? 400 : 413, "found %zu purges; expected from 1 to %d",
		count, MOST_ORDERS);
	return true;
}

static bool read_json(struct batch *batch)
{
	struct slice text = batch->call->request->body;
	json_error_t error;

	batch->source = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &error);
	if (batch->source == NULL) {
		call_refuse(batch->call, 400, "line %d, column %d: %s; JSON is expected",
			error.line, error.column, error.text);
		return false;
	}
	batch->is_list = json_is_array(batch->source);
	batch->count = batch->is_list ? json_array_size(batch->source) : 1;
	if (too_many(batch, batch->count))
		return false;
	batch->items = xalloc(batch->count * sizeof(*batch->items));
	for (size_t i = 0; i < batch->count; i++)
		batch->items[i].json =
			batch->is_list ? json_array_get(batch->source, i) : batch->source;
	return true;
}

static size_t count_lines(struct slice text)
{
	size_t count = 0;

	while (text.data != NULL)
		count += slice_trim(slice_cut(&text, '\n')).size > 0;
	return count;
}

static void read_line(struct batch *batch, struct slice line, struct ordered *ret)
{
	struct arena *arena = batch->call->request->arena;
	json_error_t error;

	ret->json = json_loadb(line.data, line.size, JSON_REJECT_DUPLICATES, &error);
	if (ret->json != NULL) {
		json_array_append_new(batch->source, ret->json);
		return;
	}
	ret->fault = (struct order_fault){ 400,
		arena_format(arena, "column %d: %s; JSON is expected", error.column, error.text) };
}

static bool read_lines(struct batch *batch)
{
	struct slice rest = batch->call->request->body;
	size_t at = 0;

	batch->is_list = batch->is_lines = true;
	batch->source = json_array();
	batch->count = count_lines(rest);
	if (too_many(batch, batch->count))
		return false;
	batch->items = xalloc(batch->count * sizeof(*batch->items));
	while (rest.data != NULL) {
		struct slice line = slice_trim(slice_cut(&rest, '\n'));

		if (line.size > 0)
			read_line(batch, line, &batch->items[at++]);
	}
	return true;
}

static bool read_batch(struct batch *batch)
{
	const struct call *call = batch->call;

	if (is_type(call, SLICE("application/jsonl")) ||
		is_type(call, SLICE("application/x-ndjson")))
		return read_lines(batch);
	if (is_type(call, SLICE("application/json")) ||
		!headers_has(&call->request->head.headers, FIELD_CONTENT_TYPE))
		return read_json(batch);
	call_refuse(batch->call, 415, "application/json or application/jsonl is expected");
	return false;
}

static void read_orders(struct batch *batch)
{
	struct call *call = batch->call;
	const struct order_terms terms = { call->proxy, call->request->arena,
		slice_of(call->caller.tenant), call->now_ms, .is_due = false };

	for (size_t i = 0; i < batch->count; i++) {
		struct ordered *item = &batch->items[i];

		if (item->json == NULL ||
			!order_read(&terms, item->json, &item->order, &item->fault))
			continue;
		item->order.purge.source = LABEL_SOURCE_PURGE;
		item->order.purge.who = slice_of(call->caller.name);
	}
}

/* ---- doing ---- */

static void plan(struct batch *batch, struct ordered *item)
{
	struct call *call = batch->call;
	const struct planning planning = {
		.json = item->json,
		.who = call->caller.name,
		.tenant = call->caller.tenant,
		.tenants = call->config->tenant_count,
		.at_ms = item->order.at_ms,
		.every_ms = item->order.every_ms,
	};
	enum rc rc = schedule_add(call->control->schedule, &planning, &item->planned);

	if (rc == RC_FULL || rc == RC_TOO_LARGE)
		item->fault = (struct order_fault){ 422,
			rc == RC_FULL ? SLICE("as many purges are planned as may be: remove one of "
					      "yours first")
				      : SLICE("a planned purge is longer than 4 KiB") };
	else if (rc != RC_OK)
		item->fault = (struct order_fault){ 503,
			SLICE("the schedule can't be kept now: it was not planned") };
}

/* All that are to be done now, begun and waited for together. */
static void purge_all(struct batch *batch)
{
	struct purge *purges = xalloc(batch->count * sizeof(*purges));
	struct purge_result *results = xalloc(batch->count * sizeof(*results));
	size_t count = 0, at = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct ordered *item = &batch->items[i];

		if (item->fault.status == 0 && !item->order.is_planned)
			purges[count++] = item->order.purge;
	}
	purge_wait_all(batch->call->proxy, purges, count, results);
	for (size_t i = 0; i < batch->count; i++) {
		struct ordered *item = &batch->items[i];

		if (item->fault.status != 0 || item->order.is_planned)
			continue;
		item->result = results[at++];
		if (item->result.rc != RC_OK)
			item->fault = order_failed(item->result.rc);
	}
	free(purges);
	free(results);
}

static void do_batch(struct batch *batch)
{
	int64_t began_ms = clock_monotonic_ms();

	for (size_t i = 0; i < batch->count; i++) {
		struct ordered *item = &batch->items[i];

		if (item->fault.status == 0 && item->order.is_planned)
			plan(batch, item);
	}
	purge_all(batch);
	batch->took_ms = clock_monotonic_ms() - began_ms;
}

/* ---- answering ---- */

static json_t *done_of(const struct batch *batch, const struct ordered *item)
{
	const struct purge *purge = &item->order.purge;

	if (item->planned != NULL)
		return json_incref(item->planned);
	return json_pack("{s:o, s:o, s:o, s:b, s:{s:I, s:I}, s:b, s:I}", "id",
		id_of(item->result.id), "scope", order_word(purge_scope_word(purge->scope)), "mode",
		mode_word(purge->mode), "dry_run", purge->dry_run, "entries", "memory",
		(json_int_t)item->result.memory, "disk", (json_int_t)item->result.disk, "durable",
		!purge->dry_run, "took_ms", (json_int_t)batch->took_ms);
}

static json_t *answer_of(const struct batch *batch, size_t index)
{
	const struct ordered *item = &batch->items[index];
	struct slice detail;

	if (item->fault.status == 0)
		return done_of(batch, item);
	detail = arena_format(batch->call->request->arena, "%s %zu: " SLICE_FORMAT,
		batch->is_lines ? "purge" : "item", index + 1, SLICE_ARGS(item->fault.detail));
	return json_of_problem(item->fault.status, detail);
}

static void tell(struct batch *batch)
{
	const struct ordered *first = &batch->items[0];
	struct slice about = first->order.purge.about;
	uint64_t entries = 0;
	size_t failed = 0;

	for (size_t i = 0; i < batch->count; i++) {
		entries += batch->items[i].result.memory + batch->items[i].result.disk;
		failed += batch->items[i].fault.status != 0;
	}
	if (batch->is_list) {
		call_tell(batch->call, "purges", json_integer((json_int_t)batch->count));
		call_tell(batch->call, "failed", json_integer((json_int_t)failed));
	} else if (first->fault.status == 0) {
		about.size = about.size < MOST_TOLD ? about.size : MOST_TOLD;
		call_tell(batch->call, "scope",
			order_word(purge_scope_word(first->order.purge.scope)));
		call_tell(batch->call, "value", json_of_slice(about));
		call_tell(batch->call, "mode", mode_word(first->order.purge.mode));
		call_tell(batch->call, "dry_run", json_boolean(first->order.purge.dry_run));
		if (first->planned != NULL)
			call_tell(batch->call, "planned", json_true());
	}
	call_tell(batch->call, "entries", json_integer((json_int_t)entries));
}

static void answer_one(struct batch *batch)
{
	const struct ordered *item = &batch->items[0];

	if (item->fault.status != 0)
		call_refuse(batch->call, item->fault.status, SLICE_FORMAT,
			SLICE_ARGS(item->fault.detail));
	else
		call_give(batch->call, item->planned != NULL ? 202 : 200, done_of(batch, item));
}

static void answer_all(struct batch *batch)
{
	json_t *items = json_array();
	int status = 200;

	for (size_t i = 0; i < batch->count; i++) {
		json_array_append_new(items, answer_of(batch, i));
		if (batch->items[i].fault.status != 0)
			status = 207;
	}
	call_give(batch->call, status, json_pack("{s:o}", "items", items));
}

static void batch_done(struct batch *batch)
{
	for (size_t i = 0; batch->items != NULL && i < batch->count; i++)
		json_decref(batch->items[i].planned);
	free(batch->items);
	json_decref(batch->source);
}

void purges_post(struct call *call)
{
	struct batch batch = { .call = call };

	if (read_batch(&batch)) {
		read_orders(&batch);
		do_batch(&batch);
		if (batch.is_list || batch.items[0].fault.status == 0)
			tell(&batch);
		if (batch.is_list)
			answer_all(&batch);
		else
			answer_one(&batch);
	}
	batch_done(&batch);
}

/* ---- what was done ---- */

static const char *trigger_word(enum label_source source)
{
	static const char *const words[LABEL_SOURCE_COUNT] = {
		[LABEL_SOURCE_REQUEST] = "unsafe_method",
		[LABEL_SOURCE_PURGE] = "manual",
		[LABEL_SOURCE_VERSION] = "source_version",
		[LABEL_SOURCE_EVENT] = "event",
		[LABEL_SOURCE_SCHEDULE] = "schedule",
		[LABEL_SOURCE_NAMESPACE] = "namespace",
	};

	return words[source];
}

static void show_trigger(void *arg, const struct trigger *trigger)
{
	json_t *json = json_pack("{s:o, s:o, s:s, s:o, s:o, s:s, s:o, s:I}", "id",
		id_of(trigger->id), "at", json_of_moment(trigger->at_ms), "trigger",
		trigger_word(trigger->source), "scope",
		order_word(purge_scope_word((enum purge_scope)trigger->scope)), "value",
		json_of_slice(trigger->about), "mode",
		trigger->mode == LABEL_MODE_HARD ? "hard" : "soft", "who",
		json_of_slice(trigger->who), "entries", (json_int_t)trigger->entries);

	if (trigger->tenant.size > 0)
		json_object_set_new(json, "tenant", json_of_slice(trigger->tenant));
	json_array_append_new(arg, json);
}

void purges_get(struct call *call)
{
	json_t *items = json_array();

	triggers_visit(
		call->proxy, slice_of(call->caller.tenant), TRIGGERS_MOST, show_trigger, items);
	call_give(call, 200, json_pack("{s:o}", "items", items));
}

void planned_get(struct call *call)
{
	json_t *items = NULL;

	if (schedule_list(call->control->schedule, call->caller.tenant, &items) != RC_OK)
		call_refuse(call, 503, "the schedule can't be read now");
	else
		call_give(call, 200, json_pack("{s:o}", "items", items));
}

void planned_delete(struct call *call)
{
	enum rc rc = schedule_remove(call->control->schedule, call->parameter, call->caller.tenant);

	call_tell(call, "id", json_of_slice(call->parameter));
	if (rc == RC_OK)
		call_give(call, 200, json_pack("{s:o}", "id", json_of_slice(call->parameter)));
	else if (rc == RC_ABSENT)
		call_refuse(call, 404, "no purge is planned by this id");
	else
		call_refuse(call, 503, "the schedule can't be kept now: the purge stays planned");
}
