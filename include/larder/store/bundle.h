/* store/bundle.h - an export as one SQLite file, written once, then only read.
 *
 *	manifest(name, value)	`line`: the manifest as store/parcel.h has it; `entries`, `left_out`
 *	entries			a stored response each: columns for who looks, `head` for larder, `body`
 *
 * A file that has other tables than these, or these with other columns, is none of ours: nobody's SQL is run.
 *
 * Threads: one at a time, but the tier's operations from any. Ownership: as said.
 */
#pragma once

#include "store/parcel.h"
#include "store/tier.h"

struct bundle;

/* ---- writing ---- */

/* At path, which must not exist; it is whole when bundle_finish() has said so. */
NODISCARD enum rc bundle_create(const char *path, struct bundle **ret);
/* RC_INVALID: it is bare. */
NODISCARD enum rc bundle_add(struct bundle *bundle, const struct parcel *parcel);
NODISCARD enum rc bundle_finish(
	struct bundle *bundle, const struct manifest *manifest, const struct parcel_end *end);

/* ---- reading ---- */

/* RC_ABSENT: no file. RC_INVALID: it is no bundle, or one that wasn't finished. RC_UNSUPPORTED: of a newer larder.
 * RC_CORRUPT, RC_DENIED, RC_IO. */
NODISCARD enum rc bundle_open(const char *path, struct bundle **ret);
const struct manifest *bundle_manifest(const struct bundle *bundle);
struct parcel_end bundle_end(const struct bundle *bundle);

/* The one behind *cursor (0 at first), which moves. ret: parcel_done(). RC_ABSENT: no more. RC_INVALID: that one is
 * not to be used; *ret_why tells; the next may be asked for. Else the file can't be read on. */
NODISCARD enum rc bundle_next(struct bundle *bundle, int64_t *cursor, struct arena *arena,
	struct parcel *ret, const char **ret_why);

/* Shows what stands for other targets by a No-Vary-Search rule: tenant, target and rule of the parts. */
NODISCARD enum rc bundle_rules(
	struct bundle *bundle, void (*show)(void *arg, const struct key_parts *parts), void *arg);

/* What is in it as the lowest shelf of a larder: nothing can be put there. tenant: whose entries everybody gets, as
 * if they were nobody's; or empty. Borrows the bundle; tier_free(). */
struct tier *bundle_tier(struct bundle *bundle, struct slice tenant);

/* Words for the last fault of SQLite. */
const char *bundle_fault(const struct bundle *bundle);

void bundle_close(struct bundle *bundle);
SCOPE_DEFINE(bundle, bundle_close)
