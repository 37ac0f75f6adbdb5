/* store/disk/mark_queued.c - what of a purge waits in the queue: is a response what the selection would find, were it a row?
 *
 * Each scope says the same here as its statement (statements.def, records_select.c) says of rows. Threads: the marker;
 * the judge is asked under the queue's lock.
 */
#include "inside.h"

#include "http/key.h"
#include "http/tags.h"
#include "util/arena.h"

static bool is_selected(
	const struct disk_selection *s, const struct key *key, const struct object *object)
{
	struct key_parts parts;

	if (key_split(*key, &parts) != RC_OK)
		return false; /* it is never written */
	switch (s->scope) {
	case DISK_ALL:
		return true;
	case DISK_ROUTE:
		return slice_equal(parts.route, s->route);
	case DISK_KEY:
		return slice_equal(key->bytes, s->text);
	case DISK_TARGET:
		return slice_equal(parts.route, s->route) && slice_equal(parts.target, s->text);
	case DISK_PREFIX:
		return slice_equal(parts.route, s->route) && slice_starts(parts.target, s->text);
	case DISK_TARGETS:
		return slice_starts(parts.target, s->text);
	case DISK_TAG:
		return tags_have(&object->headers, object->own_tags, s->text);
	case DISK_OLDER_THAN:
		return object->freshness.responded_ms < s->before_ms &&
		       (s->route.size == 0 || slice_equal(parts.route, s->route));
	case DISK_NEGATIVE:
		return object->status >= 400;
	case DISK_NOTHING:
		break;
	}
	return false;
}

struct looking {
	struct disk *disk;
	struct mark *mark;
};

/* What is stored under its key is most likely what it replaces. */
static bool is_new(const struct disk *disk, const struct key *key)
{
	return !atomic_load_explicit(&disk->filter_knows, memory_order_acquire) ||
	       !filter_may_have(atomic_load(&disk->filter), (uint64_t)record_id(key->hash));
}

static void look(void *arg, const struct key *key, const struct object *object)
{
	const struct looking *looking = arg;
	const struct disk_judge *judge = &looking->mark->selection.judge;

	if (!is_selected(&looking->mark->selection, key, object) ||
		(judge->takes != NULL && !judge->takes(judge->arg, key, object)))
		return;
	looking->mark->count += is_new(looking->disk, key);
	mark_raise(looking->disk, looking->mark, object->group_count > 0 ? object->groups[0] : 0);
}

void mark_queued(struct disk *disk, struct mark *mark)
{
	struct looking looking = { disk, mark };

	queue_visit(disk->queue, look, &looking);
}
