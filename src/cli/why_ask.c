/* cli/why_ask.c - one question to a larder that runs.
 *
 * Threads: the caller's, which waits, and the loop's. Ownership: why.h.
 */
#include "why.h"

#include "http/uri.h"
#include "upstream/upstream.h"
#include "util/octets.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define DEADLINE_MS 10000
#define MOST_TARGET ((size_t)1 << 20)

/* ---- where ---- */

enum rc why_place_of_url(const char *url, struct why_place *ret)
{
	const char *host = strstr(url, "://"), *path;
	struct base_url base;

	path = host != NULL ? strchr(host + 3, '/') : NULL;
	if (path == NULL || strlen(url) >= WHY_PLACE)
		return RC_INVALID;
	*ret = (struct why_place){ .verify_tls = true };
	snprintf(ret->base, sizeof(ret->base), "%.*s", (int)(path - url), url);
	snprintf(ret->path, sizeof(ret->path), "%.*s", (int)strcspn(path, "?#"), path);
	return base_url_parse(slice_of(ret->base), &base);
}

/* An address that means all of them is no place to connect to. */
static const char *reachable(const char *listener)
{
	static const struct {
		struct slice all;
		const char *own;
	} hosts[] = {
		{ { "0.0.0.0:", 8 }, "127.0.0.1:" },
		{ { "[::]:", 5 }, "[::1]:" },
	};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (slice_starts(slice_of(listener), hosts[i].all))
			return hosts[i].own;
	}
	return NULL;
}

static bool is_known_tcp(const char *listener)
{
	const char *port = strrchr(listener, ':');

	return strncmp(listener, "unix:", 5) != 0 && port != NULL && strcmp(port, ":0") != 0;
}

enum rc why_place_of_config(const struct config *config, struct why_place *ret)
{
	const struct config_server *server = &config->server;
	const char *scheme = server->tls.certificate[0] != '\0' ? "https" : "http";
	size_t i = 0;

	while (i < server->listen.count && !is_known_tcp(server->listen.items[i]))
		i++;
	if (i == server->listen.count || server->why[0] == '\0' || strlen(server->why) >= WHY_PLACE)
		return RC_ABSENT;

	const char *listener = server->listen.items[i], *own = reachable(listener);

	/* the certificate is for the name that clients use, and this is one of the machine's own
	 * addresses */
	*ret = (struct why_place){ .verify_tls = false };
	snprintf(ret->base, sizeof(ret->base), "%s://%s%s", scheme, own != NULL ? own : "",
		own != NULL ? strrchr(listener, ':') + 1 : listener);
	snprintf(ret->path, sizeof(ret->path), "%s", server->why);
	return RC_OK;
}

/* ---- the question ---- */

struct asking {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool over;
	enum rc rc;
	int status;
	struct bytes *body;
};

static enum transfer_flow on_head(void *arg, const struct transfer_head *head)
{
	((struct asking *)arg)->status = head->status;
	return TRANSFER_GO_ON;
}

static enum transfer_flow on_body(void *arg, const char *data, size_t size)
{
	struct asking *a = arg;

	return bytes_append(a->body, data, size) == RC_OK ? TRANSFER_GO_ON : TRANSFER_ABORT;
}

static void on_done(void *arg, enum rc rc, const char *detail)
{
	struct asking *a = arg;

	(void)detail;
	pthread_mutex_lock(&a->lock);
	a->rc = rc;
	a->over = true;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

static const struct transfer_ops ops = { .head = on_head, .body = on_body, .done = on_done };

/* "/why?url=%2Fa%3Fb" */
static enum rc write_target(const struct why_place *place, const char *url, struct bytes *ret)
{
	TRY(bytes_format(ret, "%s?url=", place->path));
	for (; *url != '\0'; url++)
		TRY(octets_append(ret, (unsigned char)*url));
	return RC_OK;
}

static enum rc ask(struct upstream_loop *loop, const struct fetch *fetch)
{
	struct asking *a = fetch->arg;
	struct transfer *transfer = NULL;

	TRY(upstream_fetch(loop, fetch, &transfer));
	pthread_mutex_lock(&a->lock);
	while (!a->over)
		pthread_cond_wait(&a->changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
	return a->rc;
}

static enum rc ask_at(const struct why_place *place, struct slice target,
	const struct headers *fields, struct asking *a)
{
	const struct upstream_loop_options options = { .max_idle_connections = 1 };
	const struct origin origin = { .base_url = place->base,
		.connect_ms = DEADLINE_MS,
		.first_byte_ms = DEADLINE_MS,
		.idle_ms = DEADLINE_MS,
		.total_ms = DEADLINE_MS,
		.verify_tls = place->verify_tls,
		.max_header_bytes = (size_t)64 << 10 };
	struct upstream_loop *loop;
	enum rc rc;

	TRY(upstream_loop_start(&options, &loop));
	rc = ask(loop, &(struct fetch){ .origin = &origin,
			       .method = SLICE("GET"),
			       .target = target,
			       .headers = fields,
			       .ops = &ops,
			       .arg = a });
	upstream_loop_stop(loop);
	upstream_loop_free(loop);
	return rc;
}

enum rc why_ask(const struct why_place *place, const char *url, const struct headers *fields,
	int *ret_status, struct bytes *ret)
{
	struct asking a = { .body = ret };
	struct bytes target;
	enum rc rc;

	bytes_init(&target, MOST_TARGET);
	rc = write_target(place, url, &target);
	if (rc == RC_OK) {
		pthread_mutex_init(&a.lock, NULL);
		pthread_cond_init(&a.changed, NULL);
		rc = ask_at(place, bytes_slice(&target), fields, &a);
		pthread_mutex_destroy(&a.lock);
		pthread_cond_destroy(&a.changed);
	}
	bytes_done(&target);
	if (rc == RC_OK)
		*ret_status = a.status;
	return rc;
}
