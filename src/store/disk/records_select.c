/* store/disk/records_select.c - rows by what a selection is about, by age and by use.
 *
 * What a statement is bound to is written as letters, one for each parameter in their order:
 *
 *	a after	m most	r route	t text	e the first text after all that begin with it	b before
 *	f first id of the key's range	l its last	u as many as matter
 *
 * Targets by prefix come from the index (route, target), but in its order and not in that of ids: each
 * piece of a walk has to look at all of them. Where these are many times a piece, the narrow rows are
 * walked in the order of ids instead, once for all pieces.
 *
 * Threads and ownership: records.h.
 */
#include "records.h"

#include "util/alloc.h"

#include <stdlib.h>

#define MOST_SORTED 1024

#define PIECES 16 /* of a prefix, from the index; above: by ids */

struct plan {
	enum statement statement;
	const char *binds;
};

/* What letters stand for. */
struct terms {
	const struct disk_selection *selection;
	struct record_piece piece;
	struct slice end;
	uint64_t matter;
};

enum way { WAY_PLAIN, WAY_OTHER }; /* other: prefixes by ids; ages of one route */

static const struct plan counts[][2] = {
	[DISK_ALL] = { { STATEMENT_TOTALS, "" } },
	[DISK_ROUTE] = { { STATEMENT_COUNT_ROUTE, "r" } },
	[DISK_KEY] = { { STATEMENT_COUNT_KEY, "flt" } },
	[DISK_TARGET] = { { STATEMENT_COUNT_TARGET, "rt" } },
	[DISK_PREFIX] = { { STATEMENT_COUNT_PREFIX, "rteu" },
		{ STATEMENT_COUNT_PREFIX_SCAN, "rt" } },
	[DISK_TARGETS] = { { STATEMENT_COUNT_TARGETS, "teu" },
		{ STATEMENT_COUNT_TARGETS_SCAN, "t" } },
	[DISK_TAG] = { { STATEMENT_COUNT_TAG, "t" } },
	[DISK_OLDER_THAN] = { { STATEMENT_COUNT_OLDER, "b" },
		{ STATEMENT_COUNT_OLDER_ROUTE, "br" } },
	[DISK_NEGATIVE] = { { STATEMENT_COUNT_NEGATIVE, "" } },
};

static const struct plan selects[][2] = {
	[DISK_ALL] = { { STATEMENT_SELECT_ALL, "am" } },
	[DISK_ROUTE] = { { STATEMENT_SELECT_ROUTE, "amr" } },
	[DISK_KEY] = { { STATEMENT_SELECT_KEY, "amflt" } },
	[DISK_TARGET] = { { STATEMENT_SELECT_TARGET, "amrt" } },
	[DISK_PREFIX] = { { STATEMENT_SELECT_PREFIX, "amrte" },
		{ STATEMENT_SELECT_PREFIX_SCAN, "amrt" } },
	[DISK_TARGETS] = { { STATEMENT_SELECT_BEGINS, "amte" },
		{ STATEMENT_SELECT_BEGINS_SCAN, "amt" } },
	[DISK_TAG] = { { STATEMENT_SELECT_TAG, "amt" } },
	[DISK_OLDER_THAN] = { { STATEMENT_SELECT_OLDER, "amb" },
		{ STATEMENT_SELECT_OLDER_ROUTE, "ambr" } },
	[DISK_NEGATIVE] = { { STATEMENT_SELECT_NEGATIVE, "am" } },
};

/* A hash that isn't known leaves the range at all ids. */
static int64_t first_id(const struct disk_selection *selection)
{
	return selection->key_hash != 0 ? record_id(selection->key_hash) : 0;
}

static int64_t last_id(const struct disk_selection *selection)
{
	return selection->key_hash != 0 ? record_id(selection->key_hash) + RECORD_VARIANTS - 1
					: INT64_MAX;
}

static int64_t number(uint64_t n)
{
	return n < INT64_MAX ? (int64_t)n : INT64_MAX;
}

