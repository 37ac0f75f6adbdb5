/* control/audit/audit_file.c - the file of an audit log: how it ends, and one line more. Threads, ownership: audit_file.h. */
#include "audit_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The last lines, whatever their number. RC_OK with less than a line where it is longer than any of ours. */
static enum rc read_tail(int fd, uint64_t size, struct bytes *ret)
{
	char block[4096];
	uint64_t at = size > ret->limit ? size - ret->limit : 0;

	while (at < size) {
		size_t wanted = size - at < sizeof(block) ? (size_t)(size - at) : sizeof(block);
		ssize_t got = pread(fd, block, wanted, (off_t)at);

		if (got <= 0)
			return got < 0 ? rc_of_errno() : RC_OK;
		TRY(bytes_append(ret, block, (size_t)got));
		at += (uint64_t)got;
	}
	return RC_OK;
}

/* Takes the last line off *rest, without its line feed; *rest ends with one then, or is empty. */
static struct slice last_line(struct slice *rest)
{
	size_t begin = rest->size;
	struct slice line;

	while (begin > 0 && rest->data[begin - 1] != '\n')
		begin--;
	line = slice_skip(*rest, begin);
	rest->size = begin;
	return line;
}

/* Back to the last line that is one of ours; what lies behind it was broken off. */
static void understand(struct audit_file *file, struct slice tail, bool is_all)
{
	uint64_t behind = 0, lines = 0;
	struct chain_line last;

	file->needs_feed = tail.size > 0 && tail.data[tail.size - 1] != '\n';
	if (tail.size > 0 && !file->needs_feed)
		tail.size--;
	while (tail.size > 0) {
		struct slice line = last_line(&tail);

		if (chain_read(line, &last)) {
			chain_follow(&file->chain, &last);
			file->has_line = true;
			file->torn = behind;
			return;
		}
		behind += line.size + (lines++ > 0 ? 1 : 0);
		if (tail.size > 0)
			tail.size--;
	}
	file->torn = is_all ? behind : 0;
	file->is_damaged = !is_all;
}

enum rc audit_file_end(struct audit_file *file)
{
	struct stat found;
	struct bytes tail;
	enum rc rc;

	*file = (struct audit_file){ .fd = file->fd };
	chain_init(&file->chain);
	if (fstat(file->fd, &found) != 0)
		return rc_of_errno();
	bytes_init(&tail, 2 * AUDIT_LINE_MOST);
	rc = read_tail(file->fd, (uint64_t)found.st_size, &tail);
	if (rc == RC_OK)
		understand(file, bytes_slice(&tail), (uint64_t)found.st_size <= tail.limit);
	bytes_done(&tail);
	return rc;
}

/* Somebody emptied it under us. */
static enum rc look_at_size(struct audit_file *file, uint64_t *ret)
{
	struct stat found;

	if (fstat(file->fd, &found) != 0)
		return rc_of_errno();
	if (found.st_size == 0) {
		file->has_line = false;
		file->needs_feed = false;
		file->torn = 0;
	}
	*ret = (uint64_t)found.st_size;
	return RC_OK;
}

/* What was written of a line is taken back; where the file may only grow, the next line tells of it. */
static void take_back(struct audit_file *file, uint64_t size, size_t written)
{
	size_t feed = file->needs_feed ? 1 : 0;

	if (written == 0 || ftruncate(file->fd, (off_t)size) == 0)
		return;
	file->needs_feed = written > feed;
	if (written > feed)
		file->torn += (file->torn > 0 ? 1 : 0) + written - feed;
}

static enum rc write_line(struct audit_file *file, struct slice line, uint64_t size)
{
	const size_t skip = file->needs_feed ? 0 : 1;
	char feed[] = "\n";
	struct iovec pieces[] = {
		{ feed, 1 },
		{ (void *)(uintptr_t)line.data, line.size },
		{ feed, 1 },
	};
	ssize_t wanted = (ssize_t)(line.size + 2 - skip);
	ssize_t written = writev(file->fd, pieces + skip, 3 - (int)skip);
	enum rc rc = written < 0 ? rc_of_errno() : RC_FULL;

	if (written == wanted)
		return RC_OK;
	take_back(file, size, written > 0 ? (size_t)written : 0);
	return rc;
}

enum rc audit_file_append(struct audit_file *file, struct bytes *line, bool durable)
{
	struct chain_line sealed;
	uint64_t size = 0;

	TRY(look_at_size(file, &size));
	TRY(chain_seal(&file->chain, line, !file->has_line, file->torn));
	if (!chain_read(bytes_slice(line), &sealed))
		return RC_INVALID;
	TRY(write_line(file, bytes_slice(line), size));
	chain_follow(&file->chain, &sealed);
	file->has_line = true;
	file->needs_feed = false;
	file->torn = 0;
	return durable && fdatasync(file->fd) != 0 ? rc_of_errno() : RC_OK;
}
