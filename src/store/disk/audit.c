/* store/disk/audit.c - questions of who looks from outside, and what mends the tables.
 *
 * Threads and ownership: audit.h.
 */
#include "audit.h"

enum rc audit_record(struct database *database, int64_t id, const struct audit_reader *reader)
{
	SCOPED(query) query = NULL;
	struct record_row row;

	TRY(query_begin(database,
		reader->with_body ? STATEMENT_RECORD_WHOLE : STATEMENT_RECORD_HEAD, &query));
	TRY(query_bind_number(query, 1, id));
	TRY(query_row(query));
	row = (struct record_row){
		.id = query_number(query, 0),
		.artifact = query_number(query, 1), /* NULL: 0 */
		.record = query_blob(query, 2),
		.body = query_blob(query, 3),
	};
	reader->read(reader->arg, &row);
	return RC_OK;
}

enum rc audit_tags(struct database *database, int64_t id,
	void (*visit)(void *arg, struct slice tag), void *arg)
{
	SCOPED(query) query = NULL;
	enum rc rc;

	TRY(query_begin(database, STATEMENT_ENTRY_TAGS, &query));
	TRY(query_bind_number(query, 1, id));
	while ((rc = query_row(query)) == RC_OK)
		visit(arg, query_blob(query, 0));
	return rc == RC_ABSENT ? RC_OK : rc;
}

enum rc audit_artifacts(struct database *database, int64_t after, struct audit_ids *ret)
{
	const size_t most = sizeof(ret->ids) / sizeof(ret->ids[0]);
	SCOPED(query) query = NULL;
	enum rc rc = RC_ABSENT;

	ret->count = 0;
	TRY(query_begin(database, STATEMENT_ARTIFACT_IDS, &query));
	TRY(query_bind_number(query, 1, after));
	TRY(query_bind_number(query, 2, (int64_t)most));
	while (ret->count < most && (rc = query_row(query)) == RC_OK)
		ret->ids[ret->count++] = query_number(query, 0);
	return rc == RC_ABSENT ? RC_OK : rc;
}

static struct record_totals totals_at(struct query *query, int column)
{
	return (struct record_totals){
		.entries = (uint64_t)query_number(query, column),
		.inline_bytes = (uint64_t)query_number(query, column + 1),
		.artifacts = (uint64_t)query_number(query, column + 2),
		.artifact_bytes = (uint64_t)query_number(query, column + 3),
		.body_bytes = (uint64_t)query_number(query, column + 4),
	};
}

enum rc audit_sums(
	struct database *database, struct record_totals *ret_found, struct record_totals *ret_kept)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_SUMS, &query));
	TRY(query_row(query)); /* RC_ABSENT: the totals are gone */
	*ret_found = totals_at(query, 0);
	*ret_kept = totals_at(query, 5);
	return RC_OK;
}

enum rc audit_tenants(struct database *database, uint64_t *ret_wrong)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_TENANTS_WRONG, &query));
	TRY(query_row(query));
	*ret_wrong = (uint64_t)query_number(query, 0);
	return RC_OK;
}

enum rc audit_refs(struct database *database,
	void (*visit)(void *arg, const struct audit_refs *refs), void *arg)
{
	SCOPED(query) query = NULL;
	enum rc rc;

	TRY(query_begin(database, STATEMENT_REFS_WRONG, &query));
	while ((rc = query_row(query)) == RC_OK) {
		const struct audit_refs refs = {
			.digest = query_blob(query, 1),
			.kept = query_number(query, 2),
			.found = query_number(query, 3),
		};

		visit(arg, &refs);
	}
	return rc == RC_ABSENT ? RC_OK : rc;
}

static enum rc visit_ids(struct database *database, enum statement statement,
	void (*visit)(void *arg, int64_t id), void *arg)
{
	SCOPED(query) query = NULL;
	enum rc rc;

	TRY(query_begin(database, statement, &query));
	while ((rc = query_row(query)) == RC_OK)
		visit(arg, query_number(query, 0));
	return rc == RC_ABSENT ? RC_OK : rc;
}

enum rc audit_halves(struct database *database, void (*visit)(void *arg, int64_t id), void *arg)
{
	TRY(visit_ids(database, STATEMENT_HALF_RECORDS, visit, arg));
	return visit_ids(database, STATEMENT_HALF_TAGS, visit, arg);
}

static enum rc run(struct database *database, enum statement statement)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, statement, &query));
	return query_run(query);
}

enum rc audit_recount(struct database *database)
{
	TRY(run(database, STATEMENT_TENANTS_NONE));
	TRY(run(database, STATEMENT_TENANTS_SET));
	TRY(run(database, STATEMENT_REFS_NONE));
	TRY(run(database, STATEMENT_REFS_SET));
	return run(database, STATEMENT_SUMS_SET);
}

enum rc audit_drop_halves(struct database *database)
{
	TRY(run(database, STATEMENT_HALF_RECORDS_REMOVE));
	return run(database, STATEMENT_HALF_TAGS_REMOVE);
}

static enum rc amount(struct query *query, struct audit_amount *ret)
{
	TRY(query_row(query));
	*ret = (struct audit_amount){
		.count = (uint64_t)query_number(query, 0),
		.bytes = (uint64_t)query_number(query, 1),
	};
	return RC_OK;
}

enum rc audit_expired(struct database *database, int64_t now_ms, struct audit_amount *ret)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_COUNT_EXPIRED, &query));
	TRY(query_bind_number(query, 1, now_ms));
	return amount(query, ret);
}

enum rc audit_unreferenced(struct database *database, struct audit_amount *ret)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_COUNT_UNREFERENCED, &query));
	return amount(query, ret);
}

enum rc audit_size(struct database *database, uint64_t *ret_bytes)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_FILE_SIZE, &query));
	TRY(query_row(query));
	*ret_bytes = (uint64_t)query_number(query, 0);
	return RC_OK;
}
