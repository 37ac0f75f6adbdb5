/* store/bundle/inside.h - what bundle.c and bundle_tier.c share. Threads and ownership: store/bundle.h. */
#pragma once

#include "store/bundle.h"

#include <pthread.h>

struct sqlite3;
struct sqlite3_stmt;

struct bundle {
	struct sqlite3 *handle;
	struct sqlite3_stmt *statement; /* of writing, or of bundle_next() */
	struct sqlite3_stmt *by_key;    /* of the tier */
	pthread_mutex_t lock;           /* the tier's: one connection for all threads */
	struct arena arena;
	struct manifest manifest;
	struct parcel_end end;
};

/* The response of a row whose columns at 0 and 1 are head and body. */
NODISCARD enum rc bundle_row(struct sqlite3_stmt *statement, struct arena *arena,
	struct parcel *ret, const char **ret_why);
