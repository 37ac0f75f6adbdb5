/* proxy/tenancy.h - whose a request is.
 *
 *	the key in tenancy.field     \
 *	Authorization: Bearer        - SHA-256 -> a table made of the configuration -> a tenant
 *	the client's certificate     /
 *
 * What makes somebody a tenant is for larder alone. It is taken off the request before anybody looks: it is not
 * sent on, selects no variant, and stands in no key and no line of a log. A field that has a key is, also where the
 * key is nobody's; a bearer that is no tenant's is the origin's, and stays.
 *
 * The digest is looked up as any name is, and not in constant time: who measures how far it matched learns of a
 * digest that he could compute himself, and nothing of a key that has it.
 *
 * What it is not: what tenants may (identity.h, grouping.h, store/partition.h).
 * Threads: any. Ownership: as said.
 */
#pragma once

#include "config/config.h"
#include "http/request.h"
#include "store/tier.h"
#include "util/digest.h"

#define TENANT_NOBODY 0 /* in the place of one more than a tenant's index in the configuration */

struct proxy;
struct tenancy;

/* From the configuration, which it doesn't keep; NULL where that has no tenants. */
struct tenancy *tenancy_new(const struct config *config);
void tenancy_free(struct tenancy *tenancy); /* may be NULL */

/* Fills request->tenant and ->disputed, and takes off the request what told.
 * certificate: the SHA-256 of the client's (DER), which was verified, or NULL. */
void tenancy_recognise(const struct proxy *proxy, struct request *request,
	const unsigned char certificate[DIGEST_SIZE]);

/* The tenant of that name as struct exchange has it: one more than its index; TENANT_NOBODY: none has it. */
uint16_t tenancy_find(const struct config *config, struct slice name);

/* The percent of turns at each upstream that it is sure of; nobody's is what tenants leave. At least 1. */
unsigned tenancy_upstream_percent(const struct config *config, uint16_t tenant);

/* What it has in the tiers now; a tier that isn't there is all 0, and max_bytes is its share. Nobody's too, but of
 * memory alone. */
struct tenancy_usage {
	struct tier_usage memory, disk;
};
void tenancy_usage(const struct proxy *proxy, uint16_t tenant, struct tenancy_usage *ret);

/* Sets the gauges of observe/metrics.def that tell of tenants. */
void tenancy_collect(const struct proxy *proxy);

/* Its label of metrics. */
uint16_t tenancy_label(const struct config *config, uint16_t tenant);

/* Its name; of size 0: nobody's. */
struct slice tenancy_name(const struct config *config, uint16_t tenant);
