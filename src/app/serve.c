/* app/serve.c - `larder serve`: builds everything in order and tears it down in reverse.
 *
 *	configuration -> metrics -> access log -> proxy -> front -> (signals) -> drain -> stop
 */
#include "serve.h"

#include "labels.h"
#include "notify.h"
#include "pages.h"
#include "reload.h"
#include "replay.h"
#include "signals.h"
#include "system.h"

#include "cli/load.h"
#include "control/checks.h"
#include "control/health.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "util/alloc.h"
#include "util/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS       1000
#define DRAIN_TICK_MS 20

enum { CONFIG, UPSTREAM, LISTEN, ADMIN, DISK };

static enum rc start_access_log(struct serve *serve)
{
	const char *path = serve->config->log.access;
	enum rc rc;

	if (strcmp(path, "off") == 0)
		return RC_OK;
	rc = access_log_start(path, &serve->access_log);
	if (rc != RC_OK)
		log_event(LOG_LEVEL_ERROR, "access-log", "%s: %s", path, strerror(errno));
	return rc;
}

/* Else each request would tell it. */
enum rc serve_check_authorities(const struct config *config)
{
	for (size_t i = 0; i < config->upstream_count; i++) {
		const char *file = config->upstreams[i].tls.ca_file;

		if (file[0] == '\0' || access(file, R_OK) == 0)
			continue;
		log_event(LOG_LEVEL_ERROR, "start", "upstreams.%s.tls.ca_file: %s: %s",
			config->upstreams[i].name, file, strerror(errno));
		return RC_IO;
	}
	return RC_OK;
}

static enum rc start_proxy(struct serve *serve)
{
	const struct proxy_options options = {
		.config = serve->config,
		.access_log = serve->access_log,
		.shelf = serve->shelf,
	};
	const char *spool;
	struct bytes fault;
	enum rc rc;

	if (!proxy_check_spool(serve->config, &spool)) {
		log_event(LOG_LEVEL_ERROR, "start", "%s: %s: %s",
			serve->config->cache.spool.path[0] != '\0' ? "cache.spool.path"
								   : "TMPDIR (no cache.spool.path)",
			spool, strerror(errno));
		return RC_IO;
	}
	TRY(serve_check_authorities(serve->config));
	bytes_init(&fault, 4096);
	rc = proxy_start(&options, &serve->proxy, &fault);
	if (rc != RC_OK)
		log_event(LOG_LEVEL_ERROR, "start", SLICE_FORMAT, SLICE_ARGS(bytes_slice(&fault)));
	bytes_done(&fault);
	return rc;
}

static enum rc start_front(struct serve *serve)
{
	struct front_local pages[PAGES_MOST];
	const struct front_options options = {
		.proxy = serve->proxy,
		.locals = pages,
		.local_count = pages_make(serve->proxy, pages),
		.inherited = serve->inherited,
	};
	char *fault = NULL;
	enum rc rc = front_start(&options, &serve->front, &fault);

	if (rc != RC_OK)
		log_event(LOG_LEVEL_ERROR, "start", "%s", fault != NULL ? fault : rc_text(rc));
	free(fault);
	return rc;
}

static enum rc start_control(struct serve *serve)
{
	const struct control_options options = {
		.proxy = serve->proxy,
		.reload = reload_run,
		.arg = serve,
	};
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, 4096);
	rc = control_start(&options, &serve->control, &fault);
	if (rc != RC_OK)
		log_event(LOG_LEVEL_ERROR, "start", SLICE_FORMAT, SLICE_ARGS(bytes_slice(&fault)));
	bytes_done(&fault);
	return rc;
}

/* Where operators connect, if they do. */
static enum rc start_admin(struct serve *serve)
{
	const struct admin_options options = {
		.config = &serve->config->admin,
		.ops = { control_most_body, control_answer, serve->control },
		.inherited = serve->inherited,
	};
	char *fault = NULL;
	enum rc rc;

	if (serve->config->admin.listen.count == 0)
		return RC_OK;
	rc = admin_start(&options, &serve->admin, &fault);
	if (rc != RC_OK)
		log_event(LOG_LEVEL_ERROR, "start", "admin.listen: %s",
			fault != NULL ? fault : rc_text(rc));
	free(fault);
	return rc;
}

