/* store/disk/depot_verify.c - the order of a verification, and what is said of the store as a whole.
 *
 *	table of groups > pages > accounts > files of rows > entries > halves of entries > files without rows
 *
 * Accounts are put right before anything is removed, because the triggers count down from them; files go after
 * the rows that spoke of them. Where pages are damaged nothing that the rows say counts: the database goes
 * aside as a larder would move it, but only without a larder that has it open.
 *
 * Threads and ownership: store/depot.h.
 */
#include "depot_inside.h"

#include "util/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *depot_fault_name(enum depot_fault_kind kind)
{
	static const char *const names[] = {
#define X(id, name, words) [DEPOT_FAULT_##id] = (name),
		DEPOT_FAULT_TABLE(X)
#undef X
	};
	return names[kind];
}

const char *depot_fault_words(enum depot_fault_kind kind)
{
	static const char *const texts[] = {
#define X(id, name, words) [DEPOT_FAULT_##id] = (words),
		DEPOT_FAULT_TABLE(X)
#undef X
	};
	return texts[kind];
}

void depot_tell(struct depot_search *search, const struct depot_finding *finding)
{
	search->verdict->faults++;
	search->verdict->left += !search->repairs || finding->is_left;
	search->listener->found(search->listener->arg, finding);
}

void depot_progress(
	const struct depot_search *search, const char *stage, uint64_t done, uint64_t total)
{
	if (search->listener->progress != NULL)
		search->listener->progress(search->listener->arg, stage, done, total);
}

static void tell(struct depot_search *search, enum depot_fault_kind kind, const char *detail)
{
	depot_tell(search, &(struct depot_finding){ .kind = kind, .detail = detail });
}

/* What only who has the directory alone may do. */
static void tell_alone(struct depot_search *search, enum depot_fault_kind kind, const char *detail)
{
	depot_tell(search,
		&(struct depot_finding){
			.kind = kind, .detail = detail, .is_left = search->depot->lock < 0 });
}

static bool may_renew(const struct depot_search *search)
{
	return search->repairs && search->depot->lock >= 0;
}

static enum rc in_transaction(
	struct database *database, enum rc (*change)(struct database *database))
{
	enum rc rc;

	TRY(database_begin(database));
	rc = change(database);
	if (rc == RC_OK)
		rc = database_commit(database);
	if (rc != RC_OK)
		database_rollback(database);
	return rc;
}

/* ---- the table of groups ---- */

/* NULL: it goes with the database. Without entries nothing depends on it. */
static const char *groups_fault(const struct depot *depot, uint64_t entries)
{
	struct bytes known;
	char own[24];
	const char *words = NULL;

	if (depot->groups == NULL) {
		if (depot->groups_rc == RC_ABSENT)
			return entries > 0 ? "there is none" : NULL;
		return rc_text(depot->groups_rc);
	}
	snprintf(own, sizeof(own), "%016" PRIx64, groups_identity(depot->groups));
	bytes_init(&known, 64);
	if (entries > 0 && (records_fact(depot->database, SLICE("groups"), &known) != RC_OK ||
				   !slice_equal(bytes_slice(&known), slice_of(own))))
		words = "it is another database's";
	bytes_done(&known);
	return words;
}

static enum rc remove_groups(const struct depot *depot)
{
	size_t size = strlen(depot->path) + sizeof("/groups");
	char *path = xalloc(size);
	enum rc rc;

	snprintf(path, size, "%s/groups", depot->path);
	rc = unlink(path) == 0 ? RC_OK : rc_of_errno();
	free(path);
	return rc == RC_ABSENT ? RC_OK : rc;
}

/* What may have been invalidated since is not known, so all goes, as it would when a larder starts. */
static enum rc start_over(const struct depot *depot)
{
	TRY(records_clear(depot->database));
	return depot->groups_rc == RC_CORRUPT ? remove_groups(depot) : RC_OK;
}

static enum rc check_groups(struct depot_search *search)
{
	const char *words = groups_fault(search->depot, search->totals.entries);

	if (words == NULL)
		return RC_OK;
	tell_alone(search, DEPOT_FAULT_GROUPS, words);
	return may_renew(search) ? start_over(search->depot) : RC_OK;
}

/* ---- pages and accounts ---- */

static bool go_on(void *arg)
{
	(void)arg;
	return true;
}

static enum rc check_pages(struct depot_search *search)
{
	struct bytes words;
	enum rc rc;

	depot_progress(search, "pages", 0, 0);
	bytes_init(&words, 4096);
	rc = database_check(search->depot->database, go_on, NULL, &words);
	if (rc == RC_CORRUPT)
		snprintf(search->depot->words, sizeof(search->depot->words), "%s",
			bytes_slice(&words).data);
	bytes_done(&words);
	return rc;
}

