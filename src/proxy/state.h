/* proxy/state.h - the inside of struct proxy, for the files of this layer only. */
#pragma once

#include "flight.h"
#include "key_check.h"
#include "key_rules.h"
#include "guard_sets.h"
#include "memo.h"
#include "watched.h"

#include "proxy/proxy.h"
#include "store/disk.h"
#include "store/groups.h"
#include "store/tier.h"
#include "upstream/ask.h"

#define PSEUDONYM "larder" /* in Via, Cache-Status, Proxy-Status, CDN-Loop */

struct proxy {
	const struct config *config;
	struct access_log *access_log;
	struct tier *memory;  /* NULL: none */
	struct disk *disk;    /* NULL: none */
	struct tier *store;   /* both, one above the other: what everybody asks */
	uint64_t most_object; /* of a body that some tier takes */
	struct flights *flights;
	struct memo *memo;
	struct memo *rules;            /* No-Vary-Search of paths */
	struct key_rules *key_rules;   /* of routes */
	struct key_checks *key_checks; /* whether these tell the truth */
	atomic_bool has_rules;
	struct guard_sets *guards; /* of routes */
	struct watched *watched;   /* their numbers */
	struct groups *groups;
	uint32_t *standing; /* slots that are asked for all: see grouping.h */
	struct purges *purges;
	struct source_versions *versions; /* of routes */
	struct version_polls *polls;
	struct upstream_loop *loop;
	struct upstream **upstreams; /* in the configuration's order */
	struct upstream_watch watch;
	struct address_maps *addresses;
	struct adaptive *adaptives; /* what was learnt of routes */
	atomic_bool *failing;       /* one an upstream: its last fetch failed */
	const char *spool_path;     /* where the disk tier has none */
	uint64_t seed;
	char instance[32];   /* cdn-info that names this process (RFC 8586) */
	struct list to_wake; /* flights with news in this round; the loop thread's */
	atomic_uint_fast64_t in_flight;
	atomic_uint_fast64_t gathered; /* bytes of request bodies that are to be keys */
	atomic_uint_fast64_t spooled;  /* bytes that all flights have in the spool */
};
