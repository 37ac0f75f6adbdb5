/* proxy/keep/version_poll.c - asking an origin now and then which release of its data it has.
 *
 * A poll is a fetch of its own, without a flight: nobody waits for it and nothing of it is stored. One that
 * fails says nothing, and is told in the log when it begins to. Threads and ownership: version_poll.h; what a
 * fetch brings belongs to the upstream loop from `under_way` to its end.
 */
#include "version_poll.h"

#include "source_version.h"
#include "state.h"

#include "http/json_pointer.h"
#include "observe/log.h"
#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define MOST_DOCUMENT ((size_t)1024 * 1024)
#define AGAIN_MS      ((int64_t)60 * 1000) /* after a failure */

struct version_poll {
	struct proxy *proxy;
	uint16_t route;
	struct origin origin;
	char *base;         /* scheme, host and port */
	const char *target; /* what follows them */
	atomic_bool under_way;
	atomic_bool failed;
	bool told; /* that it fails */
	int64_t asked_ms;
	uint64_t epoch;
	int status;
	struct bytes document;
};

struct version_polls {
	size_t count;
	struct version_poll items[];
};

static const struct config_route *route_of(const struct version_poll *poll)
{
	return &poll->proxy->config->routes[poll->route];
}

static void poll_init(struct version_poll *poll, struct proxy *proxy, uint16_t route)
{
	const char *url = proxy->config->routes[route].poll.url;
	size_t scheme = (size_t)(strstr(url, "//") + 2 - url);
	size_t base = scheme + strcspn(url + scheme, "/?");

	poll->proxy = proxy;
	poll->route = route;
	poll->base = xcopy(url, base);
	poll->target = url[base] == '/' ? url + base : "/";
	bytes_init(&poll->document, MOST_DOCUMENT);
}

struct version_polls *version_polls_new(struct proxy *proxy)
{
	const struct config *config = proxy->config;
	struct version_polls *polls =
		xalloc(sizeof(*polls) + config->route_count * sizeof(polls->items[0]));

	for (size_t i = 0; i < config->route_count; i++) {
		if (config->routes[i].poll.url[0] != '\0')
			poll_init(&polls->items[polls->count++], proxy, (uint16_t)i);
	}
	return polls;
}

void version_polls_free(struct version_polls *polls)
{
	for (size_t i = 0; i < polls->count; i++) {
		bytes_done(&polls->items[i].document);
		free(polls->items[i].base);
	}
	free(polls);
}

static enum transfer_flow on_head(void *arg, const struct transfer_head *head)
{
	struct version_poll *poll = arg;

	poll->status = head->status;
	return TRANSFER_GO_ON;
}

static enum transfer_flow on_body(void *arg, const char *data, size_t size)
{
	struct version_poll *poll = arg;

	if (poll->status != 200 || bytes_append(&poll->document, data, size) != RC_OK)
		return TRANSFER_ABORT;
	return TRANSFER_GO_ON;
}

static enum rc read_version(const struct version_poll *poll, struct bytes *ret)
{
	struct slice document = bytes_slice(&poll->document);
	const char *pointer = route_of(poll)->poll.pointer;

	if (poll->status != 200)
		return RC_ABSENT;
	if (pointer[0] != '\0')
		return json_pointer_text(document, slice_of(pointer), ret);
	while (document.size > 0 && strchr("\r\n\t ", document.data[document.size - 1]) != NULL)
		document.size--;
	return document.size > 0 ? bytes_append_slice(ret, document) : RC_ABSENT;
}

static void tell_log(struct version_poll *poll, enum rc rc)
{
	bool failed = rc != RC_OK;

	atomic_store(&poll->failed, failed);
	if (failed == poll->told || rc == RC_STOPPED)
		return;
	poll->told = failed;
	if (failed)
		log_event(LOG_LEVEL_WARN, "source-version-unknown", "%s: status %d, %s",
			route_of(poll)->poll.url, poll->status, rc_text(rc));
	else
		log_event(LOG_LEVEL_INFO, "source-version-known", "%s", route_of(poll)->poll.url);
}

static void on_done(void *arg, enum rc rc, const char *detail)
{
	struct version_poll *poll = arg;
	struct bytes version;

	(void)detail;
	bytes_init(&version, SOURCE_VERSION_MOST);
	if (rc == RC_OK)
		rc = read_version(poll, &version);
	if (rc == RC_OK && version.size > 0)
		source_version_tell(poll->proxy, poll->route,
			&(struct source_version_news){ bytes_slice(&version), poll->epoch });
	tell_log(poll, rc);
	bytes_done(&version);
	atomic_store(&poll->under_way, false);
	proxy_unref(poll->proxy); /* the poll may be gone */
}

static const struct transfer_ops ops = {
	.head = on_head,
	.body = on_body,
	.done = on_done,
};

static void ask(struct version_poll *poll)
{
	struct arena arena;
	struct headers fields;
	struct transfer *transfer;

	arena_init(&arena);
	headers_init(&fields, &arena);
	headers_add(&fields, SLICE("Accept"), SLICE("application/json, */*;q=0.1"));
	headers_add(&fields, SLICE("Via"), SLICE("1.1 " PSEUDONYM));
	poll->origin = *upstream_origin(poll->proxy->upstreams[route_of(poll)->upstream_index], 0);
	poll->origin.base_url = poll->base;
	bytes_clear(&poll->document);
	poll->status = 0;
	poll->epoch = groups_epoch(poll->proxy->groups);
	atomic_store(&poll->under_way, true);
	proxy_ref(poll->proxy);
	if (upstream_fetch(poll->proxy->loop,
		    &(struct fetch){ .origin = &poll->origin,
			    .method = SLICE("GET"),
			    .target = slice_of(poll->target),
			    .headers = &fields,
			    .ops = &ops,
			    .arg = poll },
		    &transfer) != RC_OK) {
		atomic_store(&poll->failed, true);
		atomic_store(&poll->under_way, false);
		proxy_unref(poll->proxy);
	}
	arena_done(&arena);
}

static int64_t pause_of(const struct version_poll *poll)
{
	int64_t interval_ms = route_of(poll)->poll.interval_ms;

	return atomic_load(&poll->failed) && interval_ms > AGAIN_MS ? AGAIN_MS : interval_ms;
}

void version_polls_tick(struct version_polls *polls, int64_t now_ms)
{
	for (size_t i = 0; i < polls->count; i++) {
		struct version_poll *poll = &polls->items[i];

		if (atomic_load(&poll->under_way) ||
			(poll->asked_ms > 0 && now_ms - poll->asked_ms < pause_of(poll)))
			continue;
		poll->asked_ms = now_ms;
		ask(poll);
	}
}
