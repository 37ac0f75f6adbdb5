/* proxy/bundle/exporting_memory.c - what is stored in memory, and not on the disk, one after the other.
 *
 * The tier shows all of it under its locks, a piece at a time: of that, the keys are noted whose hashes fall on the
 * part that is looked at; then each is asked for. Threads and ownership: proxy/exporting.h.
 */
#include "exporting_inside.h"

#include "store/disk.h"
#include "store/stored.h"
#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_LEAST 4096 /* of a part, about */
#define PARTS_MOST 64
#define MOST_KEY   ((size_t)1 << 20)

static bool is_in_part(const struct memory_walk *m, uint64_t hash)
{
	return (hash >> 32) * m->parts >> 32 == m->part;
}

static bool note_key(const struct key *key, struct object *object, void *arg)
{
	struct exporting *e = arg;
	struct memory_walk *m = &e->memory;
	struct key_parts parts;
	struct bytes *at;

	if (!is_in_part(m, key->hash) || key_split(*key, &parts) != RC_OK ||
		!parcel_fits(&e->options.filter, &parts, object))
		return false;
	if (m->count == m->room) {
		m->room = m->room > 0 ? 2 * m->room : 256;
		m->keys = xgrow(m->keys, m->room, sizeof(*m->keys));
	}
	at = &m->keys[m->count];
	bytes_init(at, MOST_KEY);
	if (bytes_append(at, &key->hash, sizeof(key->hash)) == RC_OK &&
		bytes_append_slice(at, key->bytes) == RC_OK)
		m->count++;
	else
		bytes_done(at);
	return false;
}

static int compare(const void *a, const void *b)
{
	const struct bytes *x = a, *y = b;
	size_t size = x->size < y->size ? x->size : y->size;
	int order = memcmp(x->data, y->data, size);

	return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

static void forget_keys(struct memory_walk *m)
{
	for (size_t i = 0; i < m->count; i++)
		bytes_done(&m->keys[i]);
	m->count = m->next = 0;
}

/* The keys of the next part; of one with several variants several times. */
static void note_part(struct exporting *e)
{
	struct memory_walk *m = &e->memory;

	forget_keys(m);
	tier_visit(e->options.proxy->memory, &(struct tier_visitor){ note_key, e });
	if (m->count > 0)
		qsort(m->keys, m->count, sizeof(*m->keys), compare);
	m->part++;
}

static void begin(struct exporting *e)
{
	struct tier_usage usage;
	uint64_t parts;

	tier_usage(e->options.proxy->memory, &usage);
	parts = usage.entries / KEYS_LEAST + 1;
	e->memory.parts = parts < PARTS_MOST ? parts : PARTS_MOST;
}

/* ---- under one key ---- */

static bool hold(struct object *object, void *arg)
{
	struct memory_walk *m = arg;

	if (m->object_count < sizeof(m->objects) / sizeof(m->objects[0]))
		m->objects[m->object_count++] = object_ref(object);
	return false;
}

struct below {
	const struct object *object;
	bool found;
};

static bool is_same(struct object *object, void *arg)
{
	struct below *b = arg;

	b->found |= stored_same_variant(object, b->object);
	return b->found;
}

static bool is_on_disk(const struct exporting *e, const struct object *object)
{
	struct below below = { .object = object };

	if (e->options.depot == NULL || e->options.proxy->disk == NULL)
		return false;
	disk_look(e->options.proxy->disk, &e->memory.key, &(struct chooser){ is_same, &below });
	return below.found;
}

static void look_under(struct memory_walk *m, const struct proxy *proxy, const struct bytes *noted)
{
	struct object *none;

	memcpy(&m->key.hash, noted->data, sizeof(m->key.hash));
	m->key.bytes = slice_skip(bytes_slice(noted), sizeof(m->key.hash));
	(void)!tier_get(proxy->memory, &m->key, &(struct chooser){ hold, m }, &none);
}

static bool is_repeated(const struct memory_walk *m)
{
	return m->next > 0 && compare(&m->keys[m->next - 1], &m->keys[m->next]) == 0;
}

/* One of what is held; RC_ABSENT: none of them goes. */
static enum rc take_held(struct exporting *e, struct parcel *ret)
{
	struct memory_walk *m = &e->memory;
	enum rc rc = RC_ABSENT;

	while (rc == RC_ABSENT && m->object_count > 0) {
		SCOPED(object) object = m->objects[--m->object_count];

		if (!is_on_disk(e, object))
			rc = exporting_take(e, m->key.bytes, object, ret);
	}
	return rc;
}

enum rc exporting_next_in_memory(struct exporting *e, struct parcel *ret)
{
	struct memory_walk *m = &e->memory;
	enum rc rc;

	if (m->parts == 0)
		begin(e);
	for (;;) {
		rc = take_held(e, ret);
		if (rc != RC_ABSENT)
			return rc;
		if (m->next < m->count) {
			if (!is_repeated(m))
				look_under(m, e->options.proxy, &m->keys[m->next]);
			m->next++;
		} else if (m->part < m->parts) {
			note_part(e);
		} else {
			return RC_ABSENT;
		}
	}
}

void exporting_memory_done(struct exporting *e)
{
	struct memory_walk *m = &e->memory;

	while (m->object_count > 0)
		object_unref(m->objects[--m->object_count]);
	forget_keys(m);
	free(m->keys);
}
