/* control/checks.c - the components that /health tells of. */
#include "control/checks.h"

#include "control/health.h"
#include "util/alloc.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_UPSTREAMS 15 /* health_register() takes 16 checks */

struct upstream_check {
	struct proxy *proxy;
	size_t index;
	char name[96];
};

static struct upstream_check *upstream_checks;

static void check_memory(void *arg, struct health_result *ret)
{
	struct tier_usage usage;

	proxy_memory_usage(arg, &usage);
	ret->unit = "bytes";
	ret->observed = (int64_t)usage.bytes;
}

static void check_upstream(void *arg, struct health_result *ret)
{
	const struct upstream_check *check = arg;

	if (!proxy_upstream_failing(check->proxy, check->index))
		return;
	ret->status = HEALTH_WARN;
	snprintf(ret->output, sizeof(ret->output), "the last request to it failed");
}

void checks_register(const struct config *config, struct proxy *proxy)
{
	size_t count =
		config->upstream_count < MOST_UPSTREAMS ? config->upstream_count : MOST_UPSTREAMS;

	upstream_checks = xalloc(count * sizeof(*upstream_checks));
	health_register(&(struct health_check){ "memory:used", check_memory, proxy });
	for (size_t i = 0; i < count; i++) {
		struct upstream_check *check = &upstream_checks[i];

		check->proxy = proxy;
		check->index = i;
		snprintf(
			check->name, sizeof(check->name), "upstream:%s", config->upstreams[i].name);
		health_register(&(struct health_check){ check->name, check_upstream, check });
	}
}

void checks_done(void)
{
	free(upstream_checks);
	upstream_checks = NULL;
}
