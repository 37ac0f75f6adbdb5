/* util/alloc.c - allocation that can't fail: without memory for a small struct there is no way on. */
#include "util/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_abort(void *at)
{
	if (at == NULL) {
		fputs("larder: out of memory\n", stderr);
		abort();
	}
	return at;
}

void *xalloc(size_t size)
{
	return or_abort(calloc(1, size > 0 ? size : 1));
}

char *xcopy(const char *data, size_t size)
{
	char *copy = or_abort(malloc(size + 1));

	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

void *xgrow(void *old, size_t count, size_t size)
{
	if (count > SIZE_MAX / size)
		abort();
	return or_abort(realloc(old, count * size));
}
