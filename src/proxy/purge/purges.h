/* proxy/purge/purges.h - the purges under way, and the thread that does what of them takes time.
 *
 *	purge_run() -> queue -> the thread: flights, memory tier -> disk_purge() -> done()
 *
 * What waits in the queue shares walks through the memory tier. The thread is begun with the first
 * purge. A purge by prefix or age (a selection) takes effect as the walk finds what it is about; until it is
 * done, lookups ask here.
 *
 * Threads: any, but new, stop and free. Ownership: the house's.
 */
#pragma once

#include "purge_job.h"
#include "triggers_inside.h"

struct purges;

struct house;
struct purges *purges_new(struct house *house);
/* Does what is queued, and takes no more. */
void purges_stop(struct purges *purges);
void purges_free(struct purges *purges); /* when none is left */

/* What it and others did: lives as long. */
struct triggers *purges_triggers(const struct purges *purges);

/* Takes the job. RC_STOPPED, RC_IO: there is nobody to do it. */
NODISCARD enum rc purges_add(struct purges *purges, struct purge_job *job);

/* A selection begins: from now on lookups know of it, and flights that began before are told. */
void purges_announce(struct purges *purges, struct purge_job *job);
void purges_withdraw(struct purges *purges, struct purge_job *job);

/* Whether a selection under way makes it go. */
bool purges_reach(struct purges *purges, const struct key *key, const struct object *object);

/* Whether one began since this epoch. */
bool purges_began_since(const struct purges *purges, uint64_t epoch);