static enum rc bind_term(struct query *query, int at, char letter, const struct terms *terms)
{
	const struct disk_selection *selection = terms->selection;

	switch (letter) {
	case 'a':
		return query_bind_number(query, at, terms->piece.after);
	case 'm':
		return query_bind_number(query, at, number(terms->piece.most));
	case 'r':
		return query_bind_blob(query, at, selection->route);
	case 't':
		return query_bind_blob(query, at, selection->text);
	case 'e':
		return query_bind_blob(query, at, terms->end);
	case 'b':
		return query_bind_number(query, at, selection->before_ms);
	case 'f':
		return query_bind_number(query, at, first_id(selection));
	case 'l':
		return query_bind_number(query, at, last_id(selection));
	default:
		return query_bind_number(query, at, number(terms->matter));
	}
}

static enum rc bind(struct query *query, const char *letters, const struct terms *terms)
{
	for (int i = 0; letters[i] != '\0'; i++)
		TRY(bind_term(query, i + 1, letters[i], terms));
	return RC_OK;
}

/* The prefix up to its last byte that can be raised, with that raised: *ret has no bytes where there is
 * none, and then nothing but what begins with the prefix comes after it. The memory is the caller's. */
static char *end_of(struct slice prefix, struct slice *ret)
{
	char *end;
	size_t size = prefix.size;

	while (size > 0 && (unsigned char)prefix.data[size - 1] == 0xff)
		size--;
	end = xcopy(prefix.data, size);
	if (size > 0)
		end[size - 1] = (char)((unsigned char)end[size - 1] + 1);
	*ret = (struct slice){ end, size };
	return end;
}

static enum rc count(struct database *database, const struct plan *plan, const struct terms *terms,
	uint64_t *ret)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, plan->statement, &query));
	TRY(bind(query, plan->binds, terms));
	TRY(query_row(query));
	*ret = (uint64_t)query_number(query, 0);
	return RC_OK;
}

static bool has_begin(enum disk_scope scope)
{
	return scope == DISK_PREFIX || scope == DISK_TARGETS;
}

/* For a walk: whether a prefix has so many rows that ids are the better way. */
static enum rc way_of(struct database *database, struct terms *terms, enum way *ret)
{
	const struct disk_selection *selection = terms->selection;
	uint64_t found = 0;

	*ret = WAY_PLAIN;
	if (selection->scope == DISK_OLDER_THAN && selection->route.size > 0)
		*ret = WAY_OTHER;
	if (!has_begin(selection->scope))
		return RC_OK;
	if (terms->end.size == 0) {
		*ret = WAY_OTHER;
		return RC_OK;
	}
	/* what is walked as a whole is better not sorted, where it is much */
	terms->matter =
		(uint64_t)(terms->piece.most < MOST_SORTED ? terms->piece.most : MOST_SORTED) *
			PIECES +
		1;
	TRY(count(database, &counts[selection->scope][WAY_PLAIN], terms, &found));
	*ret = found == terms->matter ? WAY_OTHER : WAY_PLAIN;
	return RC_OK;
}

/* By the index, however many they are. */
enum rc records_count(
	struct database *database, const struct disk_selection *selection, uint64_t *ret)
{
	struct terms terms = {
		.selection = selection, .piece = { .most = SIZE_MAX }, .matter = UINT64_MAX
	};
	char *end = end_of(selection->text, &terms.end);
	bool by_other = selection->scope == DISK_OLDER_THAN
				? selection->route.size > 0
				: terms.end.size == 0 && has_begin(selection->scope);
	enum rc rc = count(
		database, &counts[selection->scope][by_other ? WAY_OTHER : WAY_PLAIN], &terms, ret);

	free(end);
	return rc;
}

