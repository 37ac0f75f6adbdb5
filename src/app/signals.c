/* app/signals.c - signals as events that one thread waits for. */
#include "signals.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

static void fill(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

void signals_block(void)
{
	sigset_t set;

	fill(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a fault as others */
}

enum signal_event signals_wait(int64_t timeout_ms)
{
	const struct timespec timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000,
	};
	sigset_t set;
	int got;

	fill(&set);
	got = sigtimedwait(&set, NULL, &timeout);
	if (got == SIGHUP)
		return SIGNAL_RELOAD;
	return got > 0 ? SIGNAL_STOP : SIGNAL_NONE;
}
