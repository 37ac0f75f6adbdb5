/* control/health/thresholds.h - what `health.*` says of what came of requests: the rules of /health, without any state.
 *
 * Below `health.least` requests, or reads, within the window nothing is judged: an idle cache is well.
 *
 * Threads: any.
 */
#pragma once

#include "traffic.h"

#include "control/health.h"

typedef void threshold_rule(const struct config_health *config, const struct traffic *traffic,
	struct health_result *ret);

threshold_rule threshold_hit_rate;
/* Fails at five times what it warns at, and in any case when nine of ten answers are errors. */
threshold_rule threshold_errors;
threshold_rule threshold_memory_p99;
threshold_rule threshold_disk_p99;
threshold_rule threshold_writes; /* those that were dropped */
threshold_rule threshold_audit;  /* lines that could not be written */

void threshold_disk_used(const struct config_health *config, uint64_t used, uint64_t most,
	struct health_result *ret);
