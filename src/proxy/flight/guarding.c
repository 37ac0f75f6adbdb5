/* proxy/flight/guarding.c - the body of one flight, looked at by the guard of its route. */
#include "guarding.h"

#include "keep/guard_sets.h"
#include "state.h"

#include "http/gunzip.h"
#include "policy/coding.h"
#include "util/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_SIZE ((size_t)16 * 1024) /* a long token is looked at once for each */
#define MOST_RATIO 500                 /* as for clients who take no gzip */

struct guarding {
	const struct config_guard *guard;
	struct guard_seen seen;
	enum guard_verdict verdict;
	enum guard_rule rule;
	struct gunzip *gunzip;   /* NULL: the body is as it came */
	struct json_watch *json; /* one of them at most */
	struct xml_watch *xml;
	bool reads; /* something is still to be found */
	bool any;   /* some byte came */
	size_t size;
	char piece[PIECE_SIZE];
};

bool guarding_is_due(const struct flight *flight)
{
	bool ours = flight->method == METHOD_GET || flight->method == METHOD_POST ||
		    flight->method == METHOD_QUERY;

	return flight->cached && ours && (flight->status == 200 || flight->status == 203) &&
	       guard_is_on(&flight_route(flight)->guard);
}

bool guarding_takes_part(const struct flight *flight)
{
	const struct guard_seen seen = {
		.content_type = headers_get(&flight->received, FIELD_CONTENT_TYPE),
		.announced = LENGTH_UNKNOWN,
	};
	enum guard_rule rule;

	return guard_judge(&flight_route(flight)->guard, &seen, &rule) == GUARD_GOOD;
}

/* A number that is watched is wanted of what is good only, and found where it can be read. */
static bool wants_number(const struct guarding *g)
{
	return g->verdict == GUARD_GOOD && g->json != NULL && g->guard->watch[0] != '\0' &&
	       !g->seen.damaged && !g->seen.broken && !g->seen.unreadable;
}

static void judge(struct guarding *g)
{
	if (g->verdict == GUARD_UNDECIDED)
		g->verdict = guard_judge(g->guard, &g->seen, &g->rule);
	g->reads = g->verdict == GUARD_UNDECIDED || wants_number(g);
}

static void begin_reading(struct guarding *g, const struct flight *flight)
{
	const struct guard_set *set = guard_sets_of(flight->proxy->guards, flight->route);
	enum guard_kind kind = guard_kind_of(g->seen.content_type);

	if (kind == GUARD_JSON && guard_reads(g->guard, kind))
		g->json = json_watch_new(set->json);
	if (kind == GUARD_XML && guard_reads(g->guard, kind))
		g->xml = xml_watch_new(set->xml);
}

static void begin_decoding(struct guarding *g, const struct flight *flight)
{
	switch (coding_of(&flight->received)) {
	case CODING_IDENTITY:
		g->seen.announced = flight->content_length;
		break;
	case CODING_GZIP:
		g->gunzip = gunzip_new(&(struct gunzip_limits){
			.bytes = (uint64_t)flight->proxy->config->cache.decode_limit,
			.ratio = MOST_RATIO,
		});
		break;
	case CODING_OTHER:
		g->seen.unreadable = true;
		break;
	}
}

struct guarding *guarding_new(const struct flight *flight)
{
	struct guarding *g;

	if (!guarding_is_due(flight))
		return NULL;
	g = xalloc(sizeof(*g));
	g->guard = &flight_route(flight)->guard;
	g->seen.content_type = headers_get(&flight->received, FIELD_CONTENT_TYPE);
	g->seen.announced = LENGTH_UNKNOWN;
	g->seen.complete = true; /* where nobody looks */
	begin_decoding(g, flight);
	begin_reading(g, flight);
	judge(g);
	return g;
}

void guarding_free(struct guarding *g)
{
	if (g == NULL)
		return;
	gunzip_free(g->gunzip);
	json_watch_free(g->json);
	xml_watch_free(g->xml);
	free(g);
}

