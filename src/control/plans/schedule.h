/* control/plans/schedule.h - purges that are done later, once or again and again.
 *
 *	schedule_add() -> [ planned | planned | ... ] -> a thread, when their time has come -> purge_wait_all()
 *
 * The list outlasts the process where there is a disk tier; what was missed while none ran is done as soon as one does. One
 * that can't be done durably is tried again until it can; one whose route or tenant is no more is told to the log and
 * left out, that time. What is to be done is read anew each time: "older than an hour" is that of then.
 *
 * Threads: any; add and remove wait for the disk. Ownership: the control's.
 */
#pragma once

#include "call.h"

struct schedule;

struct planning {
	const json_t *json; /* as purge_order.h reads it: it was read */
	const char *who;
	const char *tenant; /* whose it is; "": everybody's */
	size_t tenants;     /* how many there are */
	int64_t at_ms;      /* wall */
	int64_t every_ms;   /* 0: once */
};

/* Begins its thread. RC_IO */
NODISCARD enum rc schedule_start(struct control *control, struct schedule **ret);
/* Ends it, with what it is doing. */
void schedule_stop(struct schedule *schedule);

/* *ret, the caller's: what it is, with `id`, `next_at` and `durable`. RC_FULL: there are as many as there may be of that tenant.
 * RC_TOO_LARGE: it is too long. RC_BUSY, RC_IO, ...: it can't be kept where it should be. */
NODISCARD enum rc schedule_add(
	struct schedule *schedule, const struct planning *planning, json_t **ret);

/* Those of a tenant; "": all. *ret is the caller's. RC_BUSY, RC_IO, ...: what was kept can't be read yet. */
NODISCARD enum rc schedule_list(struct schedule *schedule, const char *tenant, json_t **ret);

/* RC_ABSENT: none by that id is the tenant's. RC_BUSY, RC_IO, ...: it stays. */
NODISCARD enum rc schedule_remove(struct schedule *schedule, struct slice id, const char *tenant);
