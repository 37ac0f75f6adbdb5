/* app/serve.h - `larder serve`, and what of it a reload changes. */
#pragma once

#include "cli/command.h"
#include "control/control.h"
#include "front/front.h"
#include "front/inherited.h"

#include <pthread.h>

/* What was built, in this order. */
struct serve {
	const char *path; /* of the configuration; NULL: there is no file */
	struct config *config;
	int64_t asked_connections; /* before they were fitted to the system */
	struct access_log *access_log;
	struct proxy *proxy; /* the generation of now: a reference. Under the lock, as config */
	struct front *front;
	struct control *control;
	struct admin *admin;
	struct inherited *inherited; /* NULL: none */
	struct bundle *bundle;       /* that is replayed, borrowed; or NULL */
	struct tier *shelf;          /* made of it, borrowed */
	const char *replayed_tenant; /* whose entries everybody gets; "": nobody's in particular */
	pthread_mutex_t lock;
	pthread_mutex_t reloading; /* one at a time */
	bool ending;               /* no more of them. Under it */
};

/* From start to end; of serve the configuration is set, which it frees, and what is borrowed. The exit code. */
int serve_run(struct serve *serve);

/* What can only be found out on this machine, and is told in the log: files of authorities. RC_IO. */
NODISCARD enum rc serve_check_authorities(const struct config *config);

/* Where an operator has said that an origin's word on caching doesn't count, the log says so, too. */
void serve_name_forced(const struct config *config);

extern const struct command serve_command;