/* What a watch says of what it was fed. */
static void note_fault(struct guarding *g, enum rc rc)
{
	g->seen.broken |= rc == RC_INVALID;
	g->seen.unreadable |= rc == RC_TOO_LARGE || rc == RC_UNSUPPORTED;
}

static void note_json(struct guarding *g)
{
	g->seen.forbidden = json_watch_seen(g->json, GROUP_FORBID);
	g->seen.negative = json_watch_seen(g->json, GROUP_NEGATIVE);
	g->seen.pass = json_watch_seen(g->json, GROUP_PASS);
	g->seen.complete = json_watch_holds(g->json, GROUP_REQUIRE);
}

static void note_xml(struct guarding *g)
{
	g->seen.forbidden = xml_watch_seen(g->xml, GROUP_FORBID);
	g->seen.negative = xml_watch_seen(g->xml, GROUP_NEGATIVE);
	g->seen.pass = xml_watch_seen(g->xml, GROUP_PASS);
	g->seen.root = xml_watch_root(g->xml);
}

/* The piece is full, or the last. */
static void read_piece(struct guarding *g)
{
	struct slice piece = { g->piece, g->size };

	g->size = 0;
	g->seen.length += piece.size;
	if (g->json != NULL) {
		note_fault(g, json_watch_feed(g->json, piece));
		note_json(g);
	}
	if (g->xml != NULL) {
		note_fault(g, xml_watch_feed(g->xml, piece));
		note_xml(g);
	}
	judge(g);
}

/* Takes what has room; how much of data that was. */
static size_t fill_plain(struct guarding *g, struct slice data)
{
	size_t room = PIECE_SIZE - g->size, size = data.size < room ? data.size : room;

	memcpy(g->piece + g->size, data.data, size);
	g->size += size;
	return size;
}

static size_t fill_inflated(struct guarding *g, struct slice data)
{
	struct slice rest = data;
	size_t count;
	enum rc rc =
		gunzip_read(g->gunzip, &rest, g->piece + g->size, PIECE_SIZE - g->size, &count);

	g->seen.damaged |= rc == RC_INVALID;
	g->seen.unreadable |= rc == RC_TOO_LARGE;
	if (rc == RC_OK || rc == RC_ABSENT)
		g->size += count;
	if (g->seen.damaged || g->seen.unreadable)
		judge(g);
	return data.size - rest.size;
}

void guarding_feed(struct guarding *g, const char *data, size_t size)
{
	struct slice rest = { data, size };
	bool full = false;

	g->any |= size > 0;
	/* a full piece may not have been all that a gzip gives */
	while (g->reads && (rest.size > 0 || full)) {
		size_t taken = g->gunzip != NULL ? fill_inflated(g, rest) : fill_plain(g, rest);

		rest = slice_skip(rest, taken);
		full = g->size == PIECE_SIZE;
		if (full)
			read_piece(g);
	}
}

void guarding_give_up(struct guarding *g)
{
	if (g->verdict == GUARD_UNDECIDED)
		g->verdict = GUARD_PASS;
	g->reads = false;
}

void guarding_end(struct guarding *g)
{
	if (!g->reads)
		return;
	read_piece(g);
	if (g->json != NULL)
		note_fault(g, json_watch_end(g->json));
	if (g->xml != NULL)
		note_fault(g, xml_watch_end(g->xml));
	if (g->gunzip != NULL && g->any && !gunzip_is_whole(g->gunzip))
		g->seen.damaged = true;
	if (g->json != NULL)
		note_json(g);
	g->seen.ended = true;
	judge(g);
	assert(g->verdict != GUARD_UNDECIDED);
}

enum guard_verdict guarding_verdict(const struct guarding *g)
{
	return g->verdict;
}

enum guard_rule guarding_rule(const struct guarding *g)
{
	return g->rule;
}

bool guarding_number(const struct guarding *g, double *ret)
{
	return g->verdict == GUARD_GOOD && g->seen.ended && !g->seen.broken && g->json != NULL &&
	       json_watch_number(g->json, GROUP_WATCH, ret);
}