/* Where an operator has said that an origin's word on caching doesn't count, the log does, too. */
void serve_name_forced(const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *route = &config->routes[i];

		if (route->force)
			log_event(LOG_LEVEL_WARN, "route-forced",
				"%s: kept in spite of what the origin says: no-store, private, "
				"no-cache",
				route->path);
	}
}

/* The generation of now; a reference. */
static struct proxy *proxy_now(struct serve *serve)
{
	struct proxy *proxy;

	pthread_mutex_lock(&serve->lock);
	proxy = proxy_ref(serve->proxy);
	pthread_mutex_unlock(&serve->lock);
	return proxy;
}

static void collect(void *arg)
{
	struct proxy *proxy = proxy_now(arg);

	proxy_collect(proxy);
	proxy_unref(proxy);
}

static void tick(struct serve *serve)
{
	struct proxy *proxy = proxy_now(serve);

	proxy_tick(proxy);
	checks_tick(proxy);
	proxy_unref(proxy);
}

static void tell_alive(struct serve *serve)
{
	struct proxy *proxy = proxy_now(serve);

	notify_alive(proxy_stalled_ms(proxy));
	proxy_unref(proxy);
}

/* What the service manager listens on for us; and then whether we do, on all of it. */
static enum rc take_inherited(struct serve *serve, bool all_used)
{
	char *fault = NULL;
	enum rc rc = all_used ? inherited_check(serve->inherited, &fault)
			      : inherited_take(&serve->inherited, &fault);

	if (rc != RC_OK)
		log_event(LOG_LEVEL_ERROR, "start", "%s", fault);
	free(fault);
	return rc;
}

static enum rc start(struct serve *serve)
{
	log_set_level((enum log_level)serve->config->log.level);
	serve->asked_connections = serve->config->server.max_connections;
	TRY(take_inherited(serve, false));
	TRY(system_fit_descriptors(serve->config));
	system_schedule();
	labels_start(serve->config);
	TRY(start_access_log(serve));
	TRY(start_proxy(serve));
	if (serve->bundle != NULL)
		replay_know_rules(serve);
	metrics_collect_with(collect, serve);
	checks_register(serve->proxy);
	checks_tick(serve->proxy);
	serve_name_forced(serve->config);
	TRY(start_control(serve));
	TRY(start_admin(serve));
	TRY(start_front(serve));
	TRY(take_inherited(serve, true));
	for (size_t i = 0; serve->admin != NULL && i < admin_listener_count(serve->admin); i++)
		log_event(LOG_LEVEL_INFO, "admin-listening", "%s", admin_listener(serve->admin, i));
	for (size_t i = 0; i < front_listener_count(serve->front); i++)
		log_event(LOG_LEVEL_INFO, "listening", "%s (larder %s, %zu routes)",
			front_listener(serve->front, i), LARDER_VERSION,
			serve->config->route_count);
	notify_ready(NOTIFY_WELL);
	return RC_OK;
}

static int64_t tick_ms(void)
{
	int64_t period_ms = notify_period_ms();

	return period_ms > 0 && period_ms / 2 < TICK_MS ? period_ms / 2 : TICK_MS;
}

/* What is torn down isn't changed any more. */
static void end_reloads(struct serve *serve)
{
	pthread_mutex_lock(&serve->reloading);
	serve->ending = true;
	pthread_mutex_unlock(&serve->reloading);
}

static void wait_for_end(struct serve *serve)
{
	for (;;) {
		tell_alive(serve);
		switch (signals_wait(tick_ms())) {
		case SIGNAL_NONE:
			tick(serve);
			break;
		case SIGNAL_RELOAD:
			reload_signalled(serve);
			break;
		case SIGNAL_STOP:
			end_reloads(serve);
			return;
		}
	}
}

static size_t admin_calls_of(const struct serve *serve)
{
	return serve->admin != NULL ? admin_calls(serve->admin) : 0;
}

