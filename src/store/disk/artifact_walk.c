/* store/disk/artifact_walk.c - all that lies in DIR/objects, ours and foreign.
 *
 * Foreign is whatever stands where its name, place or kind is none that artifacts_put() makes: it is
 * told, not entered, not followed. What goes or comes meanwhile may or may not be told.
 *
 * Threads: any. Ownership: borrows all; a file's name is the visitor's for the length of its call.
 */
#include "artifacts_inside.h"

#include "util/octets.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LEVELS 2 /* of directories between objects/ and the files */

struct walk {
	bool (*visit)(void *arg, const struct artifact_file *file);
	void *arg;
	bool ended;                /* by the visitor */
	const char *names[LEVELS]; /* of the directories that it is in */
	char path[PATH_MAX + NAME_MAX];
};

/* Lower case, exactly count bytes. */
static bool parse_hex(const char *text, size_t count, unsigned char *ret)
{
	return strlen(text) == 2 * count && octets_from_hex(slice_of(text), (char *)ret);
}

static void tell(struct walk *walk, const struct stat *found, const unsigned char *digest)
{
	const struct artifact_file file = {
		.digest = digest,
		.path = walk->path,
		.size = (uint64_t)found->st_size,
		.changed_ms = found->st_ctim.tv_sec * 1000 + found->st_ctim.tv_nsec / 1000000,
	};

	walk->ended = !walk->visit(walk->arg, &file);
}

/* Of a regular file in the right place. */
static bool is_ours(const struct walk *walk, const char *name, unsigned char *ret_digest)
{
	return parse_hex(name, DIGEST_SIZE, ret_digest) && strncmp(name, walk->names[0], 2) == 0 &&
	       strncmp(name + 2, walk->names[1], 2) == 0;
}

static enum rc walk_directory(struct walk *walk, size_t level);

static enum rc walk_entry(struct walk *walk, size_t level, const char *name)
{
	unsigned char digest[DIGEST_SIZE];
	struct stat found;

	if (lstat(walk->path, &found) != 0)
		return errno == ENOENT ? RC_OK : RC_IO;
	if (level < LEVELS && S_ISDIR(found.st_mode) && parse_hex(name, 1, digest)) {
		walk->names[level] = name;
		return walk_directory(walk, level + 1);
	}
	if (level == LEVELS && S_ISREG(found.st_mode) && is_ours(walk, name, digest))
		tell(walk, &found, digest);
	else
		tell(walk, &found, NULL);
	return RC_OK;
}

/* The next name that is neither "." nor ".."; NULL with errno 0: none. */
static const char *next_name(DIR *directory)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(directory);
	} while (entry != NULL &&
		 (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	return entry != NULL ? entry->d_name : NULL;
}

static enum rc walk_entries(struct walk *walk, size_t level, DIR *directory)
{
	size_t end = strlen(walk->path);
	const char *name;

	while (!walk->ended && (name = next_name(directory)) != NULL) {
		snprintf(walk->path + end, sizeof(walk->path) - end, "/%s", name);
		TRY(walk_entry(walk, level, name));
		walk->path[end] = '\0';
	}
	return walk->ended || errno == 0 ? RC_OK : RC_IO;
}

/* A directory that went meanwhile has no files. */
static enum rc walk_directory(struct walk *walk, size_t level)
{
	DIR *directory = opendir(walk->path);
	enum rc rc;

	if (directory == NULL)
		return errno == ENOENT && level > 0 ? RC_OK : RC_IO;
	rc = walk_entries(walk, level, directory);
	closedir(directory);
	return rc;
}

enum rc artifacts_walk(struct artifacts *artifacts,
	bool (*visit)(void *arg, const struct artifact_file *file), void *arg)
{
	struct walk walk = { .visit = visit, .arg = arg };

	snprintf(walk.path, sizeof(walk.path), "%s", artifacts->objects);
	return walk_directory(&walk, 0);
}
