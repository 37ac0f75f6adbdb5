/* front/admin.c - the admin listeners: libmicrohttpd with a thread a connection.
 *
 * Threads: one a connection (admin_call.c). Ownership: the admin has its daemons.
 */
#include "acceptor.h"
#include "admin_inside.h"
#include "tls.h"

#include "util/alloc.h"

#include <stdlib.h>
#include <sys/socket.h>

#define HEADER_MEMORY ((size_t)32 * 1024)
#define IDLE_SECONDS  30
#define TLS_WORDS     "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* Of a socket of its own. */
static enum MHD_Result on_accept(void *cls, const struct sockaddr *address, socklen_t size)
{
	const struct door *door = cls;

	(void)address;
	(void)size;
	return atomic_load(&door->admin->draining) ? MHD_NO : MHD_YES;
}

static void on_taken(void *arg, int fd, const struct sockaddr *address, socklen_t size)
{
	const struct door *door = arg;

	MHD_add_connection(door->daemon, fd, address, size); /* closes what it doesn't take */
}

/* From inherited sockets, if there are any. */
static enum rc start_acceptor(struct admin *admin)
{
	struct acceptor_socket *sockets = xalloc((admin->door_count + 1) * sizeof(*sockets));
	struct acceptor_options options = { .sockets = sockets, .take = on_taken };
	enum rc rc = RC_OK;

	for (size_t i = 0; i < admin->door_count; i++) {
		if (admin->doors[i].at.is_inherited)
			sockets[options.count++] =
				(struct acceptor_socket){ admin->doors[i].at.fd, &admin->doors[i] };
	}
	if (options.count > 0)
		rc = acceptor_start(&options, &admin->acceptor);
	free(sockets);
	return rc;
}

static enum rc start_door(struct door *door, const struct config_admin *config)
{
	bool secure = door->admin->tls != NULL && !door->at.is_unix;
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_POLL | MHD_USE_ITC | (secure ? MHD_USE_TLS : 0) |
			 (door->at.is_inherited ? MHD_USE_NO_LISTEN_SOCKET : 0);
	const struct MHD_OptionItem own[] = {
		{ MHD_OPTION_LISTEN_SOCKET, door->at.fd, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)tls_retrieve_admin },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_WORDS },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

	door->daemon = MHD_start_daemon(flags, 0, on_accept, door, admin_call_access, door,
		MHD_OPTION_ARRAY, door->at.is_inherited ? none : own, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)config->max_connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		HEADER_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
		MHD_OPTION_URI_LOG_CALLBACK, admin_call_uri, door, MHD_OPTION_NOTIFY_COMPLETED,
		admin_call_completed, door, MHD_OPTION_ARRAY, secure ? tls : none, MHD_OPTION_END);
	if (door->daemon == NULL)
		return RC_IO;
	if (!door->at.is_inherited)
		door->at.fd = -1; /* the daemon's now */
	return RC_OK;
}

static enum rc start_doors(
	struct admin *admin, const struct admin_options *options, char **ret_fault)
{
	const struct config_admin *config = options->config;
	const struct listen_from from = { .inherited = options->inherited, .admin = true };

	if (config->tls.certificate[0] != '\0')
		TRY(tls_open_admin(
			config->tls.certificate, config->tls.key, &admin->tls, ret_fault));
	for (size_t i = 0; i < config->listen.count; i++) {
		struct door *door = &admin->doors[i];

		door->admin = admin;
		TRY(listen_open(config->listen.items[i], &from, &door->at, ret_fault));
		admin->door_count++;
		if (start_door(door, config) != RC_OK) {
			*ret_fault = xcopy("libmicrohttpd did not start", 27);
			return RC_IO;
		}
	}
	return start_acceptor(admin);
}

enum rc admin_start(const struct admin_options *options, struct admin **ret, char **ret_fault)
{
	struct admin *admin = xalloc(sizeof(*admin));
	enum rc rc;

	admin->ops = options->ops;
	admin->doors = xalloc((options->config->listen.count + 1) * sizeof(*admin->doors));
	*ret_fault = NULL;
	rc = start_doors(admin, options, ret_fault);
	if (rc != RC_OK) {
		admin_stop(admin);
		return rc;
	}
	*ret = admin;
	return RC_OK;
}

size_t admin_listener_count(const struct admin *admin)
{
	return admin->door_count;
}

const char *admin_listener(const struct admin *admin, size_t index)
{
	return admin->doors[index].at.name;
}

enum rc admin_reread_tls(struct admin *admin, char **ret_fault)
{
	return admin->tls != NULL ? tls_reread(admin->tls, ret_fault) : RC_OK;
}

void admin_settle_tls(struct admin *admin, bool is_used)
{
	if (admin->tls != NULL)
		tls_settle(admin->tls, is_used);
}

void admin_drain(struct admin *admin)
{
	acceptor_stop(admin->acceptor);
	admin->acceptor = NULL;
	atomic_store(&admin->draining, true);
}

/* A call that comes between the two looks is found by the second, or finds that it is closed. */
bool admin_drained(struct admin *admin)
{
	if (atomic_load(&admin->calls) > 0)
		return false;
	atomic_store(&admin->closed, true);
	if (atomic_load(&admin->calls) == 0)
		return true;
	atomic_store(&admin->closed, false);
	return false;
}

size_t admin_calls(const struct admin *admin)
{
	return atomic_load(&admin->calls);
}

void admin_stop(struct admin *admin)
{
	admin_drain(admin);
	for (size_t i = 0; i < admin->door_count; i++) {
		if (admin->doors[i].daemon != NULL)
			MHD_stop_daemon(admin->doors[i].daemon);
		listen_close(&admin->doors[i].at);
	}
	if (admin->tls != NULL)
		tls_close(admin->tls);
	free(admin->doors);
	free(admin);
}
