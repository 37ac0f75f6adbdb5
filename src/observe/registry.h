/* registry.h - what is behind metrics.h: the rows of the table, the domains of labels, the cells.
 *
 *	metrics.c   rows of metrics.def; which cell belongs to which labels
 *	domains.c   words of labels
 *	cells.c     the numbers: a block for each thread, one for threads that ended, what is set
 *	exposition.c, family.c, process.c, markdown.c   text out of all this
 */
#pragma once

#include "histogram.h"

#include "observe/metrics.h"

/*	X(id, "label", "what its values are", words: NULL where the configuration gives them) */
#define DOMAIN_TABLE(X)                                                                        \
	X(NONE, "", "", none_words)                                                            \
	X(ROUTE, "route", "path of the configured route; `-`: the request met none", NULL)     \
	X(UPSTREAM, "upstream", "name of the configured upstream", NULL)                       \
	X(TENANT, "tenant", "name of the configured tenant; `-`: nobody's", NULL)              \
	X(METHOD, "method", "request method", method_words)                                    \
	X(CODE, "code", "status code", code_words)                                             \
	X(RESULT, "result", "what the cache did", result_words)                                \
	X(CACHE, "cache", "what the cache did", result_words)                                  \
	X(TIER, "tier", "shelf of the cache", tier_words)                                      \
	X(LOOKUP, "result", "outcome of a lookup", lookup_words)                               \
	X(SKIP, "reason", "why a response was not stored", skip_words)                         \
	X(RULE, "rule", "which rule of a guard failed", rule_words)                            \
	X(VERDICT, "verdict", "what a guard found", verdict_words)                             \
	X(REJECT, "reason", "why larder refused", reject_words)                                \
	X(RELOAD, "outcome", "what came of it", reload_words)                                  \
	X(CONNECTION, "state", "what a connection does", connection_words)                     \
	X(KEY_CHECK, "result", "what a check of a key rule found", key_check_words)            \
	X(REVALIDATION, "result", "what a conditional request to the origin found",            \
		revalidation_words)                                                            \
	X(STALE, "reason", "why a stale response was given", stale_words)                      \
	X(FLIGHT, "outcome", "a request's part in a fetch", flight_words)                      \
	X(UPSTREAM_ERROR, "reason", "how a request to an origin failed", upstream_error_words) \
	X(RETRY, "outcome", "what became of another try", retry_words)                         \
	X(CLASS, "class", "in which order requests wait", class_words)                         \
	X(PACED, "outcome", "how waiting for a turn ended", paced_words)                       \
	X(BREAKER, "state", "state of a circuit breaker", breaker_words)                       \
	X(PURPOSE, "purpose", "why an origin was asked", purpose_words)                        \
	X(TIER_OP, "op", "what was done", tier_op_words)                                       \
	X(DISK_OP, "op", "what was done", disk_op_words)                                       \
	X(EVICT, "reason", "why a stored response left", evict_words)                          \
	X(SCOPE, "scope", "how much is invalidated at once", scope_words)                      \
	X(MODE, "mode", "hard: gone; soft: stale", mode_words)                                 \
	X(SOURCE, "source", "on whose behalf", source_words)                                   \
	X(VERSION, "version", "version of larder", version_words)

enum domain {
#define X(id, label, about, words) DOMAIN_##id,
	DOMAIN_TABLE(X)
#undef X
		DOMAIN_COUNT
};

enum metric_kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

enum { LABELS_MOST = 3 };

struct metric_row {
	const char *name; /* with the prefix */
	const char *help;
	enum metric_kind kind;
	enum domain labels[LABELS_MOST];
};

extern const struct metric_row metric_rows[METRIC_COUNT];

/* Dynamic names are copied, behind "-". */
void domains_init(const struct metrics_names from[static METRICS_KINDS]);
void domains_done(void);

const char *domain_label(enum domain domain);
const char *domain_about(enum domain domain);

/* Fixed or initialised words of a domain; a dynamic one has none before domains_init(). */
size_t domain_size(enum domain domain);
/* How many there can come to be. */
size_t domain_room(enum domain domain);
const char *domain_word(enum domain domain, size_t index);
bool domain_is_dynamic(enum domain domain);
bool domain_is_of(enum domain domain, enum metrics_kind kind);

/* Between the two no name becomes another's, and what was counted stays where it is: whoever sums, or shows names. */
void domains_hold(void);
void domains_release(void);

/* What was counted under one label of this kind is counted under another; gauges are forgotten. While nobody counts
 * under the first. */
void metric_move(enum metrics_kind kind, size_t from, size_t to);

/* Whether all labels of a cell have words; else it is only there to be summed. */
bool metric_cell_named(enum metric metric, size_t cell);

/* Cells of a metric, those without a name among them. */
size_t metric_all_cells(enum metric metric);

/* Cells of a metric that can have been touched, and the indexes that a cell stands for. */
size_t metric_cells(enum metric metric);
void metric_cell_indexes(enum metric metric, size_t cell, size_t ret[static LABELS_MOST]);

/* Values, while other threads go on adding. */
uint64_t counter_value(enum metric metric, size_t cell);
bool counter_touched(enum metric metric, size_t cell);
/* false: never set */
bool gauge_value(enum metric metric, size_t cell, double *ret);
/* Sums the cell of all threads into ret; false: there is none. */
bool histogram_collect(enum metric metric, size_t cell, struct histogram *ret);

/* Forgets metrics_collect_with(). */
void collectors_clear(void);
