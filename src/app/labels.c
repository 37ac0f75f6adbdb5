/* app/labels.c - names of the configuration as labels of metrics: each a number that stays with its name, while a
 * configuration has it. */
#include "labels.h"

#include "observe/metrics.h"
#include "util/alloc.h"

#include <stdlib.h>

struct named {
	const char **names;
	uint16_t **labels; /* in the configuration */
	size_t count;
};

static void add(struct named *named, const char *name, uint16_t *label)
{
	named->names[named->count] = name;
	named->labels[named->count++] = label;
}

static struct named named_of(struct config *config, enum metrics_kind kind)
{
	size_t most = config->route_count + config->upstream_count + config->tenant_count + 1;
	struct named named = { xalloc(most * sizeof(*named.names)),
		xalloc(most * sizeof(*named.labels)), 0 };

	for (size_t i = 0; kind == METRICS_ROUTES && i < config->route_count; i++)
		add(&named, config->routes[i].path, &config->routes[i].label);
	for (size_t i = 0; kind == METRICS_UPSTREAMS && i < config->upstream_count; i++)
		add(&named, config->upstreams[i].name, &config->upstreams[i].label);
	for (size_t i = 0; kind == METRICS_TENANTS && i < config->tenant_count; i++)
		add(&named, config->tenants[i].name, &config->tenants[i].label);
	return named;
}

static void named_done(struct named *named)
{
	free(named->names);
	free(named->labels);
}

/* No request, fetch or upstream goes by it any more. */
static void leave(const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++)
		metrics_label_leave(METRICS_ROUTES, config->routes[i].label);
	for (size_t i = 0; i < config->upstream_count; i++)
		metrics_label_leave(METRICS_UPSTREAMS, config->upstreams[i].label);
	for (size_t i = 0; i < config->tenant_count; i++)
		metrics_label_leave(METRICS_TENANTS, config->tenants[i].label);
}

void labels_take(struct config *config)
{
	for (enum metrics_kind kind = 0; kind < METRICS_KINDS; kind++) {
		struct named named = named_of(config, kind);

		for (size_t i = 0; i < named.count; i++)
			*named.labels[i] = metrics_label(kind, named.names[i]);
		named_done(&named);
	}
	config->let_go = leave;
}

void labels_only(struct config *config)
{
	for (enum metrics_kind kind = 0; kind < METRICS_KINDS; kind++) {
		struct named named = named_of(config, kind);
		uint16_t *labels = xalloc((named.count + 1) * sizeof(*labels));

		for (size_t i = 0; i < named.count; i++)
			labels[i] = *named.labels[i];
		metrics_only(kind, labels, named.count);
		free(labels);
		named_done(&named);
	}
}

/* The library wants a table of names; all are copied. */
void labels_start(struct config *config)
{
	struct metrics_names names[METRICS_KINDS];
	struct named named[METRICS_KINDS];

	for (enum metrics_kind kind = 0; kind < METRICS_KINDS; kind++) {
		named[kind] = named_of(config, kind);
		names[kind] = (struct metrics_names){ named[kind].names, named[kind].count };
	}
	metrics_init(names);
	for (enum metrics_kind kind = 0; kind < METRICS_KINDS; kind++)
		named_done(&named[kind]);
	metrics_set(METRIC_BUILD_INFO, NO_LABELS, 1);
	labels_take(config);
}
