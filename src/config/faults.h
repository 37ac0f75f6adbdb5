/* config/faults.h - collects what is wrong with a configuration, so that one run finds it all.
 *
 * A fault reads "file:line:column: what was found; what was expected". They leave sorted by place,
 * whatever stage found them. One collector serves one load, in one thread; it owns its texts.
 */
#pragma once

#include "config/config.h"
#include "node.h"
#include "util/arena.h"

struct fault;

struct faults {
	const char *name; /* borrowed: the file, or the option of the command line */
	struct arena arena;
	struct fault *items;
	size_t count;
};

void faults_init(struct faults *f, const char *name);
void faults_done(struct faults *f);

/* at NULL, or without a line: the fault concerns all of the file. */
void fault_add(struct faults *f, const struct node *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Has the node had its fault? */
bool fault_stands(const struct faults *f, const struct node *at);

/* text between quotes, shortened: for use in a fault. Lives as long as the collector. */
const char *fault_quote(struct faults *f, const char *text);

/* Hands the faults to the caller of the layer, who owns them. RC_INVALID if there are any. */
NODISCARD enum rc faults_give(struct faults *f, struct config_faults *ret);
