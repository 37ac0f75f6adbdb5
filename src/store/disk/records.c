/* store/disk/records.c - rows by id: the hit, what the writer adds and takes away, totals and facts.
 *
 * What hangs on a row (its record, tags, the artifact's count, the totals) triggers see to.
 *
 * Threads and ownership: records.h.
 */
#include "records.h"

int64_t record_id(uint64_t key_hash)
{
	return (int64_t)(key_hash & INT64_MAX & ~(uint64_t)(RECORD_VARIANTS - 1));
}

enum rc records_visit(struct database *database, int64_t first_id,
	bool (*visit)(void *arg, const struct record_row *row), void *arg)
{
	SCOPED(query) query = NULL;
	enum rc rc;

	TRY(query_begin(database, STATEMENT_RECORDS, &query));
	TRY(query_bind_number(query, 1, first_id));
	TRY(query_bind_number(query, 2, first_id + RECORD_VARIANTS - 1));
	while ((rc = query_row(query)) == RC_OK) {
		struct record_row row = {
			.id = query_number(query, 0),
			.artifact = query_number(query, 1), /* NULL: 0 */
			.record = query_blob(query, 2),
			.body = query_blob(query, 3),
		};

		if (!visit(arg, &row))
			return RC_OK;
	}
	return rc == RC_ABSENT ? RC_OK : rc;
}

static enum rc bind_artifact(struct query *query, int at, int64_t artifact)
{
	return artifact != 0 ? query_bind_number(query, at, artifact) : query_bind_null(query, at);
}

static enum rc add_name(struct database *database, enum statement statement, struct slice name)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, statement, &query));
	TRY(query_bind_blob(query, 1, name));
	return query_run(query);
}

static enum rc add_entry(struct database *database, const struct record_write *write)
{
	const struct record_entry *entry = &write->entry;
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_ENTRY_ADD, &query));
	TRY(query_bind_number(query, 1, entry->id));
	TRY(query_bind_blob(query, 2, entry->key));
	TRY(query_bind_blob(query, 3, entry->route));
	TRY(query_bind_blob(query, 4, write->tenant));
	TRY(query_bind_number(query, 5, (int64_t)entry->namespace_version));
	TRY(query_bind_blob(query, 6, entry->target));
	TRY(query_bind_number(query, 7, entry->slot));
	TRY(query_bind_number(query, 8, (int64_t)entry->epoch));
	TRY(query_bind_number(query, 9, entry->status));
	TRY(query_bind_number(query, 10, entry->stored_ms));
	TRY(query_bind_number(query, 11, entry->expires_ms));
	TRY(query_bind_number(query, 12, entry->used_ms));
	TRY(query_bind_blob(query, 13, entry->source_version));
	TRY(query_bind_number(query, 14, (int64_t)entry->bytes));
	TRY(query_bind_number(query, 15, (int64_t)entry->body_bytes));
	TRY(bind_artifact(query, 16, entry->artifact));
	return query_run(query);
}

static enum rc add_record(struct database *database, const struct record_write *write)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_RECORD_ADD, &query));
	TRY(query_bind_number(query, 1, write->entry.id));
	TRY(bind_artifact(query, 2, write->entry.artifact));
	TRY(query_bind_blob(query, 3, write->record));
	TRY(query_bind_blob(query, 4, write->body));
	return query_run(query);
}

static enum rc add_tag(struct database *database, struct slice tag, int64_t id)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_TAG_ADD, &query));
	TRY(query_bind_blob(query, 1, tag));
	TRY(query_bind_number(query, 2, id));
	return query_run(query);
}

enum rc records_put(struct database *database, const struct record_write *write)
{
	enum rc rc = records_remove(database, write->entry.id);

	if (rc != RC_OK && rc != RC_ABSENT)
		return rc;
	TRY(add_name(database, STATEMENT_ROUTE_ADD, write->entry.route));
	if (write->tenant.size > 0)
		TRY(add_name(database, STATEMENT_TENANT_ADD, write->tenant));
	TRY(add_entry(database, write));
	TRY(add_record(database, write));
	for (size_t i = 0; i < write->tag_count; i++)
		TRY(add_tag(database, write->tags[i], write->entry.id));
	return RC_OK;
}

enum rc records_remove(struct database *database, int64_t id)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_ENTRY_REMOVE, &query));
	TRY(query_bind_number(query, 1, id));
	TRY(query_run(query));
	return database_changes(database) > 0 ? RC_OK : RC_ABSENT;
}

enum rc records_used(struct database *database, int64_t id, int64_t now_ms)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_ENTRY_USED, &query));
	TRY(query_bind_number(query, 1, id));
	TRY(query_bind_number(query, 2, now_ms));
	return query_run(query);
}

enum rc records_totals(struct database *database, struct record_totals *ret)
{
	SCOPED(query) query = NULL;
	enum rc rc;

	TRY(query_begin(database, STATEMENT_TOTALS, &query));
	rc = query_row(query);
	if (rc != RC_OK)
		return rc == RC_ABSENT ? RC_CORRUPT : rc;
	*ret = (struct record_totals){
		.entries = (uint64_t)query_number(query, 0),
		.inline_bytes = (uint64_t)query_number(query, 1),
		.artifacts = (uint64_t)query_number(query, 2),
		.artifact_bytes = (uint64_t)query_number(query, 3),
		.body_bytes = (uint64_t)query_number(query, 4),
	};
	return RC_OK;
}

enum rc records_tenants(struct database *database,
	void (*visit)(void *arg, const struct record_tenant *tenant), void *arg)
{
	SCOPED(query) query = NULL;
	enum rc rc;

	TRY(query_begin(database, STATEMENT_TENANTS, &query));
	while ((rc = query_row(query)) == RC_OK) {
		const struct record_tenant tenant = {
			.id = query_number(query, 0),
			.name = query_blob(query, 1),
			.entries = (uint64_t)query_number(query, 2),
			.bytes = (uint64_t)query_number(query, 3),
		};

		visit(arg, &tenant);
	}
	return rc == RC_ABSENT ? RC_OK : rc;
}

enum rc records_ids(
	struct database *database, int64_t after, int64_t *ret, size_t count, size_t *ret_count)
{
	SCOPED(query) query = NULL;
	enum rc rc = RC_ABSENT;
	size_t n = 0;

	TRY(query_begin(database, STATEMENT_IDS, &query));
	TRY(query_bind_number(query, 1, after));
	TRY(query_bind_number(query, 2, (int64_t)count));
	while (n < count && (rc = query_row(query)) == RC_OK)
		ret[n++] = query_number(query, 0);
	if (rc != RC_OK && rc != RC_ABSENT)
		return rc;
	*ret_count = n;
	return RC_OK;
}

enum rc records_fact(struct database *database, struct slice name, struct bytes *ret)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_FACT, &query));
	TRY(query_bind_blob(query, 1, name));
	TRY(query_row(query));
	return bytes_append_slice(ret, query_blob(query, 0));
}

enum rc records_fact_set(struct database *database, struct slice name, struct slice value)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_FACT_SET, &query));
	TRY(query_bind_blob(query, 1, name));
	TRY(query_bind_blob(query, 2, value));
	return query_run(query);
}

enum rc records_clear(struct database *database)
{
	return database_reset(database);
}
