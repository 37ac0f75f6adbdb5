/* proxy/deliver/pieces.c - a body that does not lie in memory, sent a piece at a time. */
#include "pieces.h"

#include "state.h"

#include <string.h>

#define AHEAD_SIZE ((size_t)16 * 1024)

struct pieces {
	struct body *body; /* borrowed: of x->object */
	uint64_t at, end;
	struct slice ahead; /* read before the answer began; in the arena */
};

bool pieces_unreadable(struct exchange *x)
{
	x->found.unreadable = true;
	/* another may have taken its place already */
	(void)!tier_discard(x->proxy->store, &x->key, x->object);
	return false;
}

bool pieces_begin(struct exchange *x, uint64_t first, uint64_t size)
{
	size_t most = size < AHEAD_SIZE ? (size_t)size : AHEAD_SIZE;
	char *ahead = arena_alloc(x->arena, most);
	ssize_t count = body_read(x->object->body, first, ahead, most);

	if (count <= 0)
		return pieces_unreadable(x);
	x->pieces = arena_alloc(x->arena, sizeof(*x->pieces));
	*x->pieces = (struct pieces){
		.body = x->object->body,
		.at = first + (uint64_t)count,
		.end = first + size,
		.ahead = { ahead, (size_t)count },
	};
	return true;
}

static size_t take_ahead(struct pieces *pieces, char *buffer, size_t size)
{
	size_t count = size < pieces->ahead.size ? size : pieces->ahead.size;

	memcpy(buffer, pieces->ahead.data, count);
	pieces->ahead = slice_skip(pieces->ahead, count);
	return count;
}

ssize_t pieces_read(struct exchange *x, char *buffer, size_t size)
{
	struct pieces *pieces = x->pieces;
	uint64_t left = pieces->end - pieces->at;
	ssize_t count;

	if (pieces->ahead.size > 0)
		return (ssize_t)take_ahead(pieces, buffer, size);
	if (left == 0)
		return STREAM_END;
	count = body_read(pieces->body, pieces->at, buffer, left < size ? (size_t)left : size);
	if (count <= 0) {
		pieces_unreadable(x);
		return STREAM_BROKEN;
	}
	pieces->at += (uint64_t)count;
	return count;
}
