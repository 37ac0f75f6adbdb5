/* cli/account_json.c - one stored response as a JSON object. Threads and ownership: account.h. */
#include "account.h"

#include "observe/jsonline.h"
#include "policy/freshness.h"
#include "proxy/standing.h"

static void json_fields(struct jsonline *line, const char *name, const struct headers *fields)
{
	jsonline_open(line, name, '[');
	HEADERS_EACH(at, fields) {
		jsonline_open(line, NULL, '[');
		jsonline_text(line, NULL, at->name);
		jsonline_text(line, NULL, at->value);
		jsonline_close(line, ']');
	}
	jsonline_close(line, ']');
}

static void json_freshness(struct jsonline *line, int64_t now_ms, const struct freshness *f)
{
	jsonline_number(line, "requested_ms", f->requested_ms);
	jsonline_number(line, "stored_ms", f->responded_ms);
	jsonline_number(line, "date_ms", f->date_ms);
	jsonline_number(line, "initial_age_ms", f->initial_age_ms);
	jsonline_number(line, "age_ms", freshness_age_ms(f, now_ms));
	jsonline_number(line, "lifetime_ms", f->lifetime_ms);
	jsonline_number(line, "ttl_ms", freshness_left_ms(f, now_ms));
	jsonline_number(line, "stale_while_revalidate_ms", f->stale_while_revalidate_ms);
	jsonline_number(line, "stale_if_error_ms", f->stale_if_error_ms);
	jsonline_truth(line, "explicit", f->explicit);
	jsonline_truth(line, "heuristic", f->heuristic);
	jsonline_truth(line, "revalidate_always", f->revalidate_always);
	jsonline_truth(line, "revalidate_stale", f->revalidate_stale);
	jsonline_truth(line, "immutable", f->immutable);
	jsonline_truth(line, "for_all", f->for_all);
}

static void json_groups(struct jsonline *line, const struct depot_entry *e)
{
	static const char *const words[] = {
		[DEPOT_VALID] = "valid",
		[DEPOT_SOFTENED] = "softened",
		[DEPOT_OUTDATED] = "outdated",
	};

	jsonline_text(line, "groups", slice_of(words[e->validity]));
	jsonline_number(line, "epoch", (int64_t)e->object->epoch);
	jsonline_open(line, "slots", '[');
	for (unsigned i = 0; i < e->object->group_count; i++)
		jsonline_number(line, NULL, e->object->groups[i]);
	jsonline_close(line, ']');
}

static void json_tags(struct jsonline *line, const struct depot_entry *e)
{
	struct arena arena;
	struct slice *tags;
	size_t count;

	arena_init(&arena);
	tags = account_tags(e, &arena, &count);
	jsonline_open(line, "tags", '[');
	for (size_t i = 0; i < count; i++)
		jsonline_text(line, NULL, tags[i]);
	jsonline_close(line, ']');
	arena_done(&arena);
}

static void json_held(struct jsonline *line, const struct depot_entry *e)
{
	unsigned held;

	if (account_held(e, &held))
		jsonline_number(line, "held", held);
	else
		jsonline_text(line, "held", SLICE("any"));
}

static void json_body(struct jsonline *line, const struct depot_entry *e)
{
	jsonline_number(line, "size", (int64_t)e->body_bytes);
	jsonline_text(line, "body", e->in_file ? SLICE("file") : SLICE("inline"));
	jsonline_truth(line, "gzipped", e->object->gzipped);
	if (e->object->gzipped)
		jsonline_number(line, "plain_size", (int64_t)e->object->plain_size);
	if (e->in_file)
		jsonline_hex(
			line, "sha256", (struct slice){ (const char *)e->digest, DIGEST_SIZE });
}

void account_print_json(const struct depot_entry *e, int64_t now_ms)
{
	struct jsonline line;

	jsonline_begin(&line);
	jsonline_hex(&line, "key", e->key.bytes);
	jsonline_number(&line, "id", e->id);
	jsonline_text(&line, "route", e->route);
	jsonline_text(&line, "target", e->target);
	jsonline_number(&line, "namespace_version", (int64_t)e->namespace_version);
	jsonline_number(&line, "status", e->object->status);
	jsonline_text(&line, "state", slice_of(standing_word(standing_of(e, now_ms))));
	jsonline_number(&line, "used_ms", e->used_ms);
	jsonline_number(&line, "expires_ms", e->expires_ms);
	json_freshness(&line, now_ms, &e->object->freshness);
	json_groups(&line, e);
	json_body(&line, e);
	jsonline_text(&line, "source_version", e->object->source_version);
	json_fields(&line, "variant", &e->object->variant);
	json_tags(&line, e);
	json_held(&line, e);
	json_fields(&line, "fields", &e->object->headers);
	jsonline_print(&line, stdout);
}
