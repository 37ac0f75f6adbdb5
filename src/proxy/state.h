/* proxy/state.h - the inside of struct proxy, for the files of this layer only. */
#pragma once

#include "flight/flight.h"
#include "key/key_check.h"
#include "key/key_rules.h"
#include "key/keying.h"
#include "keep/guard_sets.h"
#include "key/memo.h"
#include "purge/own_tags.h"
#include "keep/watched.h"

#include "proxy/proxy.h"
#include "store/disk.h"
#include "store/groups.h"
#include "store/tier.h"
#include "upstream/ask.h"

#define PSEUDONYM "larder" /* in Via, Cache-Status, Proxy-Status, CDN-Loop */

/* One upstream, by those of the generations whose configurations have it in this form. */
struct seat {
	struct list link; /* in house->seats; under its lock */
	struct house *house;
	struct upstream *upstream;
	struct config *config; /* that it goes by: a reference */
	unsigned holders;      /* under the lock */
};

/* What outlives a configuration: house.c. Pointers are constant from start to end. */
struct house {
	struct access_log *access_log;
	struct config *config; /* of the start, for what is fixed then: a reference */
	/* NULL: none. Divided among tenants once there are some; what was there before is in it. */
	_Atomic(struct tier *) memory;
	struct disk *disk;  /* NULL: none */
	struct tier *shelf; /* NULL: this isn't a replay (proxy.h) */
	struct tier *store; /* both, one above the other: what everybody asks */
	struct flights *flights;
	struct memo *memo;
	struct memo *rules;      /* No-Vary-Search of paths */
	struct watched *watched; /* numbers of what is stored */
	struct popular *popular;
	struct groups *groups;
	struct purges *purges;
	struct upstream_loop *loop;
	struct upstream_watch watch;
	const char *spool_path; /* where the disk tier has none */
	size_t most_header;     /* of an origin's response: clients' connections have room for it */
	uint64_t seed;
	char instance[32];   /* cdn-info that names this process (RFC 8586) */
	struct list to_wake; /* flights with news in this round; the loop thread's */
	atomic_bool has_rules;
	atomic_uint_fast64_t in_flight;
	atomic_uint_fast64_t gathered; /* bytes that request bodies take which are to be keys */
	atomic_uint_fast64_t spooled;  /* bytes that all flights have in the spool */
	atomic_uint generations;
	pthread_mutex_t lock;
	struct list seats;
	struct keying *
		keying; /* of the generation that clients are about to be asked by; under the lock */
};

/* One generation: what is made of a configuration. A reload makes the next one; each lives as long as a request,
 * a fetch or a purge goes by it. Of the house it has what is asked for often. */
struct proxy {
	atomic_uint references;
	struct house *house;
	struct config *config; /* a reference */
	struct access_log *access_log;
	struct tier *memory;
	struct disk *disk;
	struct tier *store;
	struct flights *flights;
	struct memo *memo;
	struct memo *rules;
	struct watched *watched;
	struct groups *groups;
	struct purges *purges;
	struct upstream_loop *loop;
	uint64_t seed;
	uint64_t most_object; /* of a body that some tier takes */
	size_t most_fields;   /* of what is stored, in bytes: no more can be sent */

	bool replays;                     /* whatever is stored is as good as fresh */
	struct tenancy *tenancy;          /* NULL: there are no tenants */
	struct key_rules *key_rules;      /* of routes */
	struct key_checks *key_checks;    /* whether these tell the truth */
	struct keying *keying;            /* how keys of routes are made */
	struct guard_sets *guards;        /* of routes */
	struct own_tags *own_tags;        /* patterns of routes */
	uint32_t *standing;               /* slots that are asked for all: see grouping.h */
	struct source_versions *versions; /* of routes */
	struct version_polls *polls;
	struct upstream **upstreams; /* in the configuration's order; in the seats: */
	struct seat **seats;
	struct address_maps *addresses;
	struct adaptive *adaptives; /* what was learnt of routes */
	atomic_bool *failing;       /* one an upstream: its last fetch failed */
};

/* house.c: begun, and ended by the last generation. RC_IO, and as disk_open(). */
NODISCARD enum rc house_new(
	const struct proxy_options *options, struct house **ret, struct bytes *fault);
/* Of a proxy that only explains: nothing runs. groups: taken. */
struct house *house_sketch(struct config *config, struct groups *groups);
void house_free(struct house *house);

/* An upstream of the configuration: one that is there in the same form, or a new one. What was learned of the
 * former one, and ordered, goes on; NULL: there was none. */
struct seat *house_seat(
	struct house *house, struct config *config, size_t upstream, struct upstream *former);
void house_leave_seat(struct seat *seat);
