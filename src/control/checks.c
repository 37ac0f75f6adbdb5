/* control/checks.c - the components that /health tells of. */
#include "control/checks.h"

#include "control/health.h"
#include "upstream/ask.h"
#include "util/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_UPSTREAMS 13 /* health_register() takes 16 checks */

struct upstream_check {
	struct proxy *proxy;
	size_t index;
	char name[96];
};

static struct upstream_check *upstream_checks;
static struct proxy *checked; /* a reference */

static void check_memory(void *arg, struct health_result *ret)
{
	struct tier_usage usage;

	proxy_memory_usage(arg, &usage);
	ret->unit = "bytes";
	ret->observed = (int64_t)usage.bytes;
}

static void check_disk(void *arg, struct health_result *ret)
{
	static const char *const words[DISK_STATE_COUNT] = {
		[DISK_OPENING] = "it is being opened",
		[DISK_FAILS] = "it fails and is tried again: ",
		[DISK_REFUSED] = "it was made by a newer larder and is left alone",
	};
	struct disk_usage usage;

	if (!proxy_disk_usage(arg, &usage))
		return;
	ret->unit = "bytes";
	ret->observed = (int64_t)usage.bytes;
	if (usage.state == DISK_WORKS)
		return;
	ret->status = HEALTH_WARN;
	snprintf(ret->output, sizeof(ret->output), "%s%s", words[usage.state],
		usage.state == DISK_FAILS ? rc_text(usage.fault) : "");
}

static void __attribute__((format(printf, 2, 3)))
say(struct health_result *ret, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(ret->output, sizeof(ret->output), format, values);
	va_end(values);
}

static void check_upstream(void *arg, struct health_result *ret)
{
	const struct upstream_check *check = arg;
	struct upstream_state state;

	proxy_upstream_state(check->proxy, check->index, &state);
	ret->status = HEALTH_WARN;
	if (state.origins_down == state.origins) {
		ret->status = HEALTH_FAIL;
		say(ret, "no origin of %zu passes its check", state.origins);
	} else if (state.breaker != BREAKER_CLOSED) {
		say(ret, "it failed too often and is not asked for %lld s",
			(long long)((state.breaker_left_ms + 999) / 1000));
	} else if (state.origins_up < state.origins) {
		say(ret, "%zu of %zu origins are up", state.origins_up, state.origins);
	} else if (proxy_upstream_failing(check->proxy, check->index)) {
		say(ret, "the last request to it failed");
	} else {
		ret->status = HEALTH_PASS;
	}
}

struct key_rules_check {
	const struct config *config;
	const struct proxy *proxy;
};

static struct key_rules_check key_rules_check;

static void check_key_rules(void *arg, struct health_result *ret)
{
	const struct key_rules_check *check = arg;

	for (size_t i = 0; i < check->config->route_count; i++) {
		if (!proxy_key_rule_wrong(check->proxy, i))
			continue;
		ret->status = HEALTH_WARN;
		snprintf(ret->output, sizeof(ret->output), "that of %s was found wrong and is off",
			check->config->routes[i].path);
		return;
	}
}

static bool checks_key_rules(const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++) {
		if (config->routes[i].key.verify > 0)
			return true;
	}
	return false;
}

/* Under the health's lock. */
static void let_go(void)
{
	free(upstream_checks);
	upstream_checks = NULL;
	if (checked != NULL)
		proxy_unref(checked);
	checked = NULL;
}

static void register_all(struct proxy *proxy)
{
	const struct config *config = proxy_config(proxy);
	size_t count =
		config->upstream_count < MOST_UPSTREAMS ? config->upstream_count : MOST_UPSTREAMS;

	upstream_checks = xalloc(count * sizeof(*upstream_checks));
	health_register(&(struct health_check){ "memory:used", check_memory, proxy });
	if (config->cache.disk.path[0] != '\0')
		health_register(&(struct health_check){ "disk:used", check_disk, proxy });
	if (checks_key_rules(config)) {
		key_rules_check = (struct key_rules_check){ config, proxy };
		health_register(
			&(struct health_check){ "key-rules", check_key_rules, &key_rules_check });
	}
	for (size_t i = 0; i < count; i++) {
		struct upstream_check *check = &upstream_checks[i];

		check->proxy = proxy;
		check->index = i;
		snprintf(
			check->name, sizeof(check->name), "upstream:%s", config->upstreams[i].name);
		health_register(&(struct health_check){ check->name, check_upstream, check });
	}
}

void checks_register(struct proxy *proxy)
{
	struct proxy *former;

	health_change();
	former = checked != NULL ? proxy_ref(checked) : NULL; /* it goes without the lock */
	let_go();
	checked = proxy_ref(proxy);
	register_all(proxy);
	health_changed();
	if (former != NULL)
		proxy_unref(former);
}

void checks_done(void)
{
	health_change();
	let_go();
	health_changed();
}
