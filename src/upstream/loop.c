/* upstream/loop.c - one thread, one CURLM: waits for sockets, orders and deadlines.
 *
 * A round: events of sockets to curl; the inbox; curl's timer; transfers that ended; deadlines;
 * then epoll_wait() until the nearest of these. curl is never called from within one of its own
 * callbacks, so an order to go on can't come before curl has noted the pause.
 *
 * Threads: start, stop and usage from any other; the rest is the loop's. Ownership: the loop owns
 * every transfer, and curl's connections.
 */
#include "loop.h"

#include "util/alloc.h"
#include "util/clock.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_A_ROUND 128

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct upstream_loop *loop = arg;

	(void)multi;
	if (timeout_ms < 0)
		loop->timer_ms = NEVER_MS;
	else if (timeout_ms == 0)
		loop->timer_ms = 0;
	else /* never early: curl takes a timer that came too soon as still set */
		loop->timer_ms = clock_monotonic_ms() + timeout_ms + 1;
	return 0;
}

static void act(struct upstream_loop *loop, curl_socket_t fd, int events)
{
	int running;

	curl_multi_socket_action(loop->multi, fd, events, &running);
}

static void start_transfer(struct transfer *t)
{
	struct upstream_loop *loop = t->loop;

	setup_easy(t);
	list_append(&loop->active, &t->link);
	atomic_fetch_add(&loop->active_count, 1);
	progress_begin(t);
	if (curl_multi_add_handle(loop->multi, t->easy) != CURLM_OK)
		transfer_finish(t, RC_INVALID, "curl refused the transfer");
}

/* curl may call the callbacks from within curl_easy_pause(); what they return then fails the call,
 * not the transfer, so it is ended here. Without a connection (not yet, or no more) curl says
 * CURLE_BAD_FUNCTION_ARGUMENT: nothing is paused then. */
static void resume_transfer(struct transfer *t)
{
	CURLcode code;
	const char *detail;
	enum rc rc;

	t->body_paused = t->upload_paused = false;
	progress_note(t);
	code = curl_easy_pause(t->easy, CURLPAUSE_CONT);
	if (code == CURLE_OK || code == CURLE_BAD_FUNCTION_ARGUMENT)
		return;
	rc = outcome(t, code, &detail);
	transfer_finish(t, rc, detail);
}

static void obey(struct transfer *t)
{
	unsigned orders = atomic_exchange(&t->orders, 0);

	if (t->gone)
		spare_put(t);
	else if ((orders & ORDER_CANCEL) != 0)
		transfer_finish(t, RC_CANCELLED, rc_text(RC_CANCELLED));
	else if ((orders & ORDER_SETTLE) != 0)
		transfer_finish(t, RC_OK, "");
	else if ((orders & ORDER_START) != 0)
		start_transfer(t);
	else if ((orders & ORDER_RESUME) != 0)
		resume_transfer(t);
}

static void read_inbox(struct upstream_loop *loop)
{
	struct transfer *next;

	for (struct transfer *t; (t = inbox_take(loop)) != NULL;) {
		for (; t != NULL; t = next) {
			next = t->next; /* once obeyed it may be posted anew */
			obey(t);
		}
	}
}

static void run_timer(struct upstream_loop *loop)
{
	if (loop->timer_ms > loop->now_ms)
		return;
	loop->timer_ms = NEVER_MS;
	act(loop, CURL_SOCKET_TIMEOUT, 0);
}

static void read_ends(struct upstream_loop *loop)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
		CURLcode code = message->data.result;
		struct transfer *t = NULL;
		const char *detail;
		enum rc rc;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
		rc = outcome(t, code, &detail);
		transfer_finish(t, rc, detail);
	}
}

static int wait_ms(struct upstream_loop *loop)
{
	int64_t due = timers_due(loop);

	if (!list_empty(&loop->active) && loop->check_ms < due)
		due = loop->check_ms;

	if (loop->timer_ms < due)
		due = loop->timer_ms;
	if (due == NEVER_MS)
		return -1;
	if (due <= loop->now_ms)
		return 0;
	due -= loop->now_ms;
	return due < INT_MAX ? (int)due : INT_MAX;
}

static void wait_for_events(struct upstream_loop *loop)
{
	struct epoll_event events[EVENTS_A_ROUND];
	int timeout_ms = wait_ms(loop), count;

	atomic_store_explicit(&loop->busy_since_ms, 0, memory_order_relaxed);
	count = epoll_wait(loop->sockets.epoll_fd, events, EVENTS_A_ROUND, timeout_ms);
	loop->now_ms = clock_monotonic_ms();
	atomic_store_explicit(&loop->busy_since_ms, loop->now_ms, memory_order_relaxed);
	for (int i = 0; i < count; i++) {
		int fd = events[i].data.fd;
		int told = fd == loop->wake_fd
				   ? 0
				   : sockets_event(&loop->sockets, fd, events[i].events);

		if (told != 0)
			act(loop, fd, told);
	}
}

