/* proxy/exporting.h - what is stored, one response after the other, to go elsewhere (store/parcel.h).
 *
 *	the disk's, a page of ids at a time; then memory's that the disk hasn't, a part of all keys at a time
 *
 * What was purged is not there; what was purged softly goes as stale. Left out, and counted: what holds a
 * credential in its target or variant, what is too large, and what the configuration has no route for. What comes or goes
 * meanwhile may or may not be among them.
 *
 * Threads: one at a time. Ownership: exporting_new() gives it to the caller. Memory: one response, a page of ids,
 * and keys: a 64th of memory's, or 4,096.
 */
#pragma once

#include "proxy/proxy.h"
#include "store/depot.h"
#include "store/parcel.h"

struct exporting;

struct exporting_options {
	struct proxy *proxy; /* a reference is taken; one that runs, or a sketch (proxy/why.h) */
	struct depot *depot; /* takes it: its disk tier's directory; or NULL */
	struct parcel_filter filter;
	bool has_origins; /* the configuration knows where responses came from */
};

struct exporting *exporting_new(const struct exporting_options *options);

/* What a larder that runs has in its tiers; what it has queued is written first. RC_CORRUPT, RC_DENIED, ...: its disk
 * can't be read; fault: words. */
NODISCARD enum rc exporting_of_running(struct proxy *proxy, const struct parcel_filter *filter,
	struct exporting **ret, struct bytes *fault);

void exporting_free(struct exporting *exporting);
SCOPE_DEFINE(exporting, exporting_free)

/* ret: parcel_done(), before the next is asked for. RC_ABSENT: no more. Else a fault of the disk's. */
NODISCARD enum rc exporting_next(struct exporting *exporting, struct parcel *ret);

/* What it is about; text lives as long as it. */
void exporting_manifest(const struct exporting *exporting, struct manifest *ret);

/* Until now. */
struct parcel_end exporting_end(const struct exporting *exporting);
