/* control/health.h - is larder well? `application/health+json`, a check a component.
 *
 * Form: draft-inadarei-api-health-check-06. Components register a check at the start; the whole is
 * as bad as its worst check, so a component whose loss larder can live with says HEALTH_WARN. Knows
 * no HTTP server: gives a status and bytes.
 *
 * Threads: any; checks must not block.
 */
#pragma once

#include "util/bytes.h"

#define HEALTH_CONTENT_TYPE "application/health+json"

enum health_status { HEALTH_PASS, HEALTH_WARN, HEALTH_FAIL };

/* What a check fills in; all zero at first: HEALTH_PASS and nothing to add. */
struct health_result {
	enum health_status status;
	char output[256]; /* what is wrong, for people; "" when nothing is */
	const char *unit; /* of observed: static, "percent" or "bytes"; NULL: nothing observed */
	int64_t observed;
	bool unready; /* nobody new should be sent here, though what comes is answered */
	bool stuck;   /* only another process would help */
};

struct health_check {
	const char *name; /* "component" or "component:measurement", unique; static */
	void (*fn)(void *arg, struct health_result *ret);
	void *arg;
};

/* From here to health_changed() nobody is told anything, and all checks are forgotten: what they point at may be
 * freed, and others registered. */
void health_change(void);
void health_changed(void);

/* Between the two. check is copied. */
void health_register(const struct health_check *check);

/* Runs all checks and appends the document to ret_body. *ret_status: 200 for pass and warn, 503 for
 * fail. Not to be cached: send it with Cache-Control: no-store. RC_TOO_LARGE: ret_body's limit. */
NODISCARD enum rc health_render(struct bytes *ret_body, int *ret_status);

/* The two questions of who starts processes and sends clients, with the worst check's words only. Statuses as above.
 *	HEALTH_LIVE	503 where only another process would help: a thread is stuck; never because of origins or clients
 *	HEALTH_READY	503 while a check fails, the disk tier is being opened, or larder is stopping */
enum health_question { HEALTH_LIVE, HEALTH_READY };

NODISCARD enum rc health_render_brief(
	enum health_question question, struct bytes *ret_body, int *ret_status);

/* From now on larder isn't ready any more. */
void health_stopping(void);
