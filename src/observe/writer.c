/* writer.c - a file with a thread of its own.
 *
 * Two buffers change places: one is filled under the lock while the other is written without it.
 * The file descriptor is the thread's alone. writer_stop() waits until what is queued is written,
 * but not for a reader that has stopped reading.
 */
#include "writer.h"

#include "util/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE_MOST = 1 << 20, HALF = QUEUE_MOST / 2, GATHER_MS = 20, STOP_SECONDS = 3 };

struct batch {
	char *data;
	size_t size;
};

struct writer {
	char *path;
	int fd; /* the thread's, once it runs */
	void (*lost)(uint64_t lines);
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct batch queue;
	size_t reopen_at; /* what is queued before it belongs to the old file */
	bool reopening;
	bool stopping;
};

static int open_path(const char *path)
{
	if (strcmp(path, "stdout") == 0)
		return STDOUT_FILENO;
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

static void close_file(int fd)
{
	if (fd != STDOUT_FILENO)
		close(fd);
}

static uint64_t count_lines(const char *data, size_t size)
{
	uint64_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += data[i] == '\n';
	return count;
}

static void write_all(struct writer *w, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t done = write(w->fd, data, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			w->lost(count_lines(data, size));
			return;
		}
		data += done;
		size -= (size_t)done;
	}
}

static void open_again(struct writer *w)
{
	int fd = open_path(w->path);

	if (fd < 0)
		return;
	close_file(w->fd);
	w->fd = fd;
}

/* Waits for more under the lock, so that a busy server writes large pieces. */
static void gather(struct writer *w)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += GATHER_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	while (w->queue.size < HALF && !w->stopping && !w->reopening) {
		if (pthread_cond_timedwait(&w->wake, &w->lock, &until) == ETIMEDOUT)
			break;
	}
}

/* Swaps the queue for the written batch and writes it; called and left with the lock held. */
static void write_queue(struct writer *w, struct batch *spare)
{
	bool reopening = w->reopening;
	struct batch full = w->queue;
	size_t before = reopening ? w->reopen_at : full.size;

	w->queue = *spare;
	w->reopening = false;
	pthread_mutex_unlock(&w->lock);
	write_all(w, full.data, before);
	if (reopening)
		open_again(w);
	write_all(w, full.data + before, full.size - before);
	full.size = 0;
	*spare = full;
	pthread_mutex_lock(&w->lock);
}

static void *run(void *arg)
{
	struct writer *w = arg;
	struct batch spare = { xalloc(QUEUE_MOST), 0 };

	pthread_mutex_lock(&w->lock);
	while (!w->stopping || w->queue.size > 0) {
		if (w->queue.size == 0 && !w->reopening) {
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		gather(w);
		write_queue(w, &spare);
	}
	pthread_mutex_unlock(&w->lock);
	free(spare.data);
	return NULL;
}

/* Signals are for the main thread. */
static int start_thread(struct writer *w)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static void writer_free(struct writer *w)
{
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	close_file(w->fd);
	free(w->queue.data);
	free(w->path);
	free(w);
}

enum rc writer_start(const char *path, void (*lost)(uint64_t lines), struct writer **ret)
{
	int fd = open_path(path), error;
	pthread_condattr_t monotonic;
	struct writer *w;

	if (fd < 0)
		return RC_IO;
	w = xalloc(sizeof(*w));
	w->fd = fd;
	w->path = xcopy(path, strlen(path));
	w->lost = lost;
	w->queue.data = xalloc(QUEUE_MOST);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	error = start_thread(w);
	if (error != 0) {
		writer_free(w);
		errno = error;
		return RC_IO;
	}
	*ret = w;
	return RC_OK;
}

void writer_put(struct writer *w, const char *data, size_t size)
{
	size_t before;
	bool fits;

	pthread_mutex_lock(&w->lock);
	before = w->queue.size;
	fits = size <= QUEUE_MOST - before;
	if (fits) {
		memcpy(w->queue.data + before, data, size);
		w->queue.size += size;
		/* The thread waits for a first piece, then for half a queue: no call between. */
		if (before == 0 || (before < HALF && w->queue.size >= HALF))
			pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	if (!fits)
		w->lost(count_lines(data, size));
}

void writer_reopen(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	/* A second call before the first was served changes nothing about what came before that. */
	if (!w->reopening)
		w->reopen_at = w->queue.size;
	w->reopening = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void writer_stop(struct writer *w)
{
	struct timespec until;

	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STOP_SECONDS;
	/* stuck in a pipe that nobody reads: the process ends all the same */
	if (pthread_timedjoin_np(w->thread, NULL, &until) == 0)
		writer_free(w);
}
