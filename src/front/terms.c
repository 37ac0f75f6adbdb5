/* front/terms.c - the terms on which requests are taken. */
#include "terms.h"

#include "internal.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

static struct guard_limits limits_of(const struct config_server *server)
{
	return (struct guard_limits){
		.header_bytes = (size_t)server->limits.header_bytes,
		.fields = (size_t)server->limits.fields,
		.target_bytes = (size_t)server->limits.target_bytes,
		.body_bytes = (size_t)server->limits.body_bytes,
	};
}

static enum rc parse(const struct text_list *from, const char *name, struct address_blocks *ret,
	char **ret_fault)
{
	enum rc rc = address_blocks_parse(from, ret);

	if (rc != RC_OK)
		*ret_fault = xcopy(name, strlen(name));
	return rc;
}

static enum rc parse_all(struct terms *terms, char **ret_fault)
{
	const struct config_server *server = terms->server;

	TRY(parse(&server->trusted_proxies, "server.trusted_proxies", &terms->trusted, ret_fault));
	TRY(parse(&server->purge.from, "server.purge.from", &terms->purgers, ret_fault));
	return parse(&server->why_from, "server.why_from", &terms->askers, ret_fault);
}

static const struct front_local *copy_locals(const struct front_options *options)
{
	size_t size = options->local_count * sizeof(*options->locals);
	struct front_local *locals = xalloc(size + 1);

	memcpy(locals, options->locals, size);
	return locals;
}

enum rc terms_new(const struct front_options *options, struct terms **ret, char **ret_fault)
{
	static atomic_uint_fast64_t last;
	struct terms *terms = xalloc(sizeof(*terms));
	enum rc rc;

	atomic_init(&terms->references, 1);
	terms->number = atomic_fetch_add(&last, 1) + 1;
	terms->proxy = proxy_ref(options->proxy);
	terms->server = &proxy_config(options->proxy)->server;
	terms->limits = limits_of(terms->server);
	terms->locals = copy_locals(options);
	terms->local_count = options->local_count;
	rc = parse_all(terms, ret_fault);
	if (rc != RC_OK) {
		terms_unref(terms);
		return rc;
	}
	*ret = terms;
	return RC_OK;
}

void terms_unref(struct terms *terms)
{
	if (atomic_fetch_sub_explicit(&terms->references, 1, memory_order_acq_rel) != 1)
		return;
	free(terms->trusted.items);
	free(terms->purgers.items);
	free(terms->askers.items);
	free((void *)(uintptr_t)terms->locals);
	proxy_unref(terms->proxy);
	free(terms);
}

struct terms *terms_now(struct front *front)
{
	struct terms *terms;

	pthread_mutex_lock(&front->terms_lock);
	terms = atomic_load_explicit(&front->terms, memory_order_relaxed);
	atomic_fetch_add_explicit(&terms->references, 1, memory_order_relaxed);
	pthread_mutex_unlock(&front->terms_lock);
	return terms;
}

enum rc front_prepare(const struct front_options *options, struct terms **ret, char **ret_fault)
{
	*ret_fault = NULL;
	return terms_new(options, ret, ret_fault);
}

void front_forget(struct terms *terms)
{
	terms_unref(terms);
}

void front_follow(struct front *front, struct terms *terms)
{
	struct terms *old;

	pthread_mutex_lock(&front->terms_lock);
	old = atomic_exchange(&front->terms, terms);
	pthread_mutex_unlock(&front->terms_lock);
	terms_unref(old);
}

static bool is_now(const struct session *session, const struct terms *terms)
{
	return terms == atomic_load_explicit(&session->front->terms, memory_order_relaxed);
}

/* A connection may live longer than who is trusted. */
static void renew(struct session *session)
{
	const union MHD_ConnectionInfo *address =
		MHD_get_connection_info(session->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	session->terms = terms_now(session->front);
	session->trusted_peer = address != NULL &&
				address_blocks_hold(&session->terms->trusted, address->client_addr);
}

void terms_take(struct session *session)
{
	struct terms *kept = session->terms;

	/* one whose header never became a request has them still */
	if (kept == NULL)
		kept = atomic_exchange_explicit(&session->idle_terms, NULL, memory_order_acquire);
	session->terms = kept;
	if (kept == NULL || !is_now(session, kept)) {
		renew(session);
		if (kept != NULL)
			terms_unref(kept);
	}
}

void terms_rest(struct session *session)
{
	struct terms *terms = session->terms;

	session->terms = NULL;
	if (terms != NULL && is_now(session, terms))
		atomic_store_explicit(&session->idle_terms, terms, memory_order_release);
	else if (terms != NULL)
		terms_unref(terms);
}

void terms_leave(struct session *session)
{
	struct terms *idle = atomic_exchange(&session->idle_terms, NULL);

	if (idle != NULL)
		terms_unref(idle);
	if (session->terms != NULL)
		terms_unref(session->terms);
	session->terms = NULL;
}

void terms_sweep(struct session *session)
{
	struct terms *idle = atomic_load_explicit(&session->idle_terms, memory_order_relaxed);

	if (idle == NULL || is_now(session, idle))
		return;
	/* between the two its own thread may have taken them, and have put others there */
	idle = atomic_exchange_explicit(&session->idle_terms, NULL, memory_order_acquire);
	if (idle != NULL)
		terms_unref(idle);
}