static struct record_entry entry_of(struct query *query)
{
	return (struct record_entry){
		.id = query_number(query, 0),
		.key = query_blob(query, 1),
		.route = query_blob(query, 2),
		.tenant = query_number(query, 3),
		.namespace_version = (uint64_t)query_number(query, 4),
		.target = query_blob(query, 5),
		.slot = (uint32_t)query_number(query, 6),
		.epoch = (uint64_t)query_number(query, 7),
		.status = (int)query_number(query, 8),
		.stored_ms = query_number(query, 9),
		.expires_ms = query_number(query, 10),
		.used_ms = query_number(query, 11),
		.source_version = query_blob(query, 12),
		.bytes = (uint64_t)query_number(query, 13),
		.body_bytes = (uint64_t)query_number(query, 14),
		.artifact = query_number(query, 15), /* NULL: 0 */
	};
}

static void tell(struct query *query, const struct record_visitor *visitor)
{
	const struct record_entry entry = entry_of(query);

	visitor->visit(visitor->arg, &entry);
}

static enum rc tell_all(struct query *query, const struct record_visitor *visitor)
{
	enum rc rc;

	while ((rc = query_row(query)) == RC_OK)
		tell(query, visitor);
	return rc == RC_ABSENT ? RC_OK : rc;
}

static enum rc walk(struct database *database, const struct plan *plan, const struct terms *terms,
	const struct record_visitor *visitor)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, plan->statement, &query));
	TRY(bind(query, plan->binds, terms));
	return tell_all(query, visitor);
}

enum rc records_select(struct database *database, const struct disk_selection *selection,
	struct record_piece piece, const struct record_visitor *visitor)
{
	struct terms terms = { .selection = selection, .piece = piece };
	char *end = end_of(selection->text, &terms.end);
	enum way way;
	enum rc rc = way_of(database, &terms, &way);

	if (rc == RC_OK)
		rc = walk(database, &selects[selection->scope][way], &terms, visitor);
	free(end);
	return rc;
}

enum rc records_select_whole(
	struct database *database, struct record_piece piece, const struct record_visitor *visitor)
{
	SCOPED(query) query = NULL;
	enum rc rc;

	TRY(query_begin(database, STATEMENT_SELECT_WHOLE, &query));
	TRY(query_bind_number(query, 1, piece.after));
	TRY(query_bind_number(query, 2, number(piece.most)));
	while ((rc = query_row(query)) == RC_OK) {
		struct record_entry entry = entry_of(query);

		entry.record = query_blob(query, 16);
		visitor->visit(visitor->arg, &entry);
	}
	return rc == RC_ABSENT ? RC_OK : rc;
}

enum rc records_expired(struct database *database, int64_t now_ms, size_t most,
	const struct record_visitor *visitor)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_EXPIRED, &query));
	TRY(query_bind_number(query, 1, now_ms));
	TRY(query_bind_number(query, 2, number(most)));
	return tell_all(query, visitor);
}

enum rc records_idle(struct database *database, size_t most, const struct record_visitor *visitor)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_IDLE, &query));
	TRY(query_bind_number(query, 1, number(most)));
	return tell_all(query, visitor);
}

enum rc records_idle_of(struct database *database, int64_t tenant, size_t most,
	const struct record_visitor *visitor)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_IDLE_TENANT, &query));
	TRY(query_bind_number(query, 1, tenant));
	TRY(query_bind_number(query, 2, number(most)));
	return tell_all(query, visitor);
}

enum rc records_idle_of_nobody(struct database *database, int64_t from_ms, size_t most,
	const struct record_visitor *visitor)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_IDLE_NOBODY, &query));
	TRY(query_bind_number(query, 1, from_ms));
	TRY(query_bind_number(query, 2, number(most)));
	return tell_all(query, visitor);
}

enum rc records_entry(struct database *database, int64_t id, const struct record_visitor *visitor)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_ENTRY_ONE, &query));
	TRY(query_bind_number(query, 1, id));
	TRY(query_row(query));
	tell(query, visitor);
	return RC_OK;
}

enum rc records_targets(struct database *database, struct slice from, struct slice end,
	const struct record_visitor *visitor)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_SELECT_TARGETS, &query));
	TRY(query_bind_blob(query, 1, from));
	TRY(query_bind_blob(query, 2, end));
	return tell_all(query, visitor);
}
