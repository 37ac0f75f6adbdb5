/* proxy/purge/purge_wait.c - purges for who can wait for their end: on threads that answer no client of the cache. */
#include "purge_job.h"

#include "state.h"

#include "store/disk.h"

struct wait {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t left;
};

/* One of those that are waited for. */
struct waited {
	struct wait *wait;
	struct purge_result *result;
};

static void wait_init(struct wait *wait, size_t count)
{
	pthread_mutex_init(&wait->lock, NULL);
	pthread_cond_init(&wait->changed, NULL);
	wait->left = count;
}

static void end_one(struct wait *wait)
{
	pthread_mutex_lock(&wait->lock);
	if (--wait->left == 0)
		pthread_cond_signal(&wait->changed);
	pthread_mutex_unlock(&wait->lock);
}

static void wait_done(struct wait *wait)
{
	pthread_mutex_lock(&wait->lock);
	while (wait->left > 0)
		pthread_cond_wait(&wait->changed, &wait->lock);
	pthread_mutex_unlock(&wait->lock);
	pthread_cond_destroy(&wait->changed);
	pthread_mutex_destroy(&wait->lock);
}

static void on_done(void *arg, const struct purge_result *result)
{
	struct waited *waited = arg;

	*waited->result = *result;
	end_one(waited->wait);
}

void purge_wait_all(
	struct proxy *proxy, const struct purge *purges, size_t count, struct purge_result *ret)
{
	struct wait wait;
	struct arena arena;
	struct waited *waited;

	arena_init(&arena);
	waited = arena_alloc(&arena, (count + 1) * sizeof(*waited));
	wait_init(&wait, count);
	for (size_t i = 0; i < count; i++) {
		enum rc rc;

		waited[i] = (struct waited){ &wait, &ret[i] };
		rc = purge_run(proxy, &purges[i], on_done, &waited[i]);
		if (rc == RC_OK)
			continue;
		ret[i] = (struct purge_result){ .rc = rc };
		end_one(&wait);
	}
	wait_done(&wait);
	arena_done(&arena);
}

static void forget(void *arg, const struct purge_result *result)
{
	(void)arg;
	(void)result;
}

static void on_kept(void *arg, enum rc rc, uint64_t count)
{
	struct waited *waited = arg;

	(void)count;
	waited->result->rc = rc;
	end_one(waited->wait);
}

enum rc purge_bump(struct proxy *proxy, const struct purge *purge)
{
	const struct disk_selection nothing = { .scope = DISK_NOTHING };
	struct purge_result result = { .rc = RC_OK };
	struct wait wait;
	struct waited waited = { &wait, &result };
	const struct disk_done done = { on_kept, &waited };

	TRY(purge_run(proxy, purge, forget, NULL));
	if (proxy->disk == NULL)
		return RC_OK;
	wait_init(&wait, 1);
	disk_purge(proxy->disk, &nothing, purge->mode, &done);
	wait_done(&wait);
	return result.rc;
}
