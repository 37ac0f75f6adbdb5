/* store/disk/accounts.c - what each tenant has in the store, and whose entries leave next.
 *
 * Threads and ownership: accounts.h.
 */
#include "accounts.h"

#include "records.h"

#include "util/alloc.h"

#include <pthread.h>
#include <stdlib.h>

#define ROW_BYTES 512 /* of an entry in tables and indexes, beside its record and body */

struct account {
	struct slice name; /* the accounts' */
	int64_t id;        /* 0: the store doesn't know it */
	uint64_t entries;
	uint64_t bytes;
	unsigned percent;
};

struct accounts {
	pthread_mutex_t lock;
	struct account *items;
	size_t count;
	unsigned percent; /* of all tenants together */
};

struct accounts *accounts_new(void)
{
	struct accounts *accounts = xalloc(sizeof(*accounts));

	pthread_mutex_init(&accounts->lock, NULL);
	return accounts;
}

void accounts_free(struct accounts *accounts)
{
	for (size_t i = 0; i < accounts->count; i++)
		free((char *)(uintptr_t)accounts->items[i].name.data);
	free(accounts->items);
	pthread_mutex_destroy(&accounts->lock);
	free(accounts);
}

/* All that follow are under the lock, but for those of the header. */
static struct account *find(struct accounts *accounts, struct slice name)
{
	for (size_t i = 0; i < accounts->count; i++) {
		if (slice_equal(accounts->items[i].name, name))
			return &accounts->items[i];
	}
	return NULL;
}

static struct account *find_or_add(struct accounts *accounts, struct slice name)
{
	struct account *account = find(accounts, name);

	if (account != NULL)
		return account;
	accounts->items = xgrow(accounts->items, accounts->count + 1, sizeof(*accounts->items));
	account = &accounts->items[accounts->count++];
	*account = (struct account){ .name = { xcopy(name.data, name.size), name.size } };
	return account;
}

void accounts_set_shares(struct accounts *accounts, const struct disk_share *shares, size_t count)
{
	pthread_mutex_lock(&accounts->lock);
	accounts->percent = 0;
	for (size_t i = 0; i < accounts->count; i++)
		accounts->items[i].percent = 0;
	for (size_t i = 0; i < count; i++) {
		find_or_add(accounts, shares[i].tenant)->percent = shares[i].percent;
		accounts->percent += shares[i].percent;
	}
	pthread_mutex_unlock(&accounts->lock);
}

bool accounts_usage(struct accounts *accounts, struct slice tenant, struct tier_usage *ret)
{
	const struct account *account;

	pthread_mutex_lock(&accounts->lock);
	account = find(accounts, tenant);
	if (account != NULL)
		*ret = (struct tier_usage){ .entries = account->entries, .bytes = account->bytes };
	pthread_mutex_unlock(&accounts->lock);
	return account != NULL;
}

static void note(void *arg, const struct record_tenant *tenant)
{
	struct account *account = find_or_add(arg, tenant->name);

	account->id = tenant->id;
	account->entries = tenant->entries;
	account->bytes = tenant->bytes;
}

void accounts_count(struct accounts *accounts, struct database *database)
{
	pthread_mutex_lock(&accounts->lock);
	/* a database that was begun anew has forgotten them */
	for (size_t i = 0; i < accounts->count; i++) {
		accounts->items[i].id = 0;
		accounts->items[i].entries = accounts->items[i].bytes = 0;
	}
	(void)!records_tenants(database, note, accounts);
	pthread_mutex_unlock(&accounts->lock);
}

static uint64_t minus(uint64_t from, uint64_t what)
{
	return from > what ? from - what : 0;
}

static void offer(
	struct accounts_owner *best, struct accounts_owner one, uint64_t bytes, uint64_t share)
{
	one.excess = minus(bytes, share);
	if (one.entries > 0 && one.excess > best->excess)
		*best = one;
}

bool accounts_choose(
	struct accounts *accounts, const struct accounts_all *all, struct accounts_owner *ret)
{
	struct accounts_owner best = { 0 };
	uint64_t entries = all->entries, bytes = all->bytes;
	bool any = false;

	pthread_mutex_lock(&accounts->lock);
	for (size_t i = 0; i < accounts->count; i++) {
		const struct account *a = &accounts->items[i];
		uint64_t own = a->bytes + a->entries * ROW_BYTES;

		any |= a->entries > 0;
		offer(&best, (struct accounts_owner){ a->id, a->entries, 0 }, own,
			all->low_bytes / 100 * a->percent);
		entries = minus(entries, a->entries);
		bytes = minus(bytes, own);
	}
	offer(&best, (struct accounts_owner){ 0, entries, 0 }, bytes,
		all->low_bytes / 100 * minus(100, accounts->percent));
	pthread_mutex_unlock(&accounts->lock);
	*ret = best;
	return any && best.excess > 0;
}
