/* store/disk/artifact_rows.c - what the database knows of files: digest, size, sums, who refers to them.
 *
 * Sums lie as little-endian u64 one after the other. Threads and ownership: records.h.
 */
#include "records.h"

#include "util/alloc.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define SUM_SIZE sizeof(uint64_t)

static struct slice digest_slice(const unsigned char digest[static DIGEST_SIZE])
{
	return (struct slice){ (const char *)digest, DIGEST_SIZE };
}

static enum rc find(
	struct database *database, const unsigned char digest[static DIGEST_SIZE], int64_t *ret_id)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_ARTIFACT_FIND, &query));
	TRY(query_bind_blob(query, 1, digest_slice(digest)));
	TRY(query_row(query));
	*ret_id = query_number(query, 0);
	return RC_OK;
}

static enum rc add(struct database *database, const struct artifact *artifact, struct slice sums)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_ARTIFACT_ADD, &query));
	TRY(query_bind_number(query, 1, (int64_t)artifact->size));
	TRY(query_bind_blob(query, 2, digest_slice(artifact->digest)));
	TRY(query_bind_blob(query, 3, sums));
	return query_run(query);
}

static enum rc add_packed(struct database *database, const struct artifact *artifact)
{
	size_t size = artifact->sum_count * SUM_SIZE;
	char *packed = xalloc(size + 1);
	enum rc rc;

	for (size_t i = 0; i < artifact->sum_count; i++) {
		uint64_t sum = htole64(artifact->sums[i]);

		memcpy(packed + i * SUM_SIZE, &sum, SUM_SIZE);
	}
	rc = add(database, artifact, (struct slice){ packed, size });
	free(packed);
	return rc;
}

enum rc records_artifact(
	struct database *database, const struct artifact *artifact, int64_t *ret_id)
{
	enum rc rc = find(database, artifact->digest, ret_id);

	if (rc != RC_ABSENT)
		return rc;
	TRY(add_packed(database, artifact));
	return find(database, artifact->digest, ret_id);
}

enum rc records_artifact_known(
	struct database *database, const unsigned char digest[static DIGEST_SIZE])
{
	int64_t id;

	return find(database, digest, &id);
}

static uint64_t pieces(uint64_t size)
{
	return size / ARTIFACT_PIECE + (size % ARTIFACT_PIECE > 0);
}

enum rc records_artifact_read(struct database *database, int64_t id, struct artifact *ret)
{
	SCOPED(query) query = NULL;
	struct slice digest, sums;
	uint64_t size;

	TRY(query_begin(database, STATEMENT_ARTIFACT_READ, &query));
	TRY(query_bind_number(query, 1, id));
	TRY(query_row(query));
	size = (uint64_t)query_number(query, 0);
	digest = query_blob(query, 1);
	sums = query_blob(query, 2);
	if (digest.size != DIGEST_SIZE || sums.size % SUM_SIZE != 0 ||
		sums.size / SUM_SIZE != pieces(size))
		return RC_CORRUPT;
	*ret = (struct artifact){ .size = size, .sum_count = sums.size / SUM_SIZE };
	memcpy(ret->digest, digest.data, DIGEST_SIZE);
	ret->sums = xalloc(sums.size + 1);
	for (size_t i = 0; i < ret->sum_count; i++) {
		uint64_t sum;

		memcpy(&sum, sums.data + i * SUM_SIZE, SUM_SIZE);
		ret->sums[i] = le64toh(sum);
	}
	return RC_OK;
}

enum rc records_unreferenced(struct database *database, unsigned most,
	void (*visit)(void *arg, int64_t id, const unsigned char digest[static DIGEST_SIZE]),
	void *arg)
{
	SCOPED(query) query = NULL;
	enum rc rc;

	TRY(query_begin(database, STATEMENT_ARTIFACTS_UNREFERENCED, &query));
	TRY(query_bind_number(query, 1, most));
	while ((rc = query_row(query)) == RC_OK) {
		struct slice digest = query_blob(query, 1);

		if (digest.size != DIGEST_SIZE)
			return RC_CORRUPT;
		visit(arg, query_number(query, 0), (const unsigned char *)digest.data);
	}
	return rc == RC_ABSENT ? RC_OK : rc;
}

enum rc records_artifact_remove(struct database *database, int64_t id)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_ARTIFACT_REMOVE, &query));
	TRY(query_bind_number(query, 1, id));
	TRY(query_run(query));
	return database_changes(database) > 0 ? RC_OK : RC_ABSENT;
}
