/* entry.c - one stored response in a shard.
 *
 * Threads and ownership: entry.h.
 */
#include "entry.h"

#include "util/alloc.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define ALLOCATOR_BYTES sizeof(size_t) /* in front of each piece */

struct entry *entry_new(const struct key *key, struct object *object)
{
	size_t front = object->freshness.negative ? sizeof(struct list) : 0;
	char *block = xalloc(front + sizeof(struct entry) + key->bytes.size);
	struct entry *entry = (struct entry *)(block + front);

	if (front > 0)
		list_init((struct list *)block);
	entry->object = object_ref(object);
	entry->rank.hash = key->hash;
	entry->rank.bytes = object->footprint + malloc_usable_size(block) + ALLOCATOR_BYTES;
	entry->key_size = (uint32_t)key->bytes.size;
	memcpy(entry->key, key->bytes.data, key->bytes.size);
	return entry;
}

void entries_free(struct entry *first)
{
	while (first != NULL) {
		struct entry *next = first->next;

		void *block = entry_is_negative(first) ? (void *)entry_link(first) : first;

		object_unref(first->object);
		free(block);
		first = next;
	}
}

struct key entry_key(const struct entry *entry)
{
	return (struct key){ { entry->key, entry->key_size }, entry->rank.hash };
}
