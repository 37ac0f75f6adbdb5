/* store/disk/lock.c - the lock on a directory.
 *
 * An open file description's lock (F_OFD_SETLK), because a process's lock goes with the first descriptor
 * of the file that any of its threads closes; it tells no pid, so that stands in the file. A pid without
 * a lock is what a larder left behind that has ended. The file is never removed: two could then have a
 * lock each, on two files of that name.
 *
 * Threads: any. Ownership: lock.h.
 */
#include "lock.h"

#include "util/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_MODE    0640
#define LONGEST_TEXT 32

static struct flock whole_file(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

/* 0: there is none. */
static pid_t read_pid(int fd)
{
	char text[LONGEST_TEXT];
	ssize_t count = pread(fd, text, sizeof(text), 0);
	struct slice rest = { text, count > 0 ? (size_t)count : 0 };
	uint64_t pid;

	if (!slice_to_u64(slice_cut(&rest, '\n'), &pid) || pid > INT_MAX)
		return 0;
	return (pid_t)pid;
}

/* A full device leaves it empty: then nobody is told a pid, or a wrong one. */
static enum rc write_pid(int fd)
{
	char text[LONGEST_TEXT];
	int size = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) != 0)
		return rc_of_errno();
	if (pwrite(fd, text, (size_t)size, 0) != size && ftruncate(fd, 0) != 0)
		return rc_of_errno();
	return RC_OK;
}

static enum rc take(int fd, pid_t *ret_pid)
{
	struct flock lock = whole_file();

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return write_pid(fd);
	if (errno != EAGAIN && errno != EACCES)
		return rc_of_errno();
	*ret_pid = read_pid(fd);
	return RC_LOCKED;
}

enum rc lock_take(const char *path, int *ret_fd, pid_t *ret_pid)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	enum rc rc;

	if (fd < 0)
		return rc_of_errno();
	rc = take(fd, ret_pid);
	if (rc == RC_OK)
		*ret_fd = fd;
	else
		close(fd);
	return rc;
}

void lock_release(int fd)
{
	close(fd);
}

pid_t lock_holder(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct flock lock = whole_file();
	pid_t pid = LOCK_HOLDER_UNKNOWN;

	if (fd < 0)
		return errno == ENOENT ? 0 : LOCK_HOLDER_UNKNOWN;
	if (fcntl(fd, F_OFD_GETLK, &lock) == 0) {
		pid = lock.l_type != F_UNLCK ? read_pid(fd) : 0;
		if (lock.l_type != F_UNLCK && pid == 0)
			pid = LOCK_HOLDER_UNKNOWN;
	}
	close(fd);
	return pid;
}
