/* store/disk/aside.c - corrupt databases under another name. Threads and ownership: aside.h. */
#include "aside.h"

#include "util/alloc.h"
#include "util/clock.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define MARK ".corrupt-"

static const char *const companions[] = { "", "-wal", "-shm" };
#define COMPANIONS (sizeof(companions) / sizeof(companions[0]))

enum rc aside_move(const char *path)
{
	size_t size = strlen(path) + 64;
	char *from = xalloc(size), *to = xalloc(size), stamp[32];
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm utc;
	enum rc rc = RC_OK;

	gmtime_r(&now, &utc);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
	for (size_t i = 0; i < COMPANIONS && rc == RC_OK; i++) {
		snprintf(from, size, "%s%s", path, companions[i]);
		snprintf(to, size, "%s" MARK "%s%s", path, stamp, companions[i]);
		if (rename(from, to) != 0 && errno != ENOENT)
			rc = rc_of_errno();
	}
	free(from);
	free(to);
	return rc;
}

static bool is_aside(const char *name, const char *database)
{
	size_t size = strlen(database);

	return strncmp(name, database, size) == 0 &&
	       strncmp(name + size, MARK, sizeof(MARK) - 1) == 0;
}

enum rc aside_list(
	const char *path, void (*show)(void *arg, const struct aside_file *file), void *arg)
{
	const char *name = strrchr(path, '/'); /* DIR/larder.db */
	char at[PATH_MAX + NAME_MAX];
	struct stat found;
	DIR *directory;

	snprintf(at, sizeof(at), "%.*s", (int)(name - path), path);
	directory = opendir(at);
	if (directory == NULL)
		return rc_of_errno();
	for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
		snprintf(at, sizeof(at), "%.*s/%s", (int)(name - path), path, entry->d_name);
		if (!is_aside(entry->d_name, name + 1) || lstat(at, &found) != 0)
			continue;
		show(arg, &(struct aside_file){ .path = at,
				  .size = (uint64_t)found.st_size,
				  .changed_ms = found.st_ctim.tv_sec * 1000 +
						found.st_ctim.tv_nsec / 1000000 });
	}
	closedir(directory);
	return RC_OK;
}
