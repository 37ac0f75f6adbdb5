/* store/disk/artifact_spool.c - bodies that are no files of ours yet: spooled ones, and what any body's
 * name and sums are.
 *
 * A spool file's bytes are not checked: this process wrote them a moment ago. Threads: any. Ownership:
 * artifacts.h.
 */
#include "artifacts_inside.h"

#include "util/alloc.h"
#include "util/hash.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define SUM_SEED 0x6c61726465720001ULL /* stands in what is stored: never changes */

struct spool {
	struct body_source base;
	int fd;
};

static ssize_t spool_read(struct body_source *source, uint64_t offset, char *buffer, size_t size)
{
	ssize_t count = pread(((struct spool *)source)->fd, buffer, size, (off_t)offset);

	return count > 0 ? count : -1; /* 0: somebody cut it short */
}

static int spool_open(struct body_source *source, uint64_t offset, uint64_t size)
{
	return fcntl(((struct spool *)source)->fd, F_DUPFD_CLOEXEC, 0);
}

static void spool_free(struct body_source *source)
{
	close(((struct spool *)source)->fd);
	free(source);
}

static const struct body_source_ops spool_ops = {
	.pins = true,
	.read = spool_read,
	.open = spool_open,
	.free = spool_free,
};

struct body *artifact_spooled(int fd, uint64_t size)
{
	struct spool *spool = xalloc(sizeof(*spool));

	spool->base.ops = &spool_ops;
	spool->fd = fd;
	return body_new_at(&spool->base, (size_t)size);
}

int artifact_spool_fd(const struct body *body)
{
	bool spooled = body->source != NULL && body->source->ops == &spool_ops;

	return spooled ? ((const struct spool *)body->source)->fd : -1;
}

uint64_t artifact_sum(const char *data, size_t size)
{
	return hash_bytes(data, size, SUM_SEED);
}

enum rc artifact_piece(struct body *body, size_t index, struct piece *room, struct slice *ret)
{
	uint64_t offset = index * ARTIFACT_PIECE;
	size_t size = artifact_piece_size(body->size, index);
	size_t done = 0;

	if (body_in_memory(body)) {
		*ret = (struct slice){ body->data + offset, size };
		return RC_OK;
	}
	while (done < size) {
		ssize_t count = body_read(body, offset + done, room->data + done, size - done);

		if (count <= 0)
			return RC_IO;
		done += (size_t)count;
	}
	*ret = (struct slice){ room->data, size };
	return RC_OK;
}

static enum rc sum_pieces(struct body *body, struct digest *digest, struct artifact *artifact)
{
	SCOPED(piece) room = xgrow(NULL, 1, sizeof(*room));
	struct slice data;

	for (size_t i = 0; i < artifact->sum_count; i++) {
		TRY(artifact_piece(body, i, room, &data));
		digest_update(digest, data);
		artifact->sums[i] = artifact_sum(data.data, data.size);
	}
	return RC_OK;
}

enum rc artifact_describe(struct body *body, struct artifact *ret)
{
	SCOPED(digest) digest = digest_begin();
	struct artifact made = { .size = body->size, .sum_count = artifact_pieces(body->size) };
	enum rc rc;

	if (artifact_known(body, ret))
		return RC_OK;
	if (made.sum_count > 0)
		made.sums = xgrow(NULL, made.sum_count, sizeof(made.sums[0]));
	rc = sum_pieces(body, digest, &made);
	if (rc != RC_OK) {
		artifact_done(&made);
		return rc;
	}
	digest_end(digest, made.digest);
	*ret = made;
	return RC_OK;
}

void artifact_done(struct artifact *artifact)
{
	free(artifact->sums);
	artifact->sums = NULL;
	artifact->sum_count = 0;
}
