/* front/listen.c - sockets to listen on. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG     4096
#define UNIX_PREFIX "unix:"

static enum rc fail(const char *address, const char *what, char **ret_fault)
{
	if (asprintf(ret_fault, "%s: %s: %s", address, what, strerror(errno)) < 0)
		abort();
	return RC_IO;
}

/* "host:port" or "[host]:port"; the configuration has checked the form. */
static bool parse_inet(const char *text, union listen_address *ret, socklen_t *ret_size)
{
	const char *colon = strrchr(text, ':');
	bool is_v6 = text[0] == '[';
	char host[64];
	size_t size;
	unsigned long port;

	if (colon == NULL || (is_v6 && colon[-1] != ']'))
		return false;
	size = (size_t)(colon - text) - (is_v6 ? 2 : 0);
	port = strtoul(colon + 1, NULL, 10);
	if (size >= sizeof(host) || port > 65535)
		return false;
	memcpy(host, text + (is_v6 ? 1 : 0), size);
	host[size] = '\0';
	memset(ret, 0, sizeof(*ret));
	if (is_v6) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons((uint16_t)port);
		*ret_size = sizeof(ret->v6);
		return inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1;
	}
	ret->v4.sin_family = AF_INET;
	ret->v4.sin_port = htons((uint16_t)port);
	*ret_size = sizeof(ret->v4);
	return inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1;
}

static bool parse_unix(const char *path, union listen_address *ret, socklen_t *ret_size)
{
	size_t size = strlen(path);

	if (size == 0 || size >= sizeof(ret->local.sun_path))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->local.sun_family = AF_UNIX;
	memcpy(ret->local.sun_path, path, size + 1);
	*ret_size = sizeof(ret->local);
	return true;
}

/* Removes a socket on which nobody listens any more. */
static void remove_stale(const union listen_address *address, socklen_t size)
{
	struct stat found;
	int probe;

	if (lstat(address->local.sun_path, &found) != 0 || !S_ISSOCK(found.st_mode))
		return;
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return;
	if (connect(probe, &address->any, size) != 0 && errno == ECONNREFUSED)
		unlink(address->local.sun_path);
	close(probe);
}

bool listen_address_equal(const union listen_address *a, const union listen_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_UNIX)
		return strncmp(a->local.sun_path, b->local.sun_path, sizeof(a->local.sun_path)) ==
		       0;
	if (a->any.sa_family == AF_INET6)
		return a->v6.sin6_port == b->v6.sin6_port &&
		       memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
	return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

void listen_address_text(const union listen_address *address, char ret[static LISTEN_NAME_SIZE])
{
	bool is_v6 = address->any.sa_family == AF_INET6;
	char host[INET6_ADDRSTRLEN] = "";

	if (address->any.sa_family == AF_UNIX) {
		snprintf(ret, LISTEN_NAME_SIZE, UNIX_PREFIX "%.*s",
			(int)sizeof(address->local.sun_path), address->local.sun_path);
		return;
	}
	inet_ntop(address->any.sa_family,
		is_v6 ? (const void *)&address->v6.sin6_addr : (const void *)&address->v4.sin_addr,
		host, sizeof(host));
	snprintf(ret, LISTEN_NAME_SIZE, is_v6 ? "[%s]:%u" : "%s:%u", host,
		ntohs(is_v6 ? address->v6.sin6_port : address->v4.sin_port));
}

static void name_of(struct listening *listening, const char *text)
{
	union listen_address address;
	socklen_t size = sizeof(address);

	snprintf(listening->name, sizeof(listening->name), "%s", text);
	if (!listening->is_unix && getsockname(listening->fd, &address.any, &size) == 0)
		listen_address_text(&address, listening->name);
}

static int bind_and_listen(const union listen_address *address, socklen_t size)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, saved;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &address->any, size) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

enum rc listen_open(const char *address, const struct listen_from *from, struct listening *ret,
	char **ret_fault)
{
	const size_t prefix = sizeof(UNIX_PREFIX) - 1;
	union listen_address parsed;
	socklen_t size;
	bool ok;

	ret->is_unix = strncmp(address, UNIX_PREFIX, prefix) == 0;
	ok = ret->is_unix ? parse_unix(address + prefix, &parsed, &size)
			  : parse_inet(address, &parsed, &size);
	if (!ok) {
		errno = EINVAL;
		return fail(address, "not an address", ret_fault);
	}
	ret->is_inherited = inherited_find(from->inherited, &parsed, from->admin, &ret->fd);
	if (!ret->is_inherited) {
		if (ret->is_unix)
			remove_stale(&parsed, size);
		ret->fd = bind_and_listen(&parsed, size);
		if (ret->fd < 0)
			return fail(address, "can't listen", ret_fault);
		if (ret->is_unix)
			snprintf(ret->unix_path, sizeof(ret->unix_path), "%s", address + prefix);
	}
	name_of(ret, address);
	return RC_OK;
}

void listen_unlink(struct listening *listening)
{
	if (listening->unix_path[0] != '\0')
		unlink(listening->unix_path);
	listening->unix_path[0] = '\0';
}

void listen_close(struct listening *listening)
{
	listen_unlink(listening);
	if (listening->fd >= 0)
		close(listening->fd);
	listening->fd = -1;
}
