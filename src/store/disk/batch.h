/* store/disk/batch.h - many jobs in one transaction. Writer thread. */
#pragma once

#include "inside.h"

#define BATCH 256

struct batch {
	struct list jobs;
	struct stowed *stowed; /* BATCH of them */
	size_t stowed_count;
	struct {
		int64_t first_id;
		int change; /* of rows in its range */
	} changes[BATCH * RECORD_VARIANTS];
	size_t change_count;
};

struct batch *batch_new(void);
void batch_free(struct batch *batch);

/* Before jobs are put into it. */
void batch_clear(struct batch *batch);

/* Writes its jobs; they leave the queue, or go back to its front. */
void batch_run(struct disk *disk, struct batch *batch);
