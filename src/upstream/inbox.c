/* upstream/inbox.c - orders from other threads, and transfers kept to be used again.
 *
 * A transfer lies in the inbox at most once: its atomic `orders` say what for, and the bit
 * ORDER_QUEUED says that it lies there. The loop takes the whole list in one go, then exchanges
 * each one's orders for none. The eventfd is written only when the loop sleeps, and never read: it
 * is edge-triggered, so each write is one wake-up.
 */
#include "loop.h"

#include <unistd.h>

#define MOST_SPARES 128 /* each keeps curl's buffers: some 10 KiB, 64 KiB after large bodies */

static void append(struct upstream_loop *loop, struct transfer *t)
{
	t->next = NULL;
	if (loop->last != NULL)
		loop->last->next = t;
	else
		loop->first = t;
	loop->last = t;
}

static void wake(int fd)
{
	uint64_t one = 1;
	ssize_t size = write(fd, &one, sizeof(one));

	(void)size; /* fails only when the counter is full: then it is awake */
}

void inbox_wake(struct upstream_loop *loop)
{
	bool asleep;

	pthread_mutex_lock(&loop->lock);
	asleep = loop->asleep;
	loop->asleep = false;
	pthread_mutex_unlock(&loop->lock);
	if (asleep)
		wake(loop->wake_fd);
}

enum rc inbox_admit(struct transfer *t, struct transfer **ret)
{
	struct upstream_loop *loop = t->loop;
	int wake_fd = loop->wake_fd;
	bool asleep;

	pthread_mutex_lock(&loop->lock);
	if (loop->stopping) {
		pthread_mutex_unlock(&loop->lock);
		return RC_STOPPED;
	}
	*ret = t;
	atomic_store(&t->orders, ORDER_START | ORDER_QUEUED);
	append(loop, t);
	asleep = loop->asleep;
	loop->asleep = false;
	pthread_mutex_unlock(&loop->lock);
	if (asleep)
		wake(wake_fd);
	return RC_OK;
}

void inbox_post(struct transfer *t, enum order order)
{
	struct upstream_loop *loop = t->loop;
	unsigned before = atomic_fetch_or(&t->orders, order | ORDER_QUEUED);
	bool asleep;

	if ((before & ORDER_QUEUED) != 0)
		return;
	pthread_mutex_lock(&loop->lock);
	append(loop, t);
	asleep = loop->asleep;
	loop->asleep = false;
	pthread_mutex_unlock(&loop->lock);
	if (asleep)
		wake(loop->wake_fd);
}

struct transfer *inbox_take(struct upstream_loop *loop)
{
	struct transfer *batch;

	pthread_mutex_lock(&loop->lock);
	batch = loop->first;
	loop->first = loop->last = NULL;
	if (batch == NULL)
		loop->asleep = true;
	pthread_mutex_unlock(&loop->lock);
	return batch;
}

struct transfer *spare_take(struct upstream_loop *loop)
{
	struct transfer *t;

	pthread_mutex_lock(&loop->lock);
	t = loop->spares;
	if (t != NULL) {
		loop->spares = t->next;
		loop->spare_count--;
	}
	pthread_mutex_unlock(&loop->lock);
	return t != NULL ? t : transfer_new(loop);
}

void spare_put(struct transfer *t)
{
	struct upstream_loop *loop = t->loop;
	bool kept;

	pthread_mutex_lock(&loop->lock);
	kept = loop->spare_count < MOST_SPARES;
	if (kept) {
		t->next = loop->spares;
		loop->spares = t;
		loop->spare_count++;
	}
	pthread_mutex_unlock(&loop->lock);
	if (!kept)
		transfer_free(t);
}