static bool is_stopping(struct upstream_loop *loop)
{
	bool stopping;

	pthread_mutex_lock(&loop->lock);
	stopping = loop->stopping;
	pthread_mutex_unlock(&loop->lock);
	return stopping;
}

/* Nothing new gets in any more. done() may still lead to orders for others: the inbox is emptied
 * until it stays empty. */
static void end_all(struct upstream_loop *loop)
{
	struct transfer *next;

	LIST_EACH_SAFE(at, &loop->active)
		transfer_finish(
			LIST_ITEM(at, struct transfer, link), RC_STOPPED, rc_text(RC_STOPPED));
	for (struct transfer *t; (t = inbox_take(loop)) != NULL;) {
		for (; t != NULL; t = next) {
			next = t->next;
			atomic_store(&t->orders, 0);
			if (t->gone)
				spare_put(t);
			else
				transfer_finish(t, RC_STOPPED, rc_text(RC_STOPPED));
		}
	}
}

static void after_round(struct upstream_loop *loop)
{
	if (loop->after_round != NULL)
		loop->after_round(loop->after_round_arg);
}

static void *run(void *arg)
{
	struct upstream_loop *loop = arg;

	loop->now_ms = clock_monotonic_ms();
	while (!is_stopping(loop)) {
		read_inbox(loop);
		run_timer(loop);
		read_ends(loop);
		progress_check(loop);
		timers_run(loop);
		after_round(loop);
		wait_for_events(loop);
	}
	end_all(loop);
	after_round(loop);
	return NULL;
}

/* curl's own start is thread-safe since 7.84 only if it was built so. */
static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void set_multi(struct upstream_loop *loop, const struct upstream_loop_options *options)
{
	loop->multi = curl_multi_init();
	if (loop->multi == NULL)
		abort(); /* out of memory, as xalloc() */
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)options->max_idle_connections);
	sockets_set_multi(loop);
}

static void free_loop(struct upstream_loop *loop)
{
	struct transfer *next;

	for (struct transfer *t = loop->spares; t != NULL; t = next) {
		next = t->next;
		transfer_free(t);
	}
	if (loop->multi != NULL)
		curl_multi_cleanup(loop->multi);
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
	sockets_done(&loop->sockets);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

static enum rc open_wake(struct upstream_loop *loop)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake_fd < 0)
		return RC_IO;
	event.data.fd = loop->wake_fd;
	if (epoll_ctl(loop->sockets.epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) != 0)
		return RC_IO;
	return RC_OK;
}

/* Signals are for the main thread; SIGPIPE, which TLS may raise, is for nobody. */
static enum rc start_thread(struct upstream_loop *loop)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&loop->thread, NULL, run, loop);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0)
		return RC_IO;
	pthread_setname_np(loop->thread, "upstream");
	return RC_OK;
}

enum rc upstream_loop_start(const struct upstream_loop_options *options, struct upstream_loop **ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct upstream_loop *loop = xalloc(sizeof(*loop));
	enum rc rc;

	pthread_once(&once, init_curl);
	loop->after_round = options->after_round;
	loop->after_round_arg = options->arg;
	loop->wake_fd = -1;
	loop->timer_ms = loop->check_ms = NEVER_MS;
	list_init(&loop->active);
	list_init(&loop->timers);
	pthread_mutex_init(&loop->lock, NULL);
	set_multi(loop, options);
	rc = sockets_init(&loop->sockets);
	if (rc == RC_OK)
		rc = open_wake(loop);
	if (rc == RC_OK)
		rc = start_thread(loop);
	if (rc != RC_OK) {
		free_loop(loop);
		return rc;
	}
	*ret = loop;
	return RC_OK;
}

void upstream_loop_stop(struct upstream_loop *loop)
{
	uint64_t one = 1;
	ssize_t size;

	pthread_mutex_lock(&loop->lock);
	loop->stopping = true;
	pthread_mutex_unlock(&loop->lock);
	size = write(loop->wake_fd, &one, sizeof(one));
	(void)size;
	pthread_join(loop->thread, NULL);
}

void upstream_loop_free(struct upstream_loop *loop)
{
	free_loop(loop);
}

void upstream_usage(struct upstream_loop *loop, struct upstream_usage *ret)
{
	*ret = (struct upstream_usage){
		.active = atomic_load(&loop->active_count),
		.opened = atomic_load(&loop->opened_count),
		.reused = atomic_load(&loop->reused_count),
		.busy_since_ms = atomic_load_explicit(&loop->busy_since_ms, memory_order_relaxed),
	};
}
