/* front/watch.h - the thread that ends connections whose time is over.
 *
 * libmicrohttpd's timeout is inactivity only: a client that sends a byte now and then never meets
 * it. Deadlines here are for the whole: of a header, of keep-alive without a request, and a least
 * rate for bodies.
 */
#pragma once

struct front;

/* The thread's function; arg: struct front. Ends when front->over can be read. */
void *watch_run(void *arg);
