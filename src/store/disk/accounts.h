/* store/disk/accounts.h - what each tenant has in the store, and whose entries leave next.
 *
 * A share is one of what the tier may hold; nobody's is what tenants have no share of. While there is room anybody
 * may have more. Where room is made it is by who is farthest above his own, so that what somebody stores too much
 * pushes out his own. Beside its entries' bytes a tenant is charged something for its rows in the database; nobody
 * with all that is left.
 *
 * Threads: any, by a lock of its own; count on the writer. Ownership: accounts_new() gives it to the caller.
 */
#pragma once

#include "database.h"

#include "store/disk.h"

struct accounts;

struct accounts *accounts_new(void);
void accounts_free(struct accounts *accounts);

/* As disk_set_shares() and disk_tenant_usage(). */
void accounts_set_shares(struct accounts *accounts, const struct disk_share *shares, size_t count);
bool accounts_usage(struct accounts *accounts, struct slice tenant, struct tier_usage *ret);

/* Reads anew what there is. What can't be read stays as it was. */
void accounts_count(struct accounts *accounts, struct database *database);

/* All that there is, and what it is to come down to. */
struct accounts_all {
	uint64_t entries, bytes;
	uint64_t low_bytes;
};
struct accounts_owner {
	int64_t tenant; /* its row's id; 0: nobody */
	uint64_t entries;
	uint64_t excess; /* bytes, above what he has a share of */
};
/* Who is farthest above his share. false: there are no tenants, or nobody is above. */
bool accounts_choose(
	struct accounts *accounts, const struct accounts_all *all, struct accounts_owner *ret);
