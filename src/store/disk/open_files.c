/* store/disk/open_files.c - a table by digest and a list by use, under one lock.
 *
 * Each change under the lock ends with settle(), which says what nobody needs any more; that is disposed
 * of outside, because the last close() of a removed file gives its blocks back. Threads and ownership:
 * open_files.h.
 */
#include "open_files.h"

#include "util/alloc.h"
#include "util/list.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTEMPTS       3    /* to find a name and its file agree */
#define TICK_MS        50   /* the clock of times in files may be that late */
#define COARSE_TICK_MS 2000 /* where a file system keeps seconds only */

struct open_file {
	struct list named;  /* in its bucket, or alone */
	struct list listed; /* by use, or alone */
	unsigned char digest[DIGEST_SIZE];
	int fd; /* -1: closed; not listed then */
	bool is_named;
	bool is_listed;
	unsigned holders;
	unsigned readers;
	struct file_state state;
	uint32_t generation; /* of state; from 1 on */
	size_t pieces;
	atomic_uint checked[]; /* the generation in which each piece was, or 0 */
};

struct open_files {
	pthread_mutex_t lock;
	unsigned most;
	unsigned count;     /* listed ones */
	struct list by_use; /* the one used last is the last */
	size_t mask;
	struct list buckets[];
};

/* What has to be done without the lock. */
struct remains {
	int fd;
	struct open_file *file;
};

struct open_files *open_files_new(unsigned most)
{
	struct open_files *files;
	size_t buckets = 8;

	while (buckets < most && buckets < (1 << 16))
		buckets *= 2;
	files = xalloc(sizeof(*files) + buckets * sizeof(files->buckets[0]));
	pthread_mutex_init(&files->lock, NULL);
	files->most = most > 0 ? most : 1;
	list_init(&files->by_use);
	files->mask = buckets - 1;
	for (size_t i = 0; i < buckets; i++)
		list_init(&files->buckets[i]);
	return files;
}

static void unlist(struct open_files *files, struct open_file *file)
{
	list_remove(&file->listed);
	file->is_listed = false;
	files->count--;
}

static void unname(struct open_file *file)
{
	list_remove(&file->named);
	file->is_named = false;
}

static struct remains settle(struct open_files *files, struct open_file *file)
{
	struct remains remains = { -1, NULL };

	if (file->is_listed && !file->is_named && file->holders == 0)
		unlist(files, file);
	if (file->is_listed || file->readers > 0)
		return remains;
	assert(!file->is_named);
	remains.fd = file->fd;
	file->fd = -1;
	if (file->holders == 0)
		remains.file = file;
	return remains;
}

static void dispose(struct remains remains)
{
	if (remains.fd >= 0)
		close(remains.fd);
	free(remains.file);
}

void open_files_free(struct open_files *files)
{
	LIST_EACH_SAFE(at, &files->by_use) {
		struct open_file *file = LIST_ITEM(at, struct open_file, listed);

		assert(file->holders == 0 && file->readers == 0);
		unname(file);
		dispose(settle(files, file));
	}
	pthread_mutex_destroy(&files->lock);
	free(files);
}

static struct list *bucket_of(struct open_files *files, const unsigned char *digest)
{
	uint64_t bits;

	memcpy(&bits, digest, sizeof(bits));
	return &files->buckets[bits & files->mask];
}

static struct open_file *find(struct open_files *files, const unsigned char *digest)
{
	LIST_EACH(at, bucket_of(files, digest)) {
		struct open_file *file = LIST_ITEM(at, struct open_file, named);

		if (memcmp(file->digest, digest, DIGEST_SIZE) == 0)
			return file;
	}
	return NULL;
}

static struct file_state state_of(const struct stat *found)
{
	return (struct file_state){
		.device = found->st_dev,
		.inode = found->st_ino,
		.size = found->st_size,
		.modified = found->st_mtim,
		.changed = found->st_ctim,
	};
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_state(const struct file_state *a, const struct file_state *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       same_time(a->modified, b->modified) && same_time(a->changed, b->changed);
}

/* Under the lock: the caller reads from it until open_files_leave(). */
static void see(struct open_files *files, struct open_file *file, struct open_view *ret)
{
	file->readers++;
	list_remove(&file->listed);
	list_append(&files->by_use, &file->listed);
	*ret = (struct open_view){ file, file->fd, file->generation, file->state };
}

/* The one that is held, as long as it is open, or the one that is found by name. */
static bool enter_open(
	struct open_files *files, struct open_wish *wish, bool by_name, struct open_view *ret)
{
	struct open_file *file;

