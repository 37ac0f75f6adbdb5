/* proxy/flight/sending.c - what of a flight goes to its upstream: the request, its body, and again.
 *
 * A front thread sends it; the rest runs on the upstream loop.
 */
#include "flight.h"

#include "guarded.h"
#include "purge/holding.h"
#include "state.h"

#include "observe/metrics.h"
#include "proxy/tenancy.h"
#include "util/hash.h"

#include <string.h>

/* A body that lies here as a whole stays, for another try. */
static size_t on_read(void *arg, char *buffer, size_t size)
{
	struct flight *flight = arg;
	struct upload *upload = &flight->upload;
	size_t count;
	bool drained = false;

	pthread_mutex_lock(&flight->lock);
	count = upload->buffer.size - upload->taken;
	if (flight->cancelled) {
		count = TRANSFER_READ_ABORT;
	} else if (count == 0 && !upload->ended) {
		upload->starving = true;
		count = TRANSFER_READ_PAUSE;
	} else if (count > 0) {
		count = count < size ? count : size;
		memcpy(buffer, upload->buffer.data + upload->taken, count);
		upload->taken += count;
		if (upload->taken == upload->buffer.size && !flight->body_whole) {
			bytes_clear(&upload->buffer);
			upload->taken = 0;
			drained = true;
		}
	}
	pthread_mutex_unlock(&flight->lock);
	if (drained)
		flight_wake_later(flight);
	return count;
}

/* A try came to nothing: as if it had not been. What was shown can't be taken back. */
static bool on_again(void *arg)
{
	struct flight *flight = arg;
	struct flight_verdict *verdict = &flight->verdict;
	bool forgotten;

	pthread_mutex_lock(&flight->lock);
	forgotten = !flight->has_head && !flight->cancelled && verdict->object == NULL;
	if (forgotten) {
		stream_done(&flight->stream);
		stream_init(&flight->stream, &(struct stream_options){ .memory_limit = SIZE_MAX });
		flight_count_spooled(flight);
		*verdict = (struct flight_verdict){ .variant = flight->foreseen };
		headers_init(&verdict->fields, &flight->arena);
		headers_init(&flight->received, &flight->arena);
		guarded_forget(flight);
		holding_done(flight);
		flight->has_variant = flight->is_foreseen;
		flight->has_verdict = flight->keeps = flight->paused = false;
		flight->joinable = !flight->private && !flight->purged && !flight->detached;
		flight->phase = FLIGHT_ASKED;
		flight->status = flight->status_told = 0;
		flight->content_length = LENGTH_UNKNOWN;
		flight->fault = RC_OK;
		flight->upload.taken = 0;
		flight->upload.starving = false;
	}
	pthread_mutex_unlock(&flight->lock);
	return forgotten;
}

static const struct ask_ops ops = {
	.head = flight_on_head,
	.body = flight_on_body,
	.whole = guarded_whole,
	.again = on_again,
	.done = flight_on_done,
};

static const struct ask_ops ops_reading = {
	.head = flight_on_head,
	.body = flight_on_body,
	.whole = guarded_whole,
	.again = on_again,
	.done = flight_on_done,
	.read = on_read,
};

/* RFC 9110 9.2.2; a POST that is keyed by its body is a mere question, as the route says. */
static bool is_idempotent(const struct flight *flight)
{
	return method_is_idempotent(flight->method) || flight->parts.method.size > 0;
}

/* By its name: upstreams outlive the configuration that numbers tenants. */
static uint64_t owner_of(const struct flight *flight)
{
	struct slice tenant = flight->parts.tenant;

	return tenant.size > 0 ? hash_bytes(tenant.data, tenant.size, flight->proxy->seed) : 0;
}

void flight_start(struct flight *flight, struct slice method)
{
	struct upstream *upstream = flight->proxy->upstreams[flight_route(flight)->upstream_index];
	struct ask_request request = {
		.method = arena_copy(&flight->arena, method),
		.target = flight->target,
		.headers = &flight->sent,
		.has_body = flight->has_body,
		.body_length = flight->body_length,
		.class = flight->class,
		.owner = owner_of(flight),
		.weight = tenancy_upstream_percent(flight->proxy->config, flight->tenant),
		.client = flight->client,
		.credential = flight->quota,
		.ops = flight->has_body ? &ops_reading : &ops,
		.arg = flight_ref(flight),
	};
	enum rc rc;

	request.repeatable = is_idempotent(flight) && (!flight->has_body || flight->body_whole);
	flight->repeatable = request.repeatable && flight_upstream(flight)->retry.attempts > 1;
	/* under the lock, so that done() can't come before ask is set */
	pthread_mutex_lock(&flight->lock);
	rc = ask_send(upstream, &request, &flight->ask);
	if (rc != RC_OK)
		flight->ask = NULL;
	pthread_mutex_unlock(&flight->lock);
	if (rc == RC_OK && flight->proxy->tenancy != NULL)
		metrics_add(METRIC_TENANT_UPSTREAM_REQUESTS,
			LABELS(tenancy_label(flight->proxy->config, flight->tenant),
				flight_upstream(flight)->label),
			1);
	if (rc == RC_OK)
		return;
	flight_end(flight, rc, rc_text(rc));
	pthread_mutex_lock(&flight->lock);
	flight_wake(flight);
	pthread_mutex_unlock(&flight->lock);
	flight_unref(flight);
}
