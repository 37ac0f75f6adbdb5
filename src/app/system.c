/* app/system.c - what is asked of the system before anything starts. Threads, ownership: system.h. */
#include "system.h"

#include "observe/log.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#define DESCRIPTORS_BESIDE 256 /* logs, loops, listeners, connections kept to the origins */
#define CONNECTIONS_LEAST  4

enum rc system_fit_descriptors(struct config *config)
{
	rlim_t wanted = (rlim_t)config->server.max_connections * 2 + DESCRIPTORS_BESIDE;
	struct rlimit limit;
	int64_t fitting;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return RC_OK;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted)
		return RC_OK;
	fitting = ((int64_t)limit.rlim_cur - DESCRIPTORS_BESIDE) / 2;
	if (fitting < CONNECTIONS_LEAST) {
		log_event(LOG_LEVEL_ERROR, "few-descriptors",
			"%llu file descriptors; at least %d are needed",
			(unsigned long long)limit.rlim_cur,
			DESCRIPTORS_BESIDE + 2 * CONNECTIONS_LEAST);
		return RC_BUSY;
	}
	log_event(LOG_LEVEL_WARN, "few-descriptors",
		"%llu file descriptors: server.max_connections is %lld, not %lld",
		(unsigned long long)limit.rlim_cur, (long long)fitting,
		(long long)config->server.max_connections);
	config->server.max_connections = fitting;
	return RC_OK;
}

void system_schedule(void)
{
	const struct sched_param none = { 0 };

	if (sched_setscheduler(0, SCHED_BATCH, &none) != 0)
		log_event(LOG_LEVEL_DEBUG, "scheduler", "no batch scheduling: %s", strerror(errno));
}