	pthread_mutex_lock(&files->lock);
	file = by_name ? find(files, wish->digest) : wish->held;
	if (file != NULL && !file->is_listed)
		file = NULL;
	if (file != NULL)
		see(files, file, ret);
	pthread_mutex_unlock(&files->lock);
	return file != NULL;
}

/* A link or a pipe in its place is not followed and not waited for. The time of access is nobody's
 * business, but only a file's owner may leave it alone. */
static int open_regular(const char *path, struct stat *ret)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = open(path, flags);
	if (fd >= 0 && (fstat(fd, ret) != 0 || !S_ISREG(ret->st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static struct open_file *open_anew(const struct open_wish *wish)
{
	struct stat found;
	int fd = open_regular(wish->path, &found);
	struct open_file *file;

	if (fd < 0)
		return NULL;
	file = xalloc(sizeof(*file) + wish->pieces * sizeof(file->checked[0]));
	list_init(&file->named);
	list_init(&file->listed);
	memcpy(file->digest, wish->digest, DIGEST_SIZE);
	file->fd = fd;
	file->state = state_of(&found);
	file->generation = 1;
	file->pieces = wish->pieces;
	return file;
}

/* Under the lock: room for one more. */
static struct remains make_room(struct open_files *files)
{
	struct open_file *oldest;

	if (files->count < files->most)
		return (struct remains){ -1, NULL };
	oldest = LIST_ITEM(files->by_use.next, struct open_file, listed);
	unname(oldest);
	unlist(files, oldest);
	return settle(files, oldest);
}

/* Where another thread was faster, its file is as good. */
static bool enter_new(struct open_files *files, struct open_wish *wish, struct open_view *ret)
{
	struct open_file *file = open_anew(wish), *other;
	struct remains remains = { -1, NULL };

	if (file == NULL)
		return false;
	pthread_mutex_lock(&files->lock);
	other = find(files, wish->digest);
	if (other != NULL) {
		remains = (struct remains){ file->fd, file };
		file = other;
	} else {
		remains = make_room(files);
		list_append(bucket_of(files, wish->digest), &file->named);
		file->is_named = file->is_listed = true;
		files->count++;
	}
	see(files, file, ret);
	pthread_mutex_unlock(&files->lock);
	dispose(remains);
	return true;
}

/* file NULL: none any more. */
static void hold(struct open_files *files, struct open_wish *wish, struct open_file *file)
{
	struct remains remains = { -1, NULL };
	struct open_file *before;

	pthread_mutex_lock(&files->lock);
	before = wish->held;
	wish->held = file;
	if (file != NULL)
		file->holders++;
	if (before != NULL) {
		before->holders--;
		remains = settle(files, before);
	}
	pthread_mutex_unlock(&files->lock);
	dispose(remains);
}

static void forget(struct open_files *files, struct open_file *file)
{
	struct remains remains;

	pthread_mutex_lock(&files->lock);
	unname(file);
	remains = settle(files, file);
	pthread_mutex_unlock(&files->lock);
	dispose(remains);
}

/* Who did not read from it yet gets what lies under its name now. */
static bool stands_as_seen(const struct open_wish *wish, const struct open_view *view)
{
	struct stat found;
	struct file_state now;

	if (lstat(wish->path, &found) != 0)
		return false;
	now = state_of(&found);
	return same_state(&now, &view->state);
}

bool open_files_enter(struct open_files *files, struct open_wish *wish, struct open_view *ret)
{
	if (enter_open(files, wish, false, ret))
		return true;
	for (int i = 0; i < ATTEMPTS; i++) {
		if (!enter_open(files, wish, true, ret) && !enter_new(files, wish, ret))
			return false;
		if (ret->file->pieces == wish->pieces && stands_as_seen(wish, ret)) {
			hold(files, wish, ret->file);
			return true;
		}
		forget(files, ret->file);
		open_files_leave(files, ret);
	}
	return false;
}

void open_files_leave(struct open_files *files, struct open_view *view)
{
	struct remains remains;

	pthread_mutex_lock(&files->lock);
	view->file->readers--;
	remains = settle(files, view->file);
	pthread_mutex_unlock(&files->lock);
	dispose(remains);
}

void open_files_release(struct open_files *files, struct open_wish *wish)
{
	hold(files, wish, NULL);
}

void open_files_forget(struct open_files *files, const unsigned char digest[static DIGEST_SIZE])
{
	struct remains remains = { -1, NULL };
	struct open_file *file;

	pthread_mutex_lock(&files->lock);
	file = find(files, digest);
	if (file != NULL) {
		unname(file);
		remains = settle(files, file);
	}
	pthread_mutex_unlock(&files->lock);
	dispose(remains);
}

bool open_view_holds(struct open_files *files, const struct open_view *view)
{
	struct stat found;
	struct file_state now;

	if (fstat(view->fd, &found) != 0)
		return false;
	now = state_of(&found);
	if (same_state(&now, &view->state))
		return true;
	pthread_mutex_lock(&files->lock);
	if (!same_state(&now, &view->file->state)) {
		view->file->state = now;
		view->file->generation++;
	}
	pthread_mutex_unlock(&files->lock);
	return false;
}

bool open_view_checked(const struct open_view *view, size_t piece)
{
	unsigned when = atomic_load_explicit(&view->file->checked[piece], memory_order_relaxed);

	return when == view->generation;
}

/* Whether a change from now on bears another time than the last one. */
static bool is_settled(const struct file_state *state)
{
	const struct timespec *changed = &state->changed;
	int64_t tick_ms = changed->tv_nsec != 0 ? TICK_MS : COARSE_TICK_MS;
	struct timespec now;
	int64_t since_ms;

	clock_gettime(CLOCK_REALTIME, &now);
	since_ms =
		(now.tv_sec - changed->tv_sec) * 1000 + (now.tv_nsec - changed->tv_nsec) / 1000000;
	return since_ms > tick_ms;
}

void open_view_mark(const struct open_view *view, size_t piece)
{
	if (is_settled(&view->state))
		atomic_store_explicit(
			&view->file->checked[piece], view->generation, memory_order_relaxed);
}
