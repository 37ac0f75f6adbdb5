/* app/notify.c - tells the service manager how larder is. Threads, ownership: notify.h.
 *
 * A datagram of lines NAME=VALUE to the Unix socket that NOTIFY_SOCKET names; '@' at its begin stands for the NUL of
 * the abstract namespace (sd_notify(3)).
 */
#include "notify.h"

#include "util/clock.h"
#include "util/slice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_MOST 512

static void send_to(const struct sockaddr_un *address, socklen_t size, const char *message)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	while (sendto(fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT,
		       (const struct sockaddr *)address, size) < 0 &&
		errno == EINTR)
		;
	close(fd);
}

static void notify(const char *message)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size = path != NULL ? strlen(path) : 0;

	if (size < 2 || size >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, size);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	send_to(&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size), message);
}

static void notify_status(const char *lines, const char *status)
{
	char message[MESSAGE_MOST];

	snprintf(message, sizeof(message), "%s\nSTATUS=%s\n", lines, status);
	notify(message);
}

void notify_ready(const char *status)
{
	notify_status("READY=1", status);
}

/* Type=notify-reload wants to know when: else it can't tell this READY=1 from an earlier one. */
void notify_reloading(void)
{
	char lines[80];

	snprintf(
		lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_us());
	notify_status(lines, "reading the configuration");
}

void notify_stopping(const char *status)
{
	notify_status("STOPPING=1", status);
}

int64_t notify_period_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us, for_pid;

	if (usec == NULL || !slice_to_u64(slice_of(usec), &us) || us > INT64_MAX)
		return 0;
	if (pid != NULL &&
		(!slice_to_u64(slice_of(pid), &for_pid) || for_pid != (uint64_t)getpid()))
		return 0;
	return (int64_t)us / 2000;
}

void notify_alive(int64_t stalled_ms)
{
	static int64_t sent_ms;
	int64_t period_ms = notify_period_ms(), now_ms = clock_monotonic_ms();

	if (period_ms == 0 || stalled_ms > period_ms)
		return;
	if (sent_ms != 0 && now_ms - sent_ms < period_ms / 2)
		return;
	sent_ms = now_ms;
	notify("WATCHDOG=1\n");
}
