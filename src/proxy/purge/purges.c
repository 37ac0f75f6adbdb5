/* proxy/purge/purges.c - the purges under way, and the thread that does what of them takes time.
 *
 * Lock order: a shard of the memory tier, or the table of flights, before the lock here. The thread
 * holds none of its own while it walks.
 */
#include "purges.h"

#include "grouping.h"
#include "state.h"

#include "store/disk.h"
#include "util/alloc.h"

#include <stdlib.h>

#define MOST_TOGETHER 16 /* purges in one walk through the memory tier */

struct purges {
	struct house *house;
	struct triggers *triggers;
	uint32_t fence; /* the slot of selections */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct list queue;
	struct list announced;
	atomic_uint announced_count;
	pthread_t thread;
	bool has_thread;
	bool stopping;
};

struct purges *purges_new(struct house *house)
{
	struct purges *purges = xalloc(sizeof(*purges));

	purges->house = house;
	purges->triggers = triggers_new();
	purges->fence = grouping_selection_slot(house->groups);
	pthread_mutex_init(&purges->lock, NULL);
	pthread_cond_init(&purges->changed, NULL);
	list_init(&purges->queue);
	list_init(&purges->announced);
	return purges;
}

void purges_free(struct purges *purges)
{
	pthread_cond_destroy(&purges->changed);
	pthread_mutex_destroy(&purges->lock);
	triggers_free(purges->triggers);
	free(purges);
}

struct triggers *purges_triggers(const struct purges *purges)
{
	return purges->triggers;
}

static struct purge_job *job_at(struct list *link)
{
	return LIST_ITEM(link, struct purge_job, link);
}

/* All that waits; false: there will be no more. */
static bool take_batch(struct purges *purges, struct list *ret)
{
	list_init(ret);
	pthread_mutex_lock(&purges->lock);
	while (list_empty(&purges->queue) && !purges->stopping)
		pthread_cond_wait(&purges->changed, &purges->lock);
	LIST_EACH_SAFE(at, &purges->queue) {
		list_remove(at);
		list_append(ret, at);
	}
	pthread_mutex_unlock(&purges->lock);
	return !list_empty(ret);
}

static bool meet_all(const struct key *key, struct object *object, void *arg)
{
	bool leaves = false;

	LIST_EACH(at, (struct list *)arg)
		leaves |= purge_job_meet(job_at(at), key, object);
	return leaves;
}

/* Some of those that want a walk do it together: each is asked about each entry, under a lock that hits want. */
static void walk(struct purges *purges, struct list *walkers)
{
	struct list together;
	const struct tier_visitor visitor = { meet_all, &together };

	list_init(&together);
	for (size_t i = 0; i < MOST_TOGETHER && !list_empty(walkers); i++) {
		struct list *at = walkers->next;

		list_remove(at);
		list_append(&together, at);
	}
	tier_visit(purges->house->store, &visitor);
	LIST_EACH_SAFE(at, &together) {
		list_remove(at);
		purge_job_end(job_at(at));
	}
}

static void do_batch(struct purges *purges, struct list *batch)
{
	struct list walkers;

	list_init(&walkers);
	LIST_EACH_SAFE(at, batch) {
		bool walks = purge_job_walks(job_at(at));

		list_remove(at);
		purge_job_begin(job_at(at));
		if (walks)
			list_append(&walkers, at);
		else
			purge_job_end(job_at(at));
	}
	while (!list_empty(&walkers))
		walk(purges, &walkers);
}

static void *work(void *arg)
{
	struct purges *purges = arg;
	struct disk *disk = purges->house->disk;
	struct list batch;

	while (take_batch(purges, &batch)) {
		if (disk != NULL)
			disk_hurry(disk);
		do_batch(purges, &batch);
		if (disk != NULL)
			disk_ease(disk);
	}
	return NULL;
}

enum rc purges_add(struct purges *purges, struct purge_job *job)
{
	enum rc rc = RC_OK;

	pthread_mutex_lock(&purges->lock);
	if (purges->stopping)
		rc = RC_STOPPED;
	else if (!purges->has_thread && pthread_create(&purges->thread, NULL, work, purges) != 0)
		rc = RC_IO;
	if (rc == RC_OK) {
		purges->has_thread = true;
		list_append(&purges->queue, &job->link);
		pthread_cond_signal(&purges->changed);
	}
	pthread_mutex_unlock(&purges->lock);
	return rc;
}

void purges_stop(struct purges *purges)
{
	pthread_mutex_lock(&purges->lock);
	purges->stopping = true;
	pthread_cond_signal(&purges->changed);
	pthread_mutex_unlock(&purges->lock);
	if (purges->has_thread)
		pthread_join(purges->thread, NULL);
	purges->has_thread = false;
}

void purges_announce(struct purges *purges, struct purge_job *job)
{
	struct groups *groups = purges->house->groups;

	pthread_mutex_lock(&purges->lock);
	list_append(&purges->announced, &job->announced);
	atomic_fetch_add(&purges->announced_count, 1);
	groups_invalidate(groups, purges->fence, GROUPS_HARD);
	job->fence = groups_epoch(groups);
	pthread_mutex_unlock(&purges->lock);
}

void purges_withdraw(struct purges *purges, struct purge_job *job)
{
	pthread_mutex_lock(&purges->lock);
	if (!list_empty(&job->announced)) {
		list_remove(&job->announced);
		atomic_fetch_sub(&purges->announced_count, 1);
	}
	pthread_mutex_unlock(&purges->lock);
}

bool purges_reach(struct purges *purges, const struct key *key, const struct object *object)
{
	bool reached = false;

	if (atomic_load(&purges->announced_count) == 0)
		return false;
	pthread_mutex_lock(&purges->lock);
	LIST_EACH(at, &purges->announced) {
		const struct purge_job *job = LIST_ITEM(at, struct purge_job, announced);

		reached |= job->what.mode == GROUPS_HARD && purge_job_concerns(job, key, object);
	}
	pthread_mutex_unlock(&purges->lock);
	return reached;
}

bool purges_began_since(const struct purges *purges, uint64_t epoch)
{
	return groups_outdated(purges->house->groups, &purges->fence, 1, epoch);
}