static void tell_refs(void *arg, const struct audit_refs *refs)
{
	struct depot_search *search = arg;
	char words[96], name[2 * DIGEST_SIZE + 1] = "";

	for (size_t i = 0; i < refs->digest.size && i < DIGEST_SIZE; i++)
		snprintf(name + 2 * i, 3, "%02x", (unsigned char)refs->digest.data[i]);
	snprintf(words, sizeof(words), "%" PRId64 " instead of %" PRId64, refs->kept, refs->found);
	depot_tell(search,
		&(struct depot_finding){
			.kind = DEPOT_FAULT_REFERENCES, .where = slice_of(name), .detail = words });
}

static enum rc check_accounts(struct depot_search *search)
{
	struct database *database = search->depot->database;
	struct record_totals *found = &search->totals, kept = { 0 };
	uint64_t before = search->verdict->faults, wrong = 0;
	enum rc rc;

	depot_progress(search, "accounts", 0, 0);
	TRY(audit_refs(database, tell_refs, search));
	rc = audit_sums(database, found, &kept);
	if (rc != RC_OK && rc != RC_ABSENT)
		return rc;
	TRY(audit_tenants(database, &wrong));
	if (wrong > 0)
		tell(search, DEPOT_FAULT_TOTALS, "those of tenants");
	if (rc == RC_ABSENT || memcmp(found, &kept, sizeof(kept)) != 0)
		tell(search, DEPOT_FAULT_TOTALS, rc == RC_ABSENT ? "they are gone" : "");
	if (!search->repairs || search->verdict->faults == before)
		return RC_OK;
	return in_transaction(database, audit_recount);
}

static void tell_half(void *arg, int64_t id)
{
	depot_tell(
		arg, &(struct depot_finding){ .kind = DEPOT_FAULT_HALF, .id = id, .detail = "" });
}

static enum rc check_halves(struct depot_search *search)
{
	struct database *database = search->depot->database;
	uint64_t before = search->verdict->faults;

	depot_progress(search, "halves", 0, 0);
	TRY(audit_halves(database, tell_half, search));
	if (!search->repairs || search->verdict->faults == before)
		return RC_OK;
	return in_transaction(database, audit_drop_halves);
}

/* ---- all of it ---- */

static enum rc check_rows(struct depot_search *search)
{
	TRY(check_pages(search));
	TRY(check_accounts(search));
	TRY(check_groups(search));
	TRY(depot_check_artifacts(search));
	TRY(depot_check_entries(search));
	TRY(check_halves(search));
	return search->repairs ? depot_remove_bad(search) : RC_OK;
}

static enum rc renew(struct depot_search *search)
{
	struct bytes words;
	enum rc rc;

	bytes_init(&words, 4096);
	rc = depot_renew(search->depot, &words);
	if (rc != RC_OK)
		snprintf(search->depot->words, sizeof(search->depot->words), "%s",
			bytes_slice(&words).data);
	bytes_done(&words);
	*search->verdict = (struct depot_verdict){ .faults = search->verdict->faults,
		.left = search->verdict->left };
	return rc;
}

static enum rc check(struct depot_search *search)
{
	struct depot *depot = search->depot;
	enum rc rc = depot->database != NULL ? check_rows(search) : RC_CORRUPT;

	if (rc == RC_CORRUPT) {
		tell_alone(search, DEPOT_FAULT_DATABASE,
			depot->words[0] != '\0' ? depot->words : database_fault(depot->database));
		if (!may_renew(search))
			return RC_OK; /* without its rows nothing can be said of files */
		rc = renew(search);
	}
	TRY(rc);
	TRY(depot_check_files(search));
	TRY(records_pages(depot->database, &search->verdict->used_bytes));
	search->verdict->used_bytes += search->verdict->file_bytes;
	return RC_OK;
}

enum rc depot_verify(
	struct depot *depot, const struct depot_listener *listener, struct depot_verdict *ret)
{
	struct depot_verdict verdict = { 0 };
	struct depot_search search = {
		.depot = depot,
		.listener = listener,
		.verdict = &verdict,
		.repairs = depot->options.use == DEPOT_REPAIR,
	};
	enum rc rc = check(&search);

	free(search.bad);
	if (rc == RC_OK && depot->artifacts != NULL)
		rc = artifacts_room(depot->artifacts, &verdict.room_bytes);
	if (rc == RC_OK)
		*ret = verdict;
	return rc;
}

bool depot_is_cramped(const struct depot *depot, const struct depot_verdict *verdict)
{
	const struct depot_options *o = &depot->options;

	return o->size_bytes > 0 &&
	       (verdict->used_bytes > o->size_bytes || verdict->room_bytes < o->free_floor_bytes);
}
