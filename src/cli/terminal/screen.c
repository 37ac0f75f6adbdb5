/* cli/terminal/screen.c - the alternate screen, keys as they are pressed, and the way back from both. screen.h. */
#include "screen.h"

#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"

static struct {
	struct termios before;
	sigset_t mask; /* before those of hold_changes() were held back */
	bool taken;
	volatile sig_atomic_t changed;
} screen;

/* Only what a signal handler may call. */
static void put(const char *text, size_t size)
{
	while (size > 0) {
		ssize_t count = write(STDOUT_FILENO, text, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return;
		text += count;
		size -= (size_t)count;
	}
}

static void give_back(void)
{
	put(LEAVE, strlen(LEAVE));
	tcsetattr(STDIN_FILENO, TCSANOW, &screen.before);
}

static void take(void)
{
	struct termios raw = screen.before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	put(ENTER, strlen(ENTER));
}

/* ---- signals ---- */

/* What would end or stop the process does so, a moment later. */
static void on_end(int number)
{
	give_back();
	signal(number, SIG_DFL);
	raise(number);
}

static void on_change(int number)
{
	screen.changed = number;
}

static void handle(int number, void (*handler)(int));

/* Goes on behind raise() when it is continued; or at once, where nobody could continue it. */
static void on_stop(int number)
{
	int saved = errno;

	give_back();
	signal(number, SIG_DFL);
	raise(number);
	handle(number, on_stop);
	on_change(SIGCONT);
	errno = saved;
}

static void handle(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	/* raised in its own handler it comes at once */
	action.sa_flags = handler == on_change ? 0 : SA_NODEFER;
	sigaction(number, &action, NULL);
}

static void handle_all(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS,
		SIGFPE, SIGILL, SIGPIPE };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		handle(ends[i], on_end);
	handle(SIGTSTP, on_stop);
	handle(SIGWINCH, on_change);
	handle(SIGCONT, on_change);
}

/* They arrive while it is waited for something, and nowhere else. */
static void hold_changes(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGWINCH);
	sigaddset(&held, SIGCONT);
	sigaddset(&held, SIGTSTP);
	pthread_sigmask(SIG_BLOCK, &held, &screen.mask);
}

/* ---- begin and end ---- */

bool screen_open(void)
{
	const char *kind = getenv("TERM");

	if (!terminal_is(stdin) || !terminal_is(stdout) || kind == NULL ||
		strcmp(kind, "dumb") == 0 || tcgetattr(STDIN_FILENO, &screen.before) != 0)
		return false;
	hold_changes();
	handle_all();
	take();
	screen.taken = true;
	return true;
}

void screen_close(void)
{
	if (!screen.taken)
		return;
	give_back();
	pthread_sigmask(SIG_SETMASK, &screen.mask, NULL);
	screen.taken = false;
}

/* ---- in between ---- */

static enum screen_event take_change(void)
{
	if (screen.changed == SIGCONT)
		take();
	screen.changed = 0;
	return SCREEN_CHANGED;
}

enum screen_event screen_wait(int64_t ms, char *ret_key)
{
	const struct timespec limit = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	int ready = ppoll(&fd, 1, &limit, &screen.mask);

	if (screen.changed != 0)
		return take_change();
	if (ready == 0)
		return SCREEN_TIME;
	if (ready < 0)
		return errno == EINTR ? SCREEN_CHANGED : SCREEN_END;
	return read(STDIN_FILENO, ret_key, 1) == 1 ? SCREEN_KEY : SCREEN_END;
}

void screen_draw(struct slice text)
{
	struct bytes frame;

	bytes_init(&frame, SIZE_MAX / 2);
	(void)!bytes_append_slice(&frame, SLICE("\033[H"));
	while (text.data != NULL) {
		(void)!bytes_append_slice(&frame, slice_cut(&text, '\n'));
		/* behind the last line there is no line feed, which would scroll */
		(void)!bytes_append_slice(
			&frame, text.data != NULL ? SLICE("\033[K\r\n") : SLICE("\033[K\033[J"));
	}
	put(frame.data, frame.size);
	bytes_done(&frame);
}
