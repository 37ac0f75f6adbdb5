/* observe/domains.h - the words that labels can have: what callers index with.
 *
 * Each fixed domain of metrics.def is one table; its enum gives the index to pass in struct labels:
 *
 *	metrics_add(METRIC_CACHE_TIER_LOOKUPS, LABELS(LABEL_TIER_MEMORY, LABEL_LOOKUP_HIT), 1);
 *
 * Some domains belong to layers above this one: METHOD is indexed by `enum method` (http/method.h),
 * SKIP by `enum skip` (policy/storable.h), RULE and VERDICT by `enum guard_rule` and `enum guard_verdict`
 * (policy/guard.h). Their words stand in src/observe/domains.c in the
 * same order, and tests/unit/test_metrics.c fails where the two differ. CODE is indexed by
 * metrics_code(), RESULT and CACHE by `enum cache_result`; ROUTE and UPSTREAM by
 * metrics_label(); LABEL_NO_NAME is "-": requests that met no route.
 */
#pragma once

#include "util/rc.h"

#include <stdint.h>

/*	http_connections{state}: a request under way, or keep-alive between two */
#define LABEL_CONNECTION_TABLE(X)            \
	X(LABEL_CONNECTION_ACTIVE, "active") \
	X(LABEL_CONNECTION_IDLE, "idle")

/*	config_reloads_total{outcome} */
#define LABEL_RELOAD_TABLE(X)        \
	X(LABEL_RELOAD_DONE, "done") \
	X(LABEL_RELOAD_FAILED, "failed")

/*	http_rejected_total{reason} */
#define LABEL_REJECT_TABLE(X)                                \
	X(LABEL_REJECT_MALFORMED, "malformed")               \
	X(LABEL_REJECT_HEADER_TOO_LARGE, "header-too-large") \
	X(LABEL_REJECT_TOO_MANY_FIELDS, "too-many-fields")   \
	X(LABEL_REJECT_TARGET_TOO_LONG, "target-too-long")   \
	X(LABEL_REJECT_BODY_TOO_LARGE, "body-too-large")     \
	X(LABEL_REJECT_HEADER_TIMEOUT, "header-timeout")     \
	X(LABEL_REJECT_BODY_RATE, "body-rate")               \
	X(LABEL_REJECT_ADDRESS_LIMIT, "address-limit")       \
	X(LABEL_REJECT_CONNECTION_LIMIT, "connection-limit") \
	X(LABEL_REJECT_LOOP, "loop")                         \
	X(LABEL_REJECT_NO_ROUTE, "no-route")                 \
	X(LABEL_REJECT_METHOD, "method")                     \
	X(LABEL_REJECT_EXPECTATION, "expectation")           \
	X(LABEL_REJECT_PURGE, "purge")                       \
	X(LABEL_REJECT_WHY, "why")                           \
	X(LABEL_REJECT_TENANT, "tenant")

#define LABEL_TIER_TABLE(X)            \
	X(LABEL_TIER_MEMORY, "memory") \
	X(LABEL_TIER_DISK, "disk")     \
	X(LABEL_TIER_SHARED, "shared")

#define LABEL_LOOKUP_TABLE(X)        \
	X(LABEL_LOOKUP_HIT, "hit")   \
	X(LABEL_LOOKUP_MISS, "miss") \
	X(LABEL_LOOKUP_ERROR, "error")

#define LABEL_TIER_OP_TABLE(X)      \
	X(LABEL_TIER_OP_GET, "get") \
	X(LABEL_TIER_OP_PUT, "put")

/*	disk_errors_total{op} */
#define LABEL_DISK_OP_TABLE(X)                \
	X(LABEL_DISK_OP_OPEN, "open")         \
	X(LABEL_DISK_OP_READ, "read")         \
	X(LABEL_DISK_OP_RECORD, "record")     \
	X(LABEL_DISK_OP_WRITE, "write")       \
	X(LABEL_DISK_OP_COMMIT, "commit")     \
	X(LABEL_DISK_OP_ARTIFACT, "artifact") \
	X(LABEL_DISK_OP_COLLECT, "collect")   \
	X(LABEL_DISK_OP_PURGE, "purge")       \
	X(LABEL_DISK_OP_ROOM, "room")

#define LABEL_EVICT_TABLE(X)                \
	X(LABEL_EVICT_CAPACITY, "capacity") \
	X(LABEL_EVICT_EXPIRED, "expired")

