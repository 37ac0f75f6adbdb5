/* store/disk/artifact_source.c - a file as a body.
 *
 * Bytes of a piece that was not checked yet are taken from the copy that was checked. Bytes of one that
 * was are read from the file, and are right if the file has not changed until after that.
 *
 * What it is not: a guard against a disk that gives other bytes than it gave a moment ago without the
 * file being written to. Threads: any; nothing but atomics and open_files' lock is shared. Ownership: a
 * source has a reference to the artifacts.
 */
#include "artifacts_inside.h"

#include "observe/domains.h"
#include "observe/metrics.h"
#include "util/alloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ATTEMPTS           3  /* with a file that changes while it is read */
#define MOST_CHECKED_FIRST 16 /* pieces that a descriptor may cost whoever asks for it: some ms */

struct file_source {
	struct body_source base;
	struct artifacts *artifacts;
	struct artifact artifact; /* sums: owned */
	struct open_wish wish;    /* path: owned */
	atomic_bool damaged; /* some piece is: who reads from the first on would find it too late */
};

static bool enter(struct file_source *source, struct open_view *ret)
{
	struct open_files *files = source->artifacts->files;

	if (!open_files_enter(files, &source->wish, ret))
		return false;
	if ((uint64_t)ret->state.size == source->artifact.size)
		return true;
	open_files_leave(files, ret);
	return false;
}

static void leave(struct file_source *source, struct open_view *view)
{
	open_files_leave(source->artifacts->files, view);
}

static bool read_whole(int fd, char *buffer, size_t size, uint64_t offset)
{
	while (size > 0) {
		ssize_t count = pread(fd, buffer, size, (off_t)offset);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		buffer += count;
		offset += (size_t)count;
		size -= (size_t)count;
	}
	return true;
}

/* The whole piece into buffer. false: it can't be read, or is not what was stored. */
static bool read_checking(
	struct file_source *source, const struct open_view *view, size_t piece, char *buffer)
{
	size_t size = artifact_piece_size(source->artifact.size, piece);

	if (piece >= source->artifact.sum_count ||
		!read_whole(view->fd, buffer, size, piece * ARTIFACT_PIECE) ||
		artifact_sum(buffer, size) != source->artifact.sums[piece])
		return false;
	open_view_mark(view, piece);
	return true;
}

/* What is wanted of one piece, from or up to its end. */
struct part {
	size_t piece;
	size_t skip;
	size_t size;
};

static struct part part_of(const struct file_source *source, uint64_t offset, size_t size)
{
	struct part part = { .piece = (size_t)(offset / ARTIFACT_PIECE),
		.skip = (size_t)(offset % ARTIFACT_PIECE) };
	size_t left = artifact_piece_size(source->artifact.size, part.piece) - part.skip;

	part.size = size < left ? size : left;
	return part;
}

static bool copy_unchecked(struct file_source *source, const struct open_view *view,
	const struct part *part, char *ret_buffer)
{
	SCOPED(piece) room = NULL;

	if (part->size == artifact_piece_size(source->artifact.size, part->piece))
		return read_checking(source, view, part->piece, ret_buffer);
	room = xgrow(NULL, 1, sizeof(*room));
	if (!read_checking(source, view, part->piece, room->data))
		return false;
	memcpy(ret_buffer, room->data + part->skip, part->size);
	return true;
}

enum found { RIGHT, WRONG, CHANGED };

static enum found copy(struct file_source *source, const struct open_view *view,
	const struct part *part, char *ret_buffer)
{
	uint64_t offset = part->piece * ARTIFACT_PIECE + part->skip;
	bool copied;

	if (!open_view_checked(view, part->piece))
		return copy_unchecked(source, view, part, ret_buffer) ? RIGHT : WRONG;
	copied = read_whole(view->fd, ret_buffer, part->size, offset);
	if (!open_view_holds(source->artifacts->files, view))
		return CHANGED;
	return copied ? RIGHT : WRONG;
}

static ssize_t file_read(struct body_source *base, uint64_t offset, char *buffer, size_t size)
{
	struct file_source *source = (struct file_source *)base;
	struct part part = part_of(source, offset, size);
	struct open_view view;

	for (int i = 0; i < ATTEMPTS && !atomic_load(&source->damaged) && enter(source, &view);
		i++) {
		enum found found = copy(source, &view, &part, buffer);

		leave(source, &view);
		if (found == RIGHT)
			return (ssize_t)part.size;
		if (found == WRONG)
			break;
	}
	metrics_add(METRIC_DISK_ERRORS, LABELS(LABEL_DISK_OP_ARTIFACT), 1);
	return -1;
}

