/* app/reload.c - another configuration while requests go on. */
#include "reload.h"

#include "labels.h"
#include "notify.h"
#include "pages.h"

#include "control/checks.h"
#include "observe/access_log.h"
#include "observe/json.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "util/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_REPORT ((size_t)1 << 20)

/* What a reload has come to. */
struct outcome {
	struct text_list changed;
	struct text_list kept;
	struct config_faults faults;
};

static void add_fault(struct outcome *o, const char *text)
{
	o->faults.items = xgrow(o->faults.items, o->faults.count + 1, sizeof(char *));
	o->faults.items[o->faults.count++] = xcopy(text, strlen(text));
}

/* The file is opened anew by the log's own thread; what would keep it from that is told here. */
static void reopen_access_log(struct serve *serve)
{
	const char *path = serve->config->log.access;
	int fd;

	if (serve->access_log == NULL || strcmp(path, "stdout") == 0)
		return;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
	if (fd < 0) {
		log_event(LOG_LEVEL_ERROR, "reload-failed", "%s: %s; the old file stays", path,
			strerror(errno));
		return;
	}
	close(fd);
	access_log_reopen(serve->access_log);
	log_event(LOG_LEVEL_INFO, "reloaded", "access log");
}

/* Certificates are files of their own: they are read anew though the configuration names the same. */
static enum rc reread_tls(struct serve *serve, struct outcome *o)
{
	char *fault = NULL;
	enum rc rc = front_reread_tls(serve->front, &fault);

	if (rc == RC_OK && serve->admin != NULL)
		rc = admin_reread_tls(serve->admin, &fault);
	if (rc != RC_OK)
		add_fault(o, fault != NULL ? fault : "TLS");
	free(fault);
	return rc;
}

static void settle_tls(struct serve *serve, bool is_used)
{
	front_settle_tls(serve->front, is_used);
	if (serve->admin != NULL)
		admin_settle_tls(serve->admin, is_used);
	if (is_used && (serve->config->server.tls.certificate[0] != '\0' ||
			       serve->config->admin.tls.certificate[0] != '\0'))
		log_event(LOG_LEVEL_INFO, "reloaded", "certificate and key");
}

/* The number of connections was fitted to the system's at the start, and each was made for headers so long. */
static void fit(const struct serve *serve, struct config *config, struct outcome *o)
{
	if (config->server.max_connections == serve->asked_connections)
		config->server.max_connections = serve->config->server.max_connections;
	config_cap_headers(config, (int64_t)proxy_most_header(serve->proxy), &o->kept);
}

static enum rc prepare_front(struct proxy *proxy, struct terms **ret, struct outcome *o)
{
	struct front_local pages[PAGES_MOST];
	const struct front_options options = {
		.proxy = proxy,
		.locals = pages,
		.local_count = pages_make(proxy, pages),
	};
	char *fault = NULL;
	enum rc rc = front_prepare(&options, ret, &fault);

	if (rc != RC_OK)
		add_fault(o, fault != NULL ? fault : rc_text(rc));
	free(fault);
	return rc;
}

/* The generation is whole: from here on nothing fails. The former one is let go of. */
static void take_effect(struct serve *serve, struct proxy *proxy, struct config *config)
{
	struct proxy *former = serve->proxy;
	struct config *former_config = serve->config;

	proxy_settle(proxy);
	checks_register(proxy);
	control_change(serve->control, proxy);
	labels_only(config);
	log_set_level((enum log_level)config->log.level);
	serve_name_forced(config);
	pthread_mutex_lock(&serve->lock);
	serve->proxy = proxy;
	serve->config = config;
	pthread_mutex_unlock(&serve->lock);
	proxy_unref(former);
	config_free(former_config);
}

/* Also where it is the same: it may have been moved aside. */
static enum rc reopen_audit(struct serve *serve, const struct config *config, struct outcome *o)
{
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, 4096);
	rc = control_reopen(serve->control, config, &fault);
	if (rc != RC_OK)
		add_fault(o, fault.size > 0 ? fault.data : rc_text(rc));
	bytes_done(&fault);
	return rc;
}

static enum rc make_generation(
	struct serve *serve, struct config *config, struct proxy **ret, struct outcome *o)
{
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, 4096);
	rc = proxy_follow(serve->proxy, config, ret, &fault);
	if (rc != RC_OK)
		add_fault(o, fault.size > 0 ? fault.data : rc_text(rc));
	bytes_done(&fault);
	return rc;
}

/* All that may fail comes first: names that a reload doesn't bring to effect have no labels, and nobody is asked. */
static enum rc follow(struct serve *serve, struct config *config, struct outcome *o)
{
	struct terms *terms;
	struct proxy *proxy;
	enum rc rc;

