/* proxy/proxy.h - what all exchanges share: configuration, tiers, flights, upstream.
 *
 *	proxy_start() -> generation --proxy_follow()--> generation ...
 *
 * A proxy is one generation: what is made of one configuration. Tiers, flights, purges and upstreams whose
 * configuration is the same are those of all generations. Requests, fetches and purges hold the one by which they
 * began. Built by app and handed down; nothing here is global. Threads: any.
 */
#pragma once

#include "config/config.h"
#include "http/object.h"
#include "observe/access_log.h"
#include "store/disk.h"
#include "store/tier.h"
#include "upstream/upstream.h"

struct proxy;
struct flights;
struct memo;

struct proxy_options {
	struct config *config;         /* a reference is taken */
	struct access_log *access_log; /* borrowed, or NULL */
	/* Borrowed, or NULL: an export in the place of a disk tier. What is on it is served as it was, however old,
	 * and says when that was (RFC 7089). */
	struct tier *shelf;
};

/* Whether large bodies can be spooled; errno says why not. *ret_path: the directory. */
bool proxy_check_spool(const struct config *config, const char **ret_path);

/* RC_IO: a thread could not be started. RC_LOCKED, RC_DENIED, ...: the disk tier can't be had. fault: words
 * for the operator. A reference; at the end proxy_stop(), then proxy_unref() of all. */
NODISCARD enum rc proxy_start(
	const struct proxy_options *options, struct proxy **ret, struct bytes *fault);

/* The next generation, by another configuration (a reference is taken); what is fixed at a start is the same in
 * it. It asks nobody, and nothing that it is about has changed. Errors as guard_sets: a guard that can't be compiled.
 * A reference. */
NODISCARD enum rc proxy_follow(
	struct proxy *from, struct config *config, struct proxy **ret, struct bytes *fault);

/* From now on requests may go by it, and its upstreams are asked: before the first request does. from: the generation
 * that it follows. */
void proxy_prepare(struct proxy *proxy, const struct proxy *from);

/* Sizes and shares that outlive generations are those of this one from now on: when it is in use. Not two at
 * once. */
void proxy_settle(struct proxy *proxy);

struct proxy *proxy_ref(struct proxy *proxy);
/* The last one of the last generation frees everything: not on the upstream loop, then. */
void proxy_unref(struct proxy *proxy);

/* Lives as long as the generation. */
const struct config *proxy_config(const struct proxy *proxy);

/* Bytes of the longest header of an origin's response that clients' connections have to have room for: that of the
 * configuration of the start, the same in all generations. */
size_t proxy_most_header(const struct proxy *proxy);

/* Ends every fetch under way: whoever waits is woken and gets an error; from now on nothing waits. */
void proxy_stop(struct proxy *proxy);

/* Housekeeping, about once a second: sweeps the memory tier, asks for releases. */
void proxy_tick(struct proxy *proxy);

/* Sets the gauges of observe/metrics.def that tell of the proxy. arg: struct proxy. */
void proxy_collect(void *arg);

/* For how long a thread that everybody depends on, the upstream loop or the disk's writer, has been at one and the
 * same thing; ms. One that waits for something to do isn't. */
int64_t proxy_stalled_ms(const struct proxy *proxy);

/* Number of fetches under way. */
uint64_t proxy_flight_count(const struct proxy *proxy);

/* Number of requests under way. */
uint64_t proxy_in_flight(const struct proxy *proxy);

/* For /health: what the memory tier holds, and whether the last fetch from an upstream (its index in
 * the configuration) failed. */
void proxy_memory_usage(const struct proxy *proxy, struct tier_usage *ret);
/* false: there is no disk tier. */
bool proxy_disk_usage(const struct proxy *proxy, struct disk_usage *ret);
bool proxy_upstream_failing(const struct proxy *proxy, size_t index);
/* Whether the key rule of a route (its index) was found wrong and is not applied any more. */
bool proxy_key_rule_wrong(const struct proxy *proxy, size_t route);

/* What stands between a miss and that upstream now: upstream/ask.h. */
struct upstream_state;
void proxy_upstream_state(const struct proxy *proxy, size_t index, struct upstream_state *ret);
