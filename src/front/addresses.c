/* front/addresses.c - client addresses: as text, in blocks (CIDR), counted. */
#include "addresses.h"

#include "util/alloc.h"
#include "util/hash.h"
#include "util/list.h"
#include "util/slice.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V4_BITS 96 /* in front of an IPv4 address in its IPv6 form */

/* Every address as 16 bytes; false for what has none (Unix sockets). */
static bool bytes_of(const struct sockaddr *address, unsigned char ret[static 16])
{
	static const unsigned char v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

	if (address != NULL && address->sa_family == AF_INET) {
		memcpy(ret, v4_prefix, sizeof(v4_prefix));
		memcpy(ret + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
		return true;
	}
	if (address != NULL && address->sa_family == AF_INET6) {
		memcpy(ret, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
		return true;
	}
	return false;
}

static enum rc block_parse(const char *text, struct address_block *ret)
{
	struct slice rest = slice_of(text);
	struct slice host = slice_cut(&rest, '/');
	char name[64];
	struct in6_addr v6;
	struct in_addr v4;
	uint64_t prefix;
	bool is_v4;

	if (host.size >= sizeof(name))
		return RC_INVALID;
	memcpy(name, host.data, host.size);
	name[host.size] = '\0';
	is_v4 = inet_pton(AF_INET, name, &v4) == 1;
	if (is_v4)
		bytes_of((const void *)&(
				 struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = v4 },
			ret->bytes);
	else if (inet_pton(AF_INET6, name, &v6) == 1)
		memcpy(ret->bytes, &v6, sizeof(v6));
	else
		return RC_INVALID;
	prefix = is_v4 ? 32 : 128;
	if (rest.data != NULL && (!slice_to_u64(rest, &prefix) || prefix > (is_v4 ? 32u : 128u)))
		return RC_INVALID;
	ret->prefix = (unsigned)prefix + (is_v4 ? V4_BITS : 0);
	return RC_OK;
}

enum rc address_blocks_parse(const struct text_list *texts, struct address_blocks *ret)
{
	struct address_block *items = xalloc(texts->count * sizeof(*items));

	for (size_t i = 0; i < texts->count; i++) {
		enum rc rc = block_parse(texts->items[i], &items[i]);

		if (rc != RC_OK) {
			free(items);
			return rc;
		}
	}
	*ret = (struct address_blocks){ items, texts->count };
	return RC_OK;
}

static bool block_holds(const struct address_block *block, const unsigned char bytes[static 16])
{
	unsigned whole = block->prefix / 8, rest = block->prefix % 8;

	if (memcmp(block->bytes, bytes, whole) != 0)
		return false;
	return rest == 0 || (block->bytes[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

bool address_blocks_hold(const struct address_blocks *blocks, const struct sockaddr *address)
{
	unsigned char bytes[16];

	if (blocks->count == 0 || !bytes_of(address, bytes))
		return false;
	for (size_t i = 0; i < blocks->count; i++) {
		if (block_holds(&blocks->items[i], bytes))
			return true;
	}
	return false;
}

bool address_blocks_hold_text(const struct address_blocks *blocks, struct slice text)
{
	struct address_block one;
	char name[64];

	if (text.size >= sizeof(name))
		return false;
	memcpy(name, text.data, text.size);
	name[text.size] = '\0';
	if (block_parse(name, &one) != RC_OK)
		return false;
	for (size_t i = 0; i < blocks->count; i++) {
		if (block_holds(&blocks->items[i], one.bytes))
			return true;
	}
	return false;
}

void address_text(const struct sockaddr *address, char ret[static 48])
{
	const void *in = NULL;

	if (address != NULL && address->sa_family == AF_INET)
		in = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	else if (address != NULL && address->sa_family == AF_INET6)
		in = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (in == NULL || inet_ntop(address->sa_family, in, ret, 48) == NULL)
		snprintf(ret, 48, "unix");
}

#define BUCKETS 1024

struct count {
	struct list link;
	unsigned char bytes[16];
	unsigned connections;
};

struct address_counts {
	pthread_mutex_t lock;
	uint64_t seed;
	struct list buckets[BUCKETS];
};

struct address_counts *address_counts_new(void)
{
	struct address_counts *counts = xalloc(sizeof(*counts));

	pthread_mutex_init(&counts->lock, NULL);
	counts->seed = random_u64();
	for (size_t i = 0; i < BUCKETS; i++)
		list_init(&counts->buckets[i]);
	return counts;
}

void address_counts_free(struct address_counts *counts)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_EACH_SAFE(at, &counts->buckets[i])
			free(LIST_ITEM(at, struct count, link));
	}
	pthread_mutex_destroy(&counts->lock);
	free(counts);
}

/* Under the lock; made when asked for, else NULL. */
static struct count *find(struct address_counts *counts, const unsigned char *bytes, bool make)
{
	struct list *bucket = &counts->buckets[hash_bytes(bytes, 16, counts->seed) % BUCKETS];
	struct count *count;

	LIST_EACH(at, bucket) {
		count = LIST_ITEM(at, struct count, link);
		if (memcmp(count->bytes, bytes, 16) == 0)
			return count;
	}
	if (!make)
		return NULL;
	count = xalloc(sizeof(*count));
	memcpy(count->bytes, bytes, 16);
	list_append(bucket, &count->link);
	return count;
}

void address_counts_add(struct address_counts *counts, const struct sockaddr *address, int change)
{
	unsigned char bytes[16];
	struct count *count;

	if (!bytes_of(address, bytes))
		return;
	pthread_mutex_lock(&counts->lock);
	count = find(counts, bytes, true);
	count->connections += (unsigned)change;
	if (count->connections == 0) {
		list_remove(&count->link);
		free(count);
	}
	pthread_mutex_unlock(&counts->lock);
}

unsigned address_counts_get(struct address_counts *counts, const struct sockaddr *address)
{
	unsigned char bytes[16];
	const struct count *count;
	unsigned connections = 0;

	if (!bytes_of(address, bytes))
		return 0;
	pthread_mutex_lock(&counts->lock);
	count = find(counts, bytes, false);
	if (count != NULL)
		connections = count->connections;
	pthread_mutex_unlock(&counts->lock);
	return connections;
}
