/* store/disk/artifacts.h - large bodies as files that are named by their content.
 *
 *	DIR/tmp/<number>	being written
 *	DIR/objects/ab/cd/<sha256 in hex>	complete; never changed
 *
 * A file is there, whole, before anybody may refer to it, and goes after nobody does: what a crash leaves
 * behind is a file too many, never one too few. Who refers to what is the database's business.
 *
 * Each piece of ARTIFACT_PIECE bytes has a checksum (XXH3) that the caller keeps. A piece is checked when
 * it is first read through a source, and again when the file's size, inode or times have changed since;
 * descriptors and what was found are kept for the files that are in use, at most `descriptors` of them.
 *
 * A source that has read from a file reads on after that was removed, until the descriptor has to go;
 * one that has not finds nothing.
 *
 * Threads: any. Ownership: artifacts_open() gives them to the caller; sources hold what they need, so
 * that they work after artifacts_close() until they are freed.
 */
#pragma once

#include "http/body.h"
#include "store/disk.h"
#include "util/digest.h"

#define ARTIFACT_PIECE ((uint64_t)1 << 20)

struct artifacts;

/* Makes the directories that are missing, here and whenever one is needed. path is copied. RC_INVALID: it
 * is empty or too long. RC_FULL, RC_READ_ONLY, RC_DENIED, RC_IO. */
NODISCARD enum rc artifacts_open(
	const char *path, enum disk_fsync fsync, unsigned descriptors, struct artifacts **ret);
void artifacts_close(struct artifacts *artifacts); /* may be NULL */

/* Where a body is spooled, on the same file system. Owned by artifacts. */
const char *artifacts_temporary(const struct artifacts *artifacts);

struct artifact {
	unsigned char digest[DIGEST_SIZE];
	uint64_t size;
	uint64_t *sums; /* of each piece; the caller frees it */
	size_t sum_count;
};

/* Reads a body once: its digest and sums. RC_IO: it can't be read. */
NODISCARD enum rc artifact_describe(struct body *body, struct artifact *ret);
void artifact_done(struct artifact *artifact);

/* Writes the body under a temporary name, synchronised by policy, and gives it its own; linked instead of
 * copied where the body is a spool file of ours (artifact_spooled()). One that is there already and is
 * right stays. RC_FULL, RC_READ_ONLY, RC_DENIED, RC_IO: nothing is left of it. */
NODISCARD enum rc artifacts_put(
	struct artifacts *artifacts, const struct artifact *artifact, struct body *body);

/* Whether a file of its name and size is there; its bytes are not looked at. */
bool artifacts_has(struct artifacts *artifacts, const struct artifact *artifact);

/* RC_ABSENT: it is not there. */
NODISCARD enum rc artifacts_remove(
	struct artifacts *artifacts, const unsigned char digest[static DIGEST_SIZE]);

/* The bytes of a file, to be had as long as it is there. artifact is copied. Opens nothing yet. Its open()
 * checks at most 4 pieces, and gives a descriptor whose position is shared: pread() and sendfile() with
 * an offset. */
struct body *artifacts_body(struct artifacts *artifacts, const struct artifact *artifact);

/* A body in a spool file, which is unlinked (O_TMPFILE) or not: takes fd. It is ours and not checked, and
 * must not be written to any more. */
struct body *artifact_spooled(int fd, uint64_t size);

/* Calls visit for each file; what is none of ours by name, place or kind, a directory maybe, has digest
 * NULL; what lies in such a directory is not told. false ends the walk. For orphans and for verify. RC_IO:
 * a directory can't be read. */
struct artifact_file {
	const unsigned char *digest;
	const char *path;
	uint64_t size;
	int64_t changed_ms; /* wall: when it was written, named or linked last */
};
NODISCARD enum rc artifacts_walk(struct artifacts *artifacts,
	bool (*visit)(void *arg, const struct artifact_file *file), void *arg);

/* Removes the files that a crash left in DIR/tmp. Only by the larder that has the lock. */
void artifacts_clear_temporary(struct artifacts *artifacts);

/* Room that is left on the device for who is not root. */
NODISCARD enum rc artifacts_room(const struct artifacts *artifacts, uint64_t *ret_bytes);
