/* control/audit/audit_list.c - the audit log read backwards: the newest lines first, a block at a time.
 *
 * Lines are never changed, so that only the size is asked for under the lock. Threads, ownership: audit.h.
 */
#include "audit_file.h"

#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (2 * AUDIT_LINE_MOST)

/* A descriptor of our own, and the size of what is there. */
static enum rc open_view(struct audit *audit, int *ret_fd, uint64_t *ret_size)
{
	struct stat found;
	enum rc rc = RC_ABSENT;

	TRY(audit_lock(audit));
	if (audit->file.fd >= 0) {
		*ret_fd = dup(audit->file.fd);
		rc = *ret_fd >= 0 && fstat(*ret_fd, &found) == 0 ? RC_OK : RC_IO;
		if (rc != RC_OK && *ret_fd >= 0)
			close(*ret_fd);
		*ret_size = rc == RC_OK ? (uint64_t)found.st_size : 0;
	}
	pthread_mutex_unlock(&audit->lock);
	return rc;
}

struct walk {
	int fd;
	uint64_t end; /* of what hasn't been looked at */
	struct audit_place *place;
	size_t left;
	json_t *list;
};

/* Up to a block that ends where the walk has come to. */
static enum rc read_before(const struct walk *walk, char block[BLOCK], struct slice *ret)
{
	size_t size = walk->end < BLOCK ? (size_t)walk->end : BLOCK, got = 0;
	uint64_t begin = walk->end - size;

	while (got < size) {
		ssize_t n = pread(walk->fd, block + got, size - got, (off_t)(begin + got));

		if (n < 0)
			return rc_of_errno();
		if (n == 0)
			return RC_INVALID; /* it has become shorter */
		got += (size_t)n;
	}
	*ret = (struct slice){ block, size };
	return RC_OK;
}

/* Whether the line that begins at the place has its number. */
static enum rc check_place(const struct walk *walk)
{
	char block[AUDIT_LINE_MOST];
	struct slice text = { block, 0 };
	struct chain_line found;
	ssize_t got;

	if (walk->place->at >= walk->end)
		return RC_INVALID;
	got = pread(walk->fd, block, sizeof(block), (off_t)walk->place->at);
	if (got < 0)
		return rc_of_errno();
	text.size = (size_t)got;
	if (!chain_read(slice_cut(&text, '\n'), &found) || found.seq != walk->place->seq)
		return RC_INVALID;
	return RC_OK;
}

static void take(struct walk *walk, struct slice line)
{
	json_t *json = json_loadb(line.data, line.size, 0, NULL);
	struct chain_line sealed;

	if (json == NULL || !chain_read(line, &sealed)) {
		json_decref(json); /* a line that was broken off */
		return;
	}
	json_array_append_new(walk->list, json);
	*walk->place = (struct audit_place){ walk->end, sealed.seq };
	walk->left--;
}

/* The whole lines of a block that ends where the walk has come to, the last first. */
static void walk_block(struct walk *walk, struct slice block)
{
	uint64_t begin = walk->end - block.size, was = walk->end;

	while (walk->left > 0 && block.size > 0) {
		size_t feed = block.data[block.size - 1] == '\n' ? 1 : 0, at = block.size - feed;
		size_t end = at;

		while (at > 0 && block.data[at - 1] != '\n')
			at--;
		if (at == 0 && begin > 0)
			break; /* it begins before the block */
		walk->end = begin + at;
		take(walk, (struct slice){ block.data + at, end - at });
		block.size = at;
	}
	if (walk->left > 0 && walk->end == was)
		walk->end = begin; /* longer than any line */
}

static enum rc walk_back(struct walk *walk)
{
	char block[BLOCK];
	struct slice text = { NULL, 0 };

	if (walk->place->at > 0 || walk->place->seq > 0) {
		TRY(check_place(walk));
		walk->end = walk->place->at;
	}
	while (walk->left > 0 && walk->end > 0) {
		TRY(read_before(walk, block, &text));
		walk_block(walk, text);
	}
	if (walk->end == 0)
		*walk->place = (struct audit_place){ 0, 0 };
	return RC_OK;
}

enum rc audit_list(struct audit *audit, struct audit_place *place, size_t count, json_t *list)
{
	struct walk walk = { .place = place, .left = count, .list = list };
	enum rc rc;

	TRY(open_view(audit, &walk.fd, &walk.end));
	rc = walk_back(&walk);
	close(walk.fd);
	return rc;
}
