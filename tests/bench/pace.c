/* bench/pace.c - asks at a steady rate and tells how long the answers took.
 *
 *	pace PORT PATH CONNECTIONS RATE SECONDS
 *
 * Request k is due at k / RATE. Its latency counts from when it was due, so that a server that
 * stalls can't hide it by holding up the next request; the latency from when it was sent is printed
 * beside it. Spins on one core: timers are too coarse for it. Prints one JSON object.
 * Understands answers with Content-Length only, which all compared servers send.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 1024
#define HEAD_SIZE        4096
#define NS               1000000000ll

struct connection {
	int fd;
	bool busy;
	int64_t due_ns, sent_ns;
	size_t head_size;
	int64_t body_left; /* -1: still in the head */
	char head[HEAD_SIZE + 1];
};

static struct {
	struct connection all[MOST_CONNECTIONS];
	int idle[MOST_CONNECTIONS];
	int idle_count, count, poll;
	char request[2048];
	size_t request_size;
	uint32_t *from_due, *from_sent;
	size_t done, most, refused;
} load;

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "pace: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void open_connection(int index, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)index };
	struct connection *c = &load.all[index];
	int one = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0 ||
		epoll_ctl(load.poll, EPOLL_CTL_ADD, c->fd, &event) != 0)
		die("epoll");
	load.idle[load.idle_count++] = index;
}

static void send_on(struct connection *c, int64_t due_ns)
{
	c->due_ns = due_ns;
	c->sent_ns = now_ns();
	c->busy = true;
	c->head_size = 0;
	c->body_left = -1;
	if (write(c->fd, load.request, load.request_size) != (ssize_t)load.request_size)
		die("write");
}

/* The head is complete: sets body_left to what is still to come. */
static void read_head(struct connection *c)
{
	char *end, *field;

	c->head[c->head_size] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (end == NULL) {
		if (c->head_size == HEAD_SIZE)
			die("a head without an end");
		return;
	}
	if (strncmp(c->head, "HTTP/1.1 200", 12) != 0)
		load.refused++;
	field = strcasestr(c->head, "\r\nContent-Length:");
	if (field == NULL || field > end)
		die("an answer without Content-Length");
	c->body_left = strtoll(field + 17, NULL, 10) - (c->head + c->head_size - (end + 4));
}

static void finish(struct connection *c)
{
	int64_t now = now_ns();

	c->busy = false;
	load.idle[load.idle_count++] = (int)(c - load.all);
	if (load.done < load.most) {
		load.from_due[load.done] = (uint32_t)((now - c->due_ns) / 100);
		load.from_sent[load.done] = (uint32_t)((now - c->sent_ns) / 100);
		load.done++;
	}
}

static void receive(struct connection *c)
{
	static char rest[1 << 18];
	ssize_t size;

	do {
		bool head = c->body_left < 0;

		size = head ? read(c->fd, c->head + c->head_size, HEAD_SIZE - c->head_size)
			    : read(c->fd, rest, sizeof(rest));
		if (size < 0 && errno == EAGAIN)
			return;
		if (size <= 0)
			die("the server closed a connection");
		if (head) {
			c->head_size += (size_t)size;
			read_head(c);
		} else {
			c->body_left -= size;
		}
	} while (c->body_left > 0);
	if (c->body_left == 0)
		finish(c);
}

static void run(double rate, double seconds)
{
	struct epoll_event events[64];
	int64_t begin = now_ns(), end = begin + (int64_t)(seconds * NS);
	size_t next = 0;

	for (;;) {
		int64_t now = now_ns(), due = begin + (int64_t)((double)next * NS / rate);
		int count;

		while (due <= now && due < end && load.idle_count > 0) {
			send_on(&load.all[load.idle[--load.idle_count]], due);
			due = begin + (int64_t)((double)++next * NS / rate);
		}
		if (load.idle_count == load.count && due >= end)
			return;
		if (now > end + 5 * NS)
			die("no answers");
		count = epoll_wait(load.poll, events, 64, 0);
		for (int i = 0; i < count; i++)
			receive(&load.all[events[i].data.u32]);
	}
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double at(const uint32_t *sorted, double share)
{
	size_t i = (size_t)(share * (double)load.done);

	return load.done == 0 ? 0 : sorted[i < load.done ? i : load.done - 1] / 10.0;
}

static void print(const char *name, uint32_t *values, const char *end)
{
	qsort(values, load.done, sizeof(*values), ascending);
	printf("\"%s\": {\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, "
	       "\"max_us\": %.1f}%s",
		name, at(values, 0.5), at(values, 0.9), at(values, 0.99), at(values, 0.999),
		at(values, 1), end);
}

int main(int argc, char **argv)
{
	double rate, seconds;

	if (argc != 6) {
		fprintf(stderr, "pace PORT PATH CONNECTIONS RATE SECONDS\n");
		return 2;
	}
	load.count = (int)strtol(argv[3], NULL, 10);
	rate = strtod(argv[4], NULL);
	seconds = strtod(argv[5], NULL);
	load.most = (size_t)(rate * seconds) + 1;
	load.from_due = calloc(load.most, sizeof(uint32_t));
	load.from_sent = calloc(load.most, sizeof(uint32_t));
	load.poll = epoll_create1(0);
	if (load.count < 1 || load.count > MOST_CONNECTIONS || rate <= 0 || load.from_due == NULL ||
		load.from_sent == NULL)
		return 2;
	load.request_size = (size_t)snprintf(load.request, sizeof(load.request),
		"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", argv[2]);
	for (int i = 0; i < load.count; i++)
		open_connection(i, (uint16_t)strtoul(argv[1], NULL, 10));
	run(rate, seconds);
	printf("{\"done\": %zu, \"not_200\": %zu, ", load.done, load.refused);
	print("from_due", load.from_due, ", ");
	print("from_sent", load.from_sent, "}\n");
	return 0;
}
