/* control/health/traffic.h - what came of requests of late: counts of metrics, now and a window ago.
 *
 * Samples are taken every twelfth of the window and kept in a ring; what is told lies between the newest and the oldest
 * of them. Nothing is counted for it where requests are answered.
 *
 * Threads: any.
 */
#pragma once

#include "config/config.h"

struct traffic {
	int64_t span_ms; /* between the two samples; 0: there is one at most, and nothing is known */
	uint64_t asked;  /* requests that the cache could have answered */
	uint64_t hits;   /* of these, by what was stored or under way */
	uint64_t answers; /* all, but larder's own pages and refusals */
	uint64_t errors;  /* of these, as in larder_http_errors_total */
	uint64_t memory_answers;
	int64_t memory_p99_us; /* of these */
	uint64_t disk_reads;
	int64_t disk_p99_us;
	uint64_t writes_dropped; /* responses that were not written to disk */
	uint64_t audit_errors;
};

/* A sample, if it is time for one. now_ms: monotonic. */
void traffic_tick(const struct config_health *config, int64_t now_ms);

void traffic_look(struct traffic *ret);

/* Forgets all samples. */
void traffic_clear(void);
