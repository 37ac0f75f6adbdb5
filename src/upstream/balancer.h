/* upstream/balancer.h - which of an upstream's origins is asked.
 *
 * Smooth weighted round robin, or the one with the fewest requests under way for its weight. Origins that
 * the checks found down, or that failed `consecutive` times in a row (ejected for a while, longer each
 * time, up to ten times as long), are passed over, unless all are: then all count as up, since asking is
 * better than refusing.
 *
 * Pure but for what it remembers; time is an argument (monotonic milliseconds). Threads: one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct balancer_rules {
	const int64_t *weights; /* borrowed during balancer_new() */
	size_t count;
	bool least_outstanding; /* else round robin */
	int64_t eject_after;    /* failures in a row; 0: never */
	int64_t eject_ms;
};

#define BALANCER_ANY SIZE_MAX

struct balancer;

struct balancer *balancer_new(const struct balancer_rules *rules);
void balancer_free(struct balancer *balancer);

/* The origin for one more request, which is under way from now on. avoid: the one that has just failed it,
 * taken only where there is no other; or BALANCER_ANY. */
size_t balancer_pick(struct balancer *balancer, size_t avoid, int64_t now_ms);

/* A request has ended. BALANCER_UNTOLD: that says nothing about the origin (it was cancelled). */
enum balancer_outcome { BALANCER_UNTOLD, BALANCER_WELL, BALANCER_FAILED };

void balancer_end(
	struct balancer *balancer, size_t origin, enum balancer_outcome outcome, int64_t now_ms);

/* Forgets failures and ejections; what checks found stays. */
void balancer_forget(struct balancer *balancer);

/* What an active check found. */
void balancer_checked(struct balancer *balancer, size_t origin, bool up);

bool balancer_is_up(const struct balancer *balancer, size_t origin, int64_t now_ms);

/* By its checks. */
bool balancer_is_down(const struct balancer *balancer, size_t origin);

int64_t balancer_outstanding(const struct balancer *balancer, size_t origin);
