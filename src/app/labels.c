/* app/labels.c - what the configuration's names are in metrics. */
#include "labels.h"

#include "observe/metrics.h"
#include "util/alloc.h"

#include <stdlib.h>

/* Each route and upstream by a number that stays with its name. */
void labels_take(struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++)
		config->routes[i].label = metrics_label(METRICS_ROUTES, config->routes[i].path);
	for (size_t i = 0; i < config->upstream_count; i++)
		config->upstreams[i].label =
			metrics_label(METRICS_UPSTREAMS, config->upstreams[i].name);
}

void labels_only(const struct config *config)
{
	size_t most = config->route_count + config->upstream_count;
	uint16_t *labels = xalloc((most + 1) * sizeof(*labels));

	for (size_t i = 0; i < config->route_count; i++)
		labels[i] = config->routes[i].label;
	metrics_only(METRICS_ROUTES, labels, config->route_count);
	for (size_t i = 0; i < config->upstream_count; i++)
		labels[i] = config->upstreams[i].label;
	metrics_only(METRICS_UPSTREAMS, labels, config->upstream_count);
	free(labels);
}

/* The library wants a table of names; all are copied. */
void labels_start(struct config *config)
{
	const char **routes = xalloc((config->route_count + 1) * sizeof(*routes));
	const char **upstreams = xalloc((config->upstream_count + 1) * sizeof(*upstreams));

	for (size_t i = 0; i < config->route_count; i++)
		routes[i] = config->routes[i].path;
	for (size_t i = 0; i < config->upstream_count; i++)
		upstreams[i] = config->upstreams[i].name;
	metrics_init((const struct metrics_names[METRICS_KINDS]){
		[METRICS_ROUTES] = { routes, config->route_count },
		[METRICS_UPSTREAMS] = { upstreams, config->upstream_count } });
	metrics_set(METRIC_BUILD_INFO, NO_LABELS, 1);
	free(routes);
	free(upstreams);
	labels_take(config);
}
