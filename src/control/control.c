/* control/control.c - the admin API, begun and ended. */
#include "api.h"

#include "util/alloc.h"

#include <stdlib.h>

enum rc control_start(
	const struct control_options *options, struct control **ret, struct bytes *fault)
{
	struct control *control = xalloc(sizeof(*control));

	control->options = *options;
	control->config = options->config;
	control->proxy = options->proxy;
	*ret = control;
	return RC_OK;
}

void control_stop(struct control *control)
{
	free(control);
}
