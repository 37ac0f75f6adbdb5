/* cli/account.c - one stored response in words. Threads and ownership: account.h. */
#include "account.h"

#include "http/date.h"
#include "http/key.h"
#include "http/tags.h"
#include "policy/freshness.h"
#include "proxy/standing.h"
#include "util/readable.h"

#include <inttypes.h>
#include <stdio.h>

#define MOST_LINE ((size_t)1 << 20)

struct slice *account_tags(const struct depot_entry *e, struct arena *arena, size_t *ret_count)
{
	struct slice *tags = NULL;
	bool too_many;

	*ret_count =
		tags_of_stored(&e->object->headers, e->object->own_tags, arena, &tags, &too_many);
	return tags;
}

bool account_held(const struct depot_entry *e, unsigned *ret)
{
	struct key_parts key;
	bool tenant = key_split(e->key, &key) == RC_OK && key.tenant.size > 0;

	*ret = object_held(e->object, tenant);
	return !e->object->holds_any;
}

static const char *why_fresh(const struct freshness *f)
{
	if (f->explicit)
		return "the origin said so";
	return f->heuristic ? "guessed from Last-Modified (RFC 9111 4.2.2)"
			    : "the origin said nothing";
}

static void print_text(const char *name, struct slice text)
{
	struct bytes safe;

	bytes_init(&safe, MOST_LINE);
	readable_append(&safe, text);
	printf("  %-16s %s\n", name, safe.size > 0 ? safe.data : "-");
	bytes_done(&safe);
}

static void print_moment(const char *name, int64_t ms, int64_t now_ms)
{
	char date[DATE_SIZE], text[READABLE_TEXT];
	int64_t ago_ms = now_ms - ms;

	date_format(ms, date);
	printf("  %-16s %s (%s%s%s)\n", name, date, ago_ms < 0 ? "in " : "",
		readable_duration(ago_ms < 0 ? -ago_ms : ago_ms, text), ago_ms < 0 ? "" : " ago");
}

static void print_stale(const struct freshness *f)
{
	char swr[READABLE_TEXT], sie[READABLE_TEXT];

	if (f->revalidate_always)
		puts("  may be stale     never: no-cache, each use is validated");
	else if (f->revalidate_stale)
		puts("  may be stale     never: must-revalidate, proxy-revalidate or s-maxage");
	else
		printf("  may be stale     %s while it is revalidated, %s where the origin fails\n",
			readable_duration(f->stale_while_revalidate_ms, swr),
			readable_duration(f->stale_if_error_ms, sie));
}

static void print_freshness(int64_t now_ms, const struct depot_entry *e)
{
	const struct freshness *f = &e->object->freshness;
	int64_t age_ms = freshness_age_ms(f, now_ms), left_ms = f->lifetime_ms - age_ms;
	char a[READABLE_TEXT], b[READABLE_TEXT], c[READABLE_TEXT];

	printf("  age              %s: it came %s old and has lain here for %s\n",
		readable_duration(age_ms, a), readable_duration(f->initial_age_ms, b),
		readable_duration(age_ms - f->initial_age_ms, c));
	printf("  lifetime         %s: %s\n", readable_duration(f->lifetime_ms, a), why_fresh(f));
	printf("  %-16s %s\n", left_ms > 0 ? "fresh for" : "stale for",
		readable_duration(left_ms > 0 ? left_ms : -left_ms, a));
	print_stale(f);
	if (f->immutable)
		puts("  immutable        a reload doesn't validate it while it is fresh (RFC "
		     "8246)");
	if (f->for_all)
		puts("  for all          it may answer requests with Authorization (RFC 9111 3.5)");
}

static void print_groups(const struct depot_entry *e)
{
	static const char *const words[] = {
		[DEPOT_VALID] = "none was invalidated since",
		[DEPOT_SOFTENED] = "one was invalidated since: stale",
		[DEPOT_OUTDATED] =
			"one was invalidated since, or they are lost: as if it weren't there",
	};

	printf("  groups           %u, epoch %" PRIu64 ": %s\n", e->object->group_count,
		e->object->epoch, words[e->validity]);
	if (e->object->group_count == 0)
		return;
	fputs("  slots           ", stdout);
	for (unsigned i = 0; i < e->object->group_count; i++)
		printf(" %" PRIu32, e->object->groups[i]);
	putchar('\n');
}

static void print_body(const struct depot_entry *e)
{
	char stored[READABLE_TEXT], plain[READABLE_TEXT];

	printf("  body             %" PRIu64 " bytes (%s) %s", e->body_bytes,
		readable_size(e->body_bytes, stored), e->in_file ? "in a file" : "in the database");
	if (e->object->gzipped)
		printf(", compressed here from %" PRIu64 " (%s)", e->object->plain_size,
			readable_size(e->object->plain_size, plain));
	putchar('\n');
	if (!e->in_file)
		return;
	fputs("  sha-256          ", stdout);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		printf("%02x", e->digest[i]);
	putchar('\n');
}

static void print_list(const char *name, const struct headers *fields)
{
	HEADERS_EACH(at, fields) {
		struct bytes line;

		bytes_init(&line, MOST_LINE);
		readable_append(&line, at->name);
		(void)!bytes_append_slice(&line, SLICE(": "));
		readable_append(&line, at->value);
		print_text(at == fields->fields ? name : "", bytes_slice(&line));
		bytes_done(&line);
	}
}

static void print_tags(const struct depot_entry *e)
{
	struct arena arena;
	struct slice *tags;
	size_t count;

	arena_init(&arena);
	tags = account_tags(e, &arena, &count);
	for (size_t i = 0; i < count; i++)
		print_text(i == 0 ? "tags" : "", tags[i]);
	arena_done(&arena);
}

static void print_held(const struct depot_entry *e)
{
	unsigned held;

	if (!account_held(e, &held))
		puts("  holds            anything: what its body holds can't be told");
	else if (held > 0)
		printf("  holds            %u tagged\n", held);
}

void account_print(const struct depot_entry *e, int64_t now_ms)
{
	const struct object *o = e->object;
	struct key_parts key;
	struct bytes target;

	bytes_init(&target, MOST_LINE);
	readable_append(&target, e->target);
	printf("%s\n", target.data);
	bytes_done(&target);
	printf("  %-16s %s\n", "state", standing_word(standing_of(e, now_ms)));
	printf("  %-16s %d\n", "status", o->status);
	print_text("route", e->route);
	if (key_split(e->key, &key) == RC_OK && key.mark.size > 0)
		print_text("key rule", key.mark);
	print_moment("stored", o->freshness.responded_ms, now_ms);
	print_moment("used", e->used_ms, now_ms);
	if (e->expires_ms != INT64_MAX)
		print_moment("of no use", e->expires_ms, now_ms);
	print_freshness(now_ms, e);
	print_groups(e);
	print_body(e);
	if (o->part.is_part)
		printf("  part             from byte %" PRIu64 " of %" PRIu64 "\n", o->part.first,
			o->part.total);
	if (o->source_version.size > 0)
		print_text("source version", o->source_version);
	print_list("variant", &o->variant);
	print_tags(e);
	print_held(e);
	print_list("fields", &o->headers);
}
