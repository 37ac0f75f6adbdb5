/* app/reload.h - another configuration while requests go on.
 *
 *	file -> config -> next generation of the proxy -> front, control, health -> the former one is let go of
 *
 * Up to the generation nothing that anybody sees has changed: a fault leaves all as it was. Requests, fetches and
 * purges under way end by the configuration by which they began.
 *
 * Threads: any; one at a time, and the others wait.
 */
#pragma once

#include "serve.h"

/* For struct control_options; arg: struct serve. */
enum rc reload_run(void *arg, struct bytes *report);

/* By SIGHUP: the log is told what came of it. */
void reload_signalled(struct serve *serve);
