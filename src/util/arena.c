/* util/arena.c - memory that is given back all at once. */
#include "util/arena.h"

#include "util/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 4000 /* with its head and malloc's own, just under a page */

struct arena_block {
	struct arena_block *next;
	size_t size;
	_Alignas(max_align_t) char data[];
};

void arena_init(struct arena *a)
{
	*a = (struct arena){ 0 };
}

static void free_chain(struct arena_block *block)
{
	while (block != NULL) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
}

void arena_reset(struct arena *a)
{
	if (a->first != NULL) {
		free_chain(a->first->next);
		a->first->next = NULL;
	}
	a->current = a->first;
	a->used = 0;
}

void arena_done(struct arena *a)
{
	free_chain(a->first);
	*a = (struct arena){ 0 };
}

static void add_block(struct arena *a, size_t least)
{
	size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
	struct arena_block *block = xgrow(NULL, sizeof(*block) + size, 1);

	block->next = NULL;
	block->size = size;
	if (a->current != NULL)
		a->current->next = block;
	else
		a->first = block;
	a->current = block;
	a->used = 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	void *at;

	size = (size + align - 1) / align * align;
	if (a->current == NULL || size > a->current->size - a->used)
		add_block(a, size);
	at = a->current->data + a->used;
	a->used += size;
	return at;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	char *copy = arena_alloc(a, s.size + 1);

	if (s.size > 0)
		memcpy(copy, s.data, s.size);
	copy[s.size] = '\0';
	return (struct slice){ copy, s.size };
}

struct slice arena_format(struct arena *a, const char *format, ...)
{
	va_list args;
	int size;
	char *text;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = arena_alloc(a, (size_t)size + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)size + 1, format, args);
	va_end(args);
	return (struct slice){ text, (size_t)size };
}
