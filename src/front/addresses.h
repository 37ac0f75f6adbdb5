/* front/addresses.h - client addresses: as text, in blocks (CIDR), counted.
 *
 * Threads: blocks are immutable once parsed; counts have a lock of their own.
 */
#pragma once

#include "config/config.h"
#include "util/rc.h"
#include "util/slice.h"

#include <sys/socket.h>

struct address_block {
	unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned prefix;
};

struct address_blocks {
	struct address_block *items;
	size_t count;
};

/* Addresses and CIDR blocks; RC_INVALID: one is neither. The caller frees items. */
NODISCARD enum rc address_blocks_parse(const struct text_list *texts, struct address_blocks *ret);
bool address_blocks_hold(const struct address_blocks *blocks, const struct sockaddr *address);

/* The same for an address as text; false when it is none. */
bool address_blocks_hold_text(const struct address_blocks *blocks, struct slice text);

/* "192.0.2.1", "2001:db8::1", "unix". */
void address_text(const struct sockaddr *address, char ret[static 48]);

/* How many connections each address has. */
struct address_counts;
struct address_counts *address_counts_new(void);
void address_counts_free(struct address_counts *counts);
void address_counts_add(struct address_counts *counts, const struct sockaddr *address, int change);
unsigned address_counts_get(struct address_counts *counts, const struct sockaddr *address);