/*	cache_invalidations_total{scope} */
#define LABEL_SCOPE_TABLE(X)                    \
	X(LABEL_SCOPE_URL, "url")               \
	X(LABEL_SCOPE_PREFIX, "prefix")         \
	X(LABEL_SCOPE_TAG, "tag")               \
	X(LABEL_SCOPE_ROUTE, "route")           \
	X(LABEL_SCOPE_OLDER_THAN, "older-than") \
	X(LABEL_SCOPE_ALL, "all")               \
	X(LABEL_SCOPE_NEGATIVE, "negative")     \
	X(LABEL_SCOPE_KEY, "key")               \
	X(LABEL_SCOPE_GLOB, "glob")             \
	X(LABEL_SCOPE_TENANT, "tenant")         \
	X(LABEL_SCOPE_STALE, "stale")

/*	cache_invalidations_total{mode}: gone, or stale */
#define LABEL_MODE_TABLE(X)        \
	X(LABEL_MODE_HARD, "hard") \
	X(LABEL_MODE_SOFT, "soft")

/*	cache_invalidations_total{source}: an unsafe request (RFC 9111 4.4), an operator, another release at the
 *	origin, a signed event, an operator's schedule, or a namespace that was left */
#define LABEL_SOURCE_TABLE(X)                     \
	X(LABEL_SOURCE_REQUEST, "request")        \
	X(LABEL_SOURCE_PURGE, "purge")            \
	X(LABEL_SOURCE_VERSION, "source-version") \
	X(LABEL_SOURCE_EVENT, "event")            \
	X(LABEL_SOURCE_SCHEDULE, "schedule")      \
	X(LABEL_SOURCE_NAMESPACE, "namespace")

/*	key_checks_total{result} */
#define LABEL_KEY_CHECK_TABLE(X)              \
	X(LABEL_KEY_CHECK_SAME, "same")       \
	X(LABEL_KEY_CHECK_DIFFERS, "differs") \
	X(LABEL_KEY_CHECK_FAILED, "failed")

#define LABEL_REVALIDATION_TABLE(X)                        \
	X(LABEL_REVALIDATION_NOT_MODIFIED, "not-modified") \
	X(LABEL_REVALIDATION_MODIFIED, "modified")         \
	X(LABEL_REVALIDATION_UNCHANGED, "unchanged")       \
	X(LABEL_REVALIDATION_ERROR, "error")

/*	cache_stale_served_total{reason}: while it is refreshed (RFC 5861 3), because the origin failed
 *	(RFC 5861 4), or because the request takes it (max-stale) */
#define LABEL_STALE_TABLE(X)                        \
	X(LABEL_STALE_REVALIDATING, "revalidating") \
	X(LABEL_STALE_ERROR, "error")               \
	X(LABEL_STALE_REQUEST, "request")

/*	collapse_requests_total{outcome}: began a fetch, read one under way, was sent away from one
 *	(not shareable), found that it varies, or could not take part at all */
#define LABEL_FLIGHT_TABLE(X)                \
	X(LABEL_FLIGHT_LED, "led")           \
	X(LABEL_FLIGHT_JOINED, "joined")     \
	X(LABEL_FLIGHT_RELEASED, "released") \
	X(LABEL_FLIGHT_VARIED, "varied")     \
	X(LABEL_FLIGHT_PASSED, "passed")

#define LABEL_PURPOSE_TABLE(X)                        \
	X(LABEL_PURPOSE_MISS, "miss")                 \
	X(LABEL_PURPOSE_REVALIDATION, "revalidation") \
	X(LABEL_PURPOSE_PASS, "pass")                 \
	X(LABEL_PURPOSE_RETRIED, "retried")           \
	X(LABEL_PURPOSE_CHECK, "check")

/*	upstream_retries_total{outcome}: sent again, not sent again (attempts, budget, deadline, breaker), or a
 *	second one beside the first */
#define LABEL_RETRY_TABLE(X)              \
	X(LABEL_RETRY_TRIED, "tried")     \
	X(LABEL_RETRY_REFUSED, "refused") \
	X(LABEL_RETRY_HEDGED, "hedged")

/*	upstream_paced_requests_total{class}: as enum ask_class */
#define LABEL_CLASS_TABLE(X)                        \
	X(LABEL_CLASS_MISS, "miss")                 \
	X(LABEL_CLASS_REVALIDATION, "revalidation") \
	X(LABEL_CLASS_PREFETCH, "prefetch")

/*	upstream_paced_requests_total{outcome}: went after a wait, its turn didn't come, or too many waited */
#define LABEL_PACED_TABLE(X)              \
	X(LABEL_PACED_WAITED, "waited")   \
	X(LABEL_PACED_EXPIRED, "expired") \
	X(LABEL_PACED_REFUSED, "refused")

#define LABEL_BREAKER_TABLE(X)            \
	X(LABEL_BREAKER_CLOSED, "closed") \
	X(LABEL_BREAKER_OPEN, "open")     \
	X(LABEL_BREAKER_HALF_OPEN, "half-open")

