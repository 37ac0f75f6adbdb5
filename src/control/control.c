/* control/control.c - the admin API, begun and ended. */
#include "call.h"

#include "audit/audit.h"
#include "access/lockout.h"
#include "namespaces.h"
#include "access/quota.h"
#include "access/replays.h"
#include "plans/schedule.h"

#include "util/alloc.h"

#include <stdlib.h>

enum rc control_start(
	const struct control_options *options, struct control **ret, struct bytes *fault)
{
	struct control *control;
	struct audit *audit;
	enum rc rc;

	TRY(audit_open(proxy_config(options->proxy)->admin.audit, &audit, fault));
	control = xalloc(sizeof(*control));
	pthread_mutex_init(&control->lock, NULL);
	control->options = *options;
	control->proxy = proxy_ref(options->proxy);
	control->audit = audit;
	control->lockout = lockout_new();
	control->quota = quota_new();
	control->replays = replays_new();
	control->namespaces = namespaces_new();
	rc = schedule_start(control, &control->schedule);
	if (rc != RC_OK) {
		(void)!bytes_format(fault, "planned purges: %s", rc_text(rc));
		control_stop(control);
		return rc;
	}
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

enum rc control_reopen(struct control *control, const struct config *config, struct bytes *fault)
{
	return audit_reopen(control->audit, config->admin.audit, fault);
}

void control_stop(struct control *control)
{
	if (control->schedule != NULL)
		schedule_stop(control->schedule);
	namespaces_free(control->namespaces);
	proxy_unref(control->proxy);
	pthread_mutex_destroy(&control->lock);
	audit_close(control->audit);
	lockout_free(control->lockout);
	quota_free(control->quota);
	replays_free(control->replays);
	free(control);
}