/* The admin last: no call begins behind its drain, and while requests are answered one may be of use. */
static bool is_drained(struct serve *serve)
{
	return front_drained(serve->front) && (serve->admin == NULL || admin_drained(serve->admin));
}

/* True when all requests and admin calls under way could finish; a second signal to stop doesn't wait for them. */
static bool drain(struct serve *serve)
{
	int64_t until_ms = clock_monotonic_ms() + serve->config->server.timeouts.drain_ms;

	health_stopping();
	if (serve->admin != NULL)
		admin_drain(serve->admin);
	front_drain(serve->front);
	log_event(LOG_LEVEL_INFO, "draining", "%llu requests under way, %zu admin calls",
		(unsigned long long)proxy_in_flight(serve->proxy), admin_calls_of(serve));
	notify_stopping("requests under way are finished");
	while (!is_drained(serve)) {
		if (clock_monotonic_ms() < until_ms && signals_wait(DRAIN_TICK_MS) != SIGNAL_STOP)
			continue;
		log_event(LOG_LEVEL_WARN, "drain-broken-off",
			"%llu requests are not finished, %zu admin calls",
			(unsigned long long)proxy_in_flight(serve->proxy), admin_calls_of(serve));
		return false;
	}
	return true;
}

static void tear_down(struct serve *serve)
{
	if (serve->proxy != NULL)
		proxy_stop(serve->proxy);
	if (serve->admin != NULL)
		admin_stop(serve->admin);
	if (serve->control != NULL)
		control_stop(serve->control);
	if (serve->front != NULL)
		front_stop(serve->front);
	checks_done();
	if (serve->proxy != NULL)
		proxy_unref(serve->proxy);
	if (serve->access_log != NULL)
		access_log_stop(serve->access_log);
	metrics_done();
	inherited_free(serve->inherited);
	config_free(serve->config);
	pthread_mutex_destroy(&serve->lock);
	pthread_mutex_destroy(&serve->reloading);
}

int serve_run(struct serve *serve)
{
	bool drained = false;

	signals_block();
	/* an operator may be quicker than the rest of the start: he waits for it */
	pthread_mutex_lock(&serve->reloading);
	serve->ending = start(serve) != RC_OK;
	pthread_mutex_unlock(&serve->reloading);
	if (!serve->ending) {
		wait_for_end(serve);
		drained = drain(serve);
	}
	tear_down(serve);
	return drained ? EXIT_DONE : EXIT_FAILED;
}

static int run(const char *const *values)
{
	struct serve serve = {
		.path = values[CONFIG],
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.reloading = PTHREAD_MUTEX_INITIALIZER,
	};

	if ((values[CONFIG] == NULL) == (values[UPSTREAM] == NULL)) {
		fputs("larder serve: either --config FILE or --upstream URL is expected\n", stderr);
		return EXIT_USAGE;
	}
	if (values[CONFIG] != NULL &&
		(values[LISTEN] != NULL || values[ADMIN] != NULL || values[DISK] != NULL)) {
		fputs("larder serve: --listen, --admin and --disk go with --upstream; a file has "
		      "server.listen, admin.listen and cache.disk.path\n",
			stderr);
		return EXIT_USAGE;
	}
	serve.config =
		load_or_tell(values[CONFIG], &(struct config_options){ values[UPSTREAM],
						     values[LISTEN], values[ADMIN], values[DISK] });
	if (serve.config == NULL)
		return EXIT_USAGE;
	return serve_run(&serve);
}

const struct command serve_command = {
	.name = "serve",
	.about = "Answer requests, from the cache where it can be.",
	.options = {
		[CONFIG] = { "--config", "FILE", "the configuration (config/reference.yaml has all)" },
		[UPSTREAM] = { "--upstream", "URL", "without a file: one origin for all paths" },
		[LISTEN] = { "--listen", "ADDR", "with --upstream: 127.0.0.1:8080 if not given" },
		[ADMIN] = { "--admin", "ADDR", "with --upstream: 127.0.0.1:8081 if not given; off for none" },
		[DISK] = { "--disk", "DIR", "with --upstream: directory of the disk tier; none if not given" },
	},
	.run = run,
};
