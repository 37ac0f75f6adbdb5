/* proxy/importing.h - stored responses from elsewhere (store/parcel.h), into this larder's tiers.
 *
 * Ages and lifetimes stay what they were. What was purged here stays gone: of a bundle of this very store since the
 * moment that it was exported, of another one's whatever was purged ever. What is there already, as recent or more,
 * stays there.
 *
 * Threads: one at a time; several importings at once are fine. Ownership: importing_new() gives it to the caller.
 */
#pragma once

#include "proxy/proxy.h"
#include "store/parcel.h"

struct importing;

/* groups: the manifest's; 0: not known. */
struct importing *importing_new(struct proxy *proxy, uint64_t groups);
/* Waits until all that was taken is on the disk, where there is one. RC_IO: it could not be written. */
NODISCARD enum rc importing_finish(struct importing *importing);
void importing_free(struct importing *importing);
SCOPE_DEFINE(importing, importing_free)

/* What is stored under a key with these parts stands for other targets, if there is a rule in them: requests for these
 * are to find it. For what didn't come by importing_take(). */
void importing_know_rule(struct proxy *proxy, const struct key_parts *parts);

/* What a bare parcel is by the configuration: as if it had been fetched when it was archived. ret: parcel_done(); in
 * arena what isn't its own. RC_ABSENT: it isn't for this larder; *ret_why: static words, to follow "responses". */
NODISCARD enum rc importing_adopt(const struct proxy *proxy, const struct parcel *bare,
	struct arena *arena, struct parcel *ret, const char **ret_why);

/* RC_OK: it is stored. RC_BUSY: one that is as recent is there. RC_INVALID: it is refused; *ret_why: static words.
 * RC_ABSENT: it is bare, and as above. RC_IO: the disk tier fails. */
NODISCARD enum rc importing_take(
	struct importing *importing, const struct parcel *parcel, const char **ret_why);
