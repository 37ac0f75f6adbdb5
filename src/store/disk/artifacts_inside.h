/* store/disk/artifacts_inside.h - what the files behind artifacts.h share.
 *
 *	artifacts.c		directories and names; what goes
 *	artifact_put.c		a body becomes a file
 *	artifact_source.c	a file becomes a body, checked as it is read
 *	artifact_spool.c	bodies that are no files of ours yet; digest and sums
 *	artifact_walk.c		all files that are there
 *	open_files.c		descriptors, and what was found in them
 *
 * Threads: the members of struct artifacts don't change; open_files has its own lock. Ownership: the
 * opener and each source hold a reference, so that a source works until it is freed.
 */
#pragma once

#include "artifacts.h"
#include "open_files.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define ARTIFACT_NAME (2 * DIGEST_SIZE)

struct artifacts {
	atomic_uint references;
	enum disk_fsync fsync;
	char *objects;     /* DIR/objects */
	char *temporary;   /* DIR/tmp */
	atomic_ulong made; /* temporary files: the number of the next one's name */
	struct open_files *files;
};

struct artifacts *artifacts_ref(struct artifacts *artifacts);
void artifacts_unref(struct artifacts *artifacts);

/* errno's code for a place that should be there: its absence is RC_IO. */
enum rc artifacts_fault(void);

/* By policy: what fd has, or the directory in which path stands. */
NODISCARD enum rc artifacts_sync(const struct artifacts *artifacts, int fd);
NODISCARD enum rc artifacts_sync_above(const struct artifacts *artifacts, const char *path);

/* One directory, or all above path; RC_OK as well where they are there. New ones are synchronised. */
NODISCARD enum rc artifacts_make_directory(const struct artifacts *artifacts, const char *path);
NODISCARD enum rc artifacts_make_path(const struct artifacts *artifacts, const char *path);

/* DIR/objects/ab/cd/<name>; fits for every DIR that artifacts_open() takes. */
void artifacts_path(const struct artifacts *artifacts,
	const unsigned char digest[static DIGEST_SIZE], char ret[static PATH_MAX]);

/* How many pieces size bytes have, and how large the one with this index is. */
static inline size_t artifact_pieces(uint64_t size)
{
	return (size_t)(size / ARTIFACT_PIECE + (size % ARTIFACT_PIECE != 0));
}

static inline size_t artifact_piece_size(uint64_t size, size_t piece)
{
	uint64_t left = size - piece * ARTIFACT_PIECE;

	return (size_t)(left < ARTIFACT_PIECE ? left : ARTIFACT_PIECE);
}

/* Room for one piece. */
struct piece {
	char data[ARTIFACT_PIECE];
};

static inline void piece_free(struct piece *piece)
{
	free(piece);
}

SCOPE_DEFINE(piece, piece_free)

/* The bytes of one piece of any body: in room, or where they are. RC_IO: they can't be read. */
NODISCARD enum rc artifact_piece(
	struct body *body, size_t index, struct piece *room, struct slice *ret);

/* The sum of one piece. */
uint64_t artifact_sum(const char *data, size_t size);

/* What a body that artifacts_body() made is, without reading it; false: it is another's. ret->sums is the
 * caller's. */
bool artifact_known(const struct body *body, struct artifact *ret);

/* The descriptor of a body that artifact_spooled() made, or -1. */
int artifact_spool_fd(const struct body *body);

/* A descriptor of a body that artifacts_body() made, all of whose pieces were found right, to be closed
 * by the caller; -1: it is not there, or not right. */
int artifact_checked(struct body *body);