/* Pieces, and how many of them may have to be checked now. */
struct pieces {
	size_t first;
	size_t end;
	size_t most_unchecked;
};

static size_t count_unchecked(const struct open_view *view, const struct pieces *pieces)
{
	size_t count = 0;

	for (size_t i = pieces->first; i < pieces->end; i++)
		count += !open_view_checked(view, i);
	return count;
}

static bool check(
	struct file_source *source, const struct open_view *view, const struct pieces *pieces)
{
	size_t unchecked = count_unchecked(view, pieces);
	SCOPED(piece) room = NULL;

	if (unchecked == 0)
		return true;
	if (unchecked > pieces->most_unchecked)
		return false;
	room = xgrow(NULL, 1, sizeof(*room));
	for (size_t i = pieces->first; i < pieces->end; i++) {
		if (open_view_checked(view, i) || read_checking(source, view, i, room->data))
			continue;
		atomic_store(&source->damaged, true);
		return false;
	}
	return true;
}

static int open_checked(struct file_source *source, const struct pieces *pieces)
{
	struct open_view view;

	for (int i = 0; i < ATTEMPTS && enter(source, &view); i++) {
		bool right = check(source, &view, pieces);
		bool holds = open_view_holds(source->artifacts->files, &view);
		int fd = right && holds ? fcntl(view.fd, F_DUPFD_CLOEXEC, 0) : -1;

		leave(source, &view);
		if (holds)
			return fd;
	}
	return -1;
}

static int file_open(struct body_source *base, uint64_t offset, uint64_t size)
{
	struct file_source *source = (struct file_source *)base;
	uint64_t whole = source->artifact.size;
	struct pieces pieces = { .first = (size_t)(offset / ARTIFACT_PIECE),
		.most_unchecked = MOST_CHECKED_FIRST };

	if (offset > whole || size > whole - offset)
		return -1;
	pieces.end = size > 0 ? artifact_pieces(offset + size) : pieces.first;
	return open_checked(source, &pieces);
}

static void file_free(struct body_source *base)
{
	struct file_source *source = (struct file_source *)base;

	open_files_release(source->artifacts->files, &source->wish);
	artifacts_unref(source->artifacts);
	free(source->wish.path);
	artifact_done(&source->artifact);
	free(source);
}

static const struct body_source_ops file_ops = {
	.read = file_read,
	.open = file_open,
	.free = file_free,
};

static uint64_t *copy_sums(const struct artifact *artifact)
{
	uint64_t *sums = NULL;

	if (artifact->sum_count == 0)
		return NULL;
	sums = xgrow(NULL, artifact->sum_count, sizeof(sums[0]));
	memcpy(sums, artifact->sums, artifact->sum_count * sizeof(sums[0]));
	return sums;
}

struct body *artifacts_body(struct artifacts *artifacts, const struct artifact *artifact)
{
	struct file_source *source = xalloc(sizeof(*source));
	char path[PATH_MAX];

	artifacts_path(artifacts, artifact->digest, path);
	source->base.ops = &file_ops;
	source->artifacts = artifacts_ref(artifacts);
	source->artifact = *artifact;
	source->artifact.sums = copy_sums(artifact);
	source->wish.path = xcopy(path, strlen(path));
	source->wish.digest = source->artifact.digest;
	source->wish.pieces = artifact_pieces(artifact->size);
	return body_new_at(&source->base, (size_t)artifact->size);
}

bool artifact_known(const struct body *body, struct artifact *ret)
{
	const struct file_source *source = (const struct file_source *)body->source;

	if (body->source == NULL || body->source->ops != &file_ops)
		return false;
	*ret = source->artifact;
	ret->sums = copy_sums(&source->artifact);
	return true;
}

int artifact_checked(struct body *body)
{
	const struct pieces all = { 0, artifact_pieces(body->size), SIZE_MAX };

	assert(body->source != NULL && body->source->ops == &file_ops);
	return open_checked((struct file_source *)body->source, &all);
}
