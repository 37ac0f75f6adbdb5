/* control/control.c - the admin API, begun and ended. */
#include "api.h"

#include "util/alloc.h"

#include <stdlib.h>

enum rc control_start(
	const struct control_options *options, struct control **ret, struct bytes *fault)
{
	struct control *control = xalloc(sizeof(*control));

	pthread_mutex_init(&control->lock, NULL);
	control->options = *options;
	control->proxy = proxy_ref(options->proxy);
	*ret = control;
	return RC_OK;
}

struct proxy *control_proxy(struct control *control)
{
	struct proxy *proxy;

	pthread_mutex_lock(&control->lock);
	proxy = proxy_ref(control->proxy);
	pthread_mutex_unlock(&control->lock);
	return proxy;
}

void control_change(struct control *control, struct proxy *proxy)
{
	struct proxy *former;

	pthread_mutex_lock(&control->lock);
	former = control->proxy;
	control->proxy = proxy_ref(proxy);
	pthread_mutex_unlock(&control->lock);
	proxy_unref(former);
}

void control_stop(struct control *control)
{
	proxy_unref(control->proxy);
	pthread_mutex_destroy(&control->lock);
	free(control);
}
