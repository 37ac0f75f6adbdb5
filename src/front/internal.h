/* front/internal.h - the inside of struct front, for the files of this layer only. */
#pragma once

#include "acceptor.h"
#include "addresses.h"
#include "guard.h"
#include "listen.h"
#include "session.h"
#include "terms.h"
#include "tls.h"

#include "front/front.h"

#include <pthread.h>

struct listener {
	struct front *front;
	struct MHD_Daemon *daemon;
	struct listening
		at; /* its fd is ours until the daemon has it; one that is inherited stays so */
	bool secure;
};

struct front {
	_Atomic(struct terms *) terms; /* of now */
	pthread_mutex_t terms_lock;    /* over taking a reference, and over the change */
	bool wire_known;               /* see wire.h */
	int64_t most_connections, most_per_address; /* fixed at the start */
	struct address_counts *counts;              /* NULL: no limit per address */
	struct tls *tls;                            /* NULL: none */
	char *client_authorities; /* PEM; NULL: clients are not asked for certificates */
	struct listener *listeners;
	size_t listener_count;
	size_t thread_count;       /* of all listeners */
	struct acceptor *acceptor; /* of inherited sockets; NULL: there are none, or no more */

	pthread_mutex_t lock; /* sessions */
	struct list sessions;
	atomic_size_t session_count; /* those that a listener's threads are about to open, too */

	atomic_bool draining;
	int64_t hung_up_ms; /* monotonic: when connections without a request were ended; 0: not yet */
	int over;           /* eventfd: readable once the watch is to end; -1: none */
	pthread_t watch;
	bool watching;
};

/* Sets the gauges of observe/metrics.def that tell of connections. arg: struct front. */
void front_collect(void *arg);
