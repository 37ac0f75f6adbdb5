/* store/disk/open_files.h - a bounded number of open artifacts, and which pieces of them were checked.
 *
 *	named	found by its digest: what was opened under its name and not removed since
 *	listed	its descriptor is open and counted; the one that was used longest ago leaves first
 *	held	a source has read from it: it reads on after the file was removed, until it leaves the list
 *
 * What was checked holds for the file as it was then: inode, size and times. A change of these begins a
 * new generation, in which nothing was checked yet. A file that no longer stands under its name as it did
 * is not found by those who have not read from it.
 *
 * Threads: any; no lock is held across I/O, so that threads that read at the same time may have a
 * descriptor each above the bound for that long. Ownership: open_files_new() gives the table to the
 * caller; a file belongs to it, and a holder or view keeps it.
 */
#pragma once

#include "util/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct open_files;
struct open_file;

/* most: descriptors; at least one. */
struct open_files *open_files_new(unsigned most);
void open_files_free(struct open_files *files);

/* What tells one state of a file from another. */
struct file_state {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	struct timespec changed;
};

/* A file as one reader sees it. */
struct open_view {
	struct open_file *file;
	int fd;
	uint32_t generation;
	struct file_state state; /* in that generation */
};

/* What a source wants: a regular file. */
struct open_wish {
	char *path;
	const unsigned char *digest;
	size_t pieces; /* of it */
	struct open_file
		*held; /* guarded by the table: NULL at first, open_files_release() at last */
};

/* The file, opened if it is not; false: there is none. After true: open_files_leave(). */
bool open_files_enter(struct open_files *files, struct open_wish *wish, struct open_view *ret);
void open_files_leave(struct open_files *files, struct open_view *view);
void open_files_release(struct open_files *files, struct open_wish *wish);

/* Its name is gone, or another file's: who enters anew does not find this one. */
void open_files_forget(struct open_files *files, const unsigned char digest[static DIGEST_SIZE]);

/* Whether the file is still as the view has it: asked after bytes were read, it says that they had been
 * checked. If not, those who enter next see the new generation. */
bool open_view_holds(struct open_files *files, const struct open_view *view);

/* Whether a piece was found right in this view's generation; and that it was, if that can be relied on:
 * not where the next change could bear the time of the last. */
bool open_view_checked(const struct open_view *view, size_t piece);
void open_view_mark(const struct open_view *view, size_t piece);