/*	upstream_errors_total{reason}; index with metrics_upstream_error(rc) */
#define LABEL_UPSTREAM_ERROR_TABLE(X)                                    \
	X(LABEL_UPSTREAM_ERROR_DNS, "dns")                               \
	X(LABEL_UPSTREAM_ERROR_CONNECT, "connect")                       \
	X(LABEL_UPSTREAM_ERROR_TLS, "tls")                               \
	X(LABEL_UPSTREAM_ERROR_CONNECT_TIMEOUT, "connect-timeout")       \
	X(LABEL_UPSTREAM_ERROR_FIRST_BYTE_TIMEOUT, "first-byte-timeout") \
	X(LABEL_UPSTREAM_ERROR_IDLE_TIMEOUT, "idle-timeout")             \
	X(LABEL_UPSTREAM_ERROR_TOTAL_TIMEOUT, "total-timeout")           \
	X(LABEL_UPSTREAM_ERROR_TRUNCATED, "truncated")                   \
	X(LABEL_UPSTREAM_ERROR_PROTOCOL, "protocol")                     \
	X(LABEL_UPSTREAM_ERROR_TOO_LARGE, "too-large")                   \
	X(LABEL_UPSTREAM_ERROR_REJECTED, "rejected")                     \
	X(LABEL_UPSTREAM_ERROR_PACED, "paced")                           \
	X(LABEL_UPSTREAM_ERROR_BREAKER, "breaker")                       \
	X(LABEL_UPSTREAM_ERROR_OFFLINE, "offline")                       \
	X(LABEL_UPSTREAM_ERROR_CANCELLED, "cancelled")                   \
	X(LABEL_UPSTREAM_ERROR_STOPPED, "stopped")                       \
	X(LABEL_UPSTREAM_ERROR_OTHER, "other")

#define LABEL_ID(id, word) id,

enum label_reload { LABEL_RELOAD_TABLE(LABEL_ID) LABEL_RELOAD_COUNT };
enum label_connection { LABEL_CONNECTION_TABLE(LABEL_ID) LABEL_CONNECTION_COUNT };
enum label_reject { LABEL_REJECT_TABLE(LABEL_ID) LABEL_REJECT_COUNT };
enum label_tier { LABEL_TIER_TABLE(LABEL_ID) LABEL_TIER_COUNT };
enum label_lookup { LABEL_LOOKUP_TABLE(LABEL_ID) LABEL_LOOKUP_COUNT };
enum label_tier_op { LABEL_TIER_OP_TABLE(LABEL_ID) LABEL_TIER_OP_COUNT };
enum label_disk_op { LABEL_DISK_OP_TABLE(LABEL_ID) LABEL_DISK_OP_COUNT };
enum label_evict { LABEL_EVICT_TABLE(LABEL_ID) LABEL_EVICT_COUNT };
enum label_scope { LABEL_SCOPE_TABLE(LABEL_ID) LABEL_SCOPE_COUNT };
enum label_mode { LABEL_MODE_TABLE(LABEL_ID) LABEL_MODE_COUNT };
enum label_source { LABEL_SOURCE_TABLE(LABEL_ID) LABEL_SOURCE_COUNT };
enum label_key_check { LABEL_KEY_CHECK_TABLE(LABEL_ID) LABEL_KEY_CHECK_COUNT };
enum label_revalidation { LABEL_REVALIDATION_TABLE(LABEL_ID) LABEL_REVALIDATION_COUNT };
enum label_stale { LABEL_STALE_TABLE(LABEL_ID) LABEL_STALE_COUNT };
enum label_flight { LABEL_FLIGHT_TABLE(LABEL_ID) LABEL_FLIGHT_COUNT };
enum label_purpose { LABEL_PURPOSE_TABLE(LABEL_ID) LABEL_PURPOSE_COUNT };
enum label_retry { LABEL_RETRY_TABLE(LABEL_ID) LABEL_RETRY_COUNT };
enum label_class { LABEL_CLASS_TABLE(LABEL_ID) LABEL_CLASS_COUNT };
enum label_paced { LABEL_PACED_TABLE(LABEL_ID) LABEL_PACED_COUNT };
enum label_breaker { LABEL_BREAKER_TABLE(LABEL_ID) LABEL_BREAKER_COUNT };
enum label_upstream_error { LABEL_UPSTREAM_ERROR_TABLE(LABEL_ID) LABEL_UPSTREAM_ERROR_COUNT };

/* Any value of a label: in what is read, never in what is added. */
#define LABEL_ANY UINT16_MAX

/* The index of an HTTP status: registered codes have their own, others are "other". */
uint16_t metrics_code(int status);

/* The index of the result code that an upstream's transfer ended with. */
uint16_t metrics_upstream_error(enum rc rc);