	TRY(make_generation(serve, config, &proxy, o));
	rc = prepare_front(proxy, &terms, o);
	if (rc == RC_OK) {
		rc = reopen_audit(serve, config, o);
		if (rc != RC_OK)
			front_forget(terms);
	}
	if (rc != RC_OK) {
		proxy_unref(proxy);
		return rc;
	}
	labels_take(config);
	proxy_prepare(proxy, serve->proxy);
	front_follow(serve->front, terms);
	take_effect(serve, proxy, config);
	return RC_OK;
}

/* A pipe or a terminal may never end: who reads it, all other reloads and SIGTERM would wait with it. What isn't there is
 * the reader's to tell. */
static enum rc check_kind(const char *path, struct outcome *o)
{
	struct stat is;
	struct bytes fault;

	if (strcmp(path, "-") != 0 &&
		(stat(path, &is) != 0 || S_ISREG(is.st_mode) || S_ISDIR(is.st_mode)))
		return RC_OK;
	bytes_init(&fault, 2 * PATH_MAX);
	if (bytes_format(&fault, "%s: is no file that can be read anew; expected a regular file",
		    strcmp(path, "-") == 0 ? "standard input" : path) == RC_OK)
		add_fault(o, fault.data);
	bytes_done(&fault);
	return RC_INVALID;
}

static enum rc reload(struct serve *serve, struct outcome *o)
{
	struct config *config;
	enum rc rc;

	if (serve->path == NULL) /* larder serve --upstream: there is nothing to read */
		return RC_OK;
	TRY(check_kind(serve->path, o));
	TRY(config_load(serve->path, &config, &o->faults));
	fit(serve, config, o);
	config_take_over(serve->config, config, &o->changed, &o->kept);
	rc = serve_check_authorities(config);
	if (rc != RC_OK)
		add_fault(o, "a file of tls.ca_file can't be read; the log says which");
	if (rc == RC_OK)
		rc = follow(serve, config, o);
	if (rc != RC_OK)
		config_free(config);
	return rc;
}

/* ---- what came of it ---- */

static void log_list(enum log_level level, const char *event, const struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		log_event(level, event, "%s", list->items[i]);
}

static void tell_log(const struct serve *serve, enum rc rc, const struct outcome *o)
{
	for (size_t i = 0; i < o->faults.count; i++)
		log_event(LOG_LEVEL_ERROR, "reload-failed", "%s", o->faults.items[i]);
	if (rc != RC_OK)
		return;
	log_list(LOG_LEVEL_WARN, "reload-needs-restart", &o->kept);
	log_event(LOG_LEVEL_INFO, "reloaded", "%s: %zu changed, %zu need a restart",
		serve->path != NULL ? serve->path : "no file", o->changed.count, o->kept.count);
}

static enum rc write_list(struct bytes *to, const char *name, char *const *items, size_t count)
{
	TRY(bytes_format(to, "\"%s\":[", name));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			TRY(bytes_append_char(to, ','));
		TRY(json_append_string(to, slice_of(items[i])));
	}
	return bytes_append_char(to, ']');
}

static enum rc write_report(struct bytes *to, const struct outcome *o)
{
	TRY(bytes_append_char(to, '{'));
	TRY(write_list(to, "changed", o->changed.items, o->changed.count));
	TRY(bytes_append_char(to, ','));
	TRY(write_list(to, "kept", o->kept.items, o->kept.count));
	TRY(bytes_append_char(to, ','));
	TRY(write_list(to, "faults", o->faults.items, o->faults.count));
	return bytes_append_char(to, '}');
}

enum rc reload_run(void *arg, struct bytes *report)
{
	struct serve *serve = arg;
	struct outcome o = { 0 };
	enum rc rc;

	pthread_mutex_lock(&serve->reloading);
	if (!serve->ending)
		notify_reloading();
	reopen_access_log(serve);
	rc = serve->ending ? RC_STOPPED : reopen_audit(serve, serve->config, &o);
	if (rc == RC_OK)
		rc = reread_tls(serve, &o);
	if (rc == RC_OK)
		rc = reload(serve, &o);
	if (!serve->ending)
		settle_tls(serve, rc == RC_OK);
	tell_log(serve, rc, &o);
	metrics_set(METRIC_CONFIG_LAST_RELOAD_SUCCESSFUL, NO_LABELS, rc == RC_OK ? 1 : 0);
	metrics_add(METRIC_CONFIG_RELOADS,
		LABELS(rc == RC_OK ? LABEL_RELOAD_DONE : LABEL_RELOAD_FAILED), 1);
	if (!serve->ending)
		notify_ready(rc == RC_OK ? NOTIFY_WELL
					 : "the configuration has faults; the one before stays");
	pthread_mutex_unlock(&serve->reloading);
	if (write_report(report, &o) != RC_OK)
		bytes_clear(report);
	config_texts_done(&o.changed);
	config_texts_done(&o.kept);
	config_faults_done(&o.faults);
	return rc;
}

void reload_signalled(struct serve *serve)
{
	struct bytes report;

	bytes_init(&report, MOST_REPORT);
	(void)reload_run(serve, &report);
	bytes_done(&report);
}
