/* proxy/purge/holding.c - what the body of one flight holds. */
#include "holding.h"

#include "own_tags.h"
#include "state.h"

#include "http/gunzip.h"
#include "policy/coding.h"
#include "util/alloc.h"

#include <stdlib.h>

#define LOOKED_AT_MOST ((uint64_t)16 * 1024 * 1024)
#define PIECE_SIZE     ((size_t)16 * 1024) /* a long token is looked at once for each */
#define MOST_RATIO     500                 /* as for clients who take no gzip */

struct holding {
	struct held_tags *tags; /* NULL: it can't be told what it holds */
	struct gunzip *gunzip;  /* NULL: the body is as it came */
	uint64_t looked_at;
	char piece[PIECE_SIZE];
};

static void lose(struct holding *holding)
{
	held_tags_free(GIVE(holding->tags));
	gunzip_free(GIVE(holding->gunzip));
}

void holding_begin(struct flight *flight, const struct body *begin)
{
	const struct proxy *proxy = flight->proxy;
	struct holding *holding;

	if (!flight->cached || flight->status == 206 || !own_tags_holds(proxy, flight->route))
		return;
	holding = flight->holding = xalloc(sizeof(*holding));
	holding->tags = held_tags_new(own_tags_of(proxy->own_tags, flight->route));
	switch (coding_of(&flight->received)) {
	case CODING_IDENTITY:
		break;
	case CODING_GZIP:
		holding->gunzip = gunzip_new(
			&(struct gunzip_limits){ .bytes = LOOKED_AT_MOST, .ratio = MOST_RATIO });
		break;
	case CODING_OTHER:
		lose(holding);
		break;
	}
	if (begin != NULL)
		holding_feed(flight, begin->data, begin->size);
}

static void read_piece(struct holding *holding, struct slice piece)
{
	holding->looked_at += piece.size;
	if (holding->looked_at > LOOKED_AT_MOST || held_tags_feed(holding->tags, piece) != RC_OK)
		lose(holding);
}

/* What is left of data. */
static struct slice inflate(struct holding *holding, struct slice data, bool *ret_full)
{
	size_t count;
	enum rc rc = gunzip_read(holding->gunzip, &data, holding->piece, PIECE_SIZE, &count);

	if (rc == RC_OK || rc == RC_ABSENT)
		read_piece(holding, (struct slice){ holding->piece, count });
	else
		lose(holding);
	*ret_full = count == PIECE_SIZE;
	return data;
}

void holding_feed(struct flight *flight, const char *data, size_t size)
{
	struct holding *holding = flight->holding;
	struct slice rest = { data, size };
	bool full = false;

	if (holding == NULL || holding->tags == NULL)
		return;
	if (holding->gunzip == NULL) {
		read_piece(holding, rest);
		return;
	}
	/* a full piece may not have been all that a gzip gives */
	while (holding->tags != NULL && (rest.size > 0 || full))
		rest = inflate(holding, rest, &full);
}

bool holding_tags(struct flight *flight, struct slice **ret, size_t *ret_count)
{
	struct holding *holding = flight->holding;

	if (holding == NULL || holding->tags == NULL ||
		(holding->gunzip != NULL && !gunzip_is_whole(holding->gunzip)))
		return false;
	return held_tags_end(holding->tags, &flight->arena, ret, ret_count) == RC_OK;
}

void holding_done(struct flight *flight)
{
	struct holding *holding = GIVE(flight->holding);

	if (holding != NULL)
		lose(holding);
	free(holding);
}
