/* util/bytes.c - a growing buffer with a cap. */
#include "util/bytes.h"

#include "util/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_CAPACITY 64

void bytes_init(struct bytes *b, size_t limit)
{
	*b = (struct bytes){ .limit = limit };
}

void bytes_done(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ .limit = b->limit };
}

void bytes_clear(struct bytes *b)
{
	b->size = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

static enum rc reserve(struct bytes *b, size_t more)
{
	size_t need, capacity;

	if (more > b->limit - b->size)
		return RC_TOO_LARGE;
	need = b->size + more + 1;
	if (need <= b->capacity)
		return RC_OK;
	capacity = b->capacity > 0 ? b->capacity : LEAST_CAPACITY;
	while (capacity < need)
		capacity *= 2;
	b->data = xgrow(b->data, capacity, 1);
	b->capacity = capacity;
	return RC_OK;
}

enum rc bytes_append(struct bytes *b, const void *data, size_t size)
{
	TRY(reserve(b, size));
	if (size > 0)
		memcpy(b->data + b->size, data, size);
	b->size += size;
	b->data[b->size] = '\0';
	return RC_OK;
}

enum rc bytes_append_slice(struct bytes *b, struct slice s)
{
	return bytes_append(b, s.data, s.size);
}

enum rc bytes_append_char(struct bytes *b, char c)
{
	return bytes_append(b, &c, 1);
}

enum rc bytes_format(struct bytes *b, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (size < 0)
		return RC_INVALID;
	TRY(reserve(b, (size_t)size));
	va_start(args, format);
	vsnprintf(b->data + b->size, (size_t)size + 1, format, args);
	va_end(args);
	b->size += (size_t)size;
	return RC_OK;
}

struct slice bytes_slice(const struct bytes *b)
{
	return (struct slice){ b->data != NULL ? b->data : "", b->size };
}

char *bytes_take(struct bytes *b)
{
	char *data = b->data != NULL ? b->data : xcopy("", 0);

	*b = (struct bytes){ .limit = b->limit };
	return data;
}
