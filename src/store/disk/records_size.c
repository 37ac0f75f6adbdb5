/* store/disk/records_size.c - how large the database is, and giving back what it has no use for.
 *
 * Threads: those of the database.
 */
#include "records.h"

enum rc records_pages(struct database *database, uint64_t *ret_bytes)
{
	SCOPED(query) query = NULL;

	TRY(query_begin(database, STATEMENT_PAGES, &query));
	TRY(query_row(query));
	*ret_bytes = (uint64_t)query_number(query, 0);
	return RC_OK;
}

enum rc records_give_back(struct database *database)
{
	SCOPED(query) query = NULL;
	enum rc rc;

	TRY(query_begin(database, STATEMENT_GIVE_BACK, &query));
	do
		rc = query_row(query); /* a row a page */
	while (rc == RC_OK);
	return rc == RC_ABSENT ? RC_OK : rc;
}
