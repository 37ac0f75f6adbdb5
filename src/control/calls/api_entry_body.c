/* control/calls/api_entry_body.c - the body of one entry, as it came, however long it is.
 *
 * A piece at a time is read, and a gzip that larder made is undone on the way. What can't be read on breaks the answer
 * off: its length isn't told in front.
 */
#include "entry_id.h"

#include "http/gunzip.h"
#include "util/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_RATIO 1032 /* deflate can't do better */
#define PIECE      ((size_t)64 * 1024)

static bool parse_id(struct slice text, struct entry_id *ret)
{
	char copy[64];
	uint64_t number;
	int used = 0;

	if (text.size >= sizeof(copy) || memchr(text.data, '\0', text.size) != NULL)
		return false;
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	ret->tier = copy[0] == 'm' ? ENTRY_MEMORY : ENTRY_DISK;
	if (ret->tier == ENTRY_MEMORY)
		(void)!sscanf(copy, "m-%16" SCNx64 "-%16" SCNx64 "%n", &ret->hash, &number, &used);
	else
		(void)!sscanf(copy, "d-%19" SCNu64 "%n", &number, &used);
	ret->number = used > 0 ? (int64_t)number : 0;
	return used > 0 && (size_t)used == text.size && ret->number >= 0;
}

enum rc entry_show(struct call *call, const struct entries_listener *listener, struct bytes *fault)
{
	struct entry_id id = { 0 };

	if (!parse_id(call->parameter, &id))
		return RC_ABSENT;
	return entries_show(call->proxy, id, listener, fault);
}

bool entry_is_hers(const struct call *call, const struct entry_seen *entry)
{
	struct slice own = slice_of(call->caller.tenant);

	return own.size == 0 || slice_equal(own, entry->parts.tenant);
}

void entry_refuse(struct call *call, enum rc rc, const struct bytes *fault)
{
	if (rc == RC_OK || rc == RC_ABSENT)
		call_refuse(call, 404, "no entry has this id, or none any more");
	else
		call_refuse(call, 503, "the disk tier can't be read: %s; tier=memory leaves it out",
			fault->size > 0 ? fault->data : rc_text(rc));
}

/* ---- the stream ---- */

struct streaming {
	struct body *body;     /* as it is stored: a reference */
	struct gunzip *gunzip; /* NULL: it is as it came */
	uint64_t at;           /* what of the body was read */
	struct slice rest;     /* of piece, to be inflated */
	char piece[PIECE];
};

/* -1: the gzip is not whole, or not one. */
static ssize_t inflate_more(struct streaming *s, char *buffer, size_t size)
{
	for (;;) {
		size_t given;
		enum rc rc;

		if (s->rest.size == 0 && s->at < s->body->size) {
			ssize_t count = body_read(s->body, s->at, s->piece, sizeof(s->piece));

			if (count <= 0)
				return -1;
			s->at += (uint64_t)count;
			s->rest = (struct slice){ s->piece, (size_t)count };
		}
		rc = gunzip_read(s->gunzip, &s->rest, buffer, size, &given);
		if (rc != RC_OK && rc != RC_ABSENT)
			return -1;
		if (given > 0)
			return (ssize_t)given;
		if (s->rest.size == 0 && s->at == s->body->size)
			return gunzip_is_whole(s->gunzip) ? 0 : -1;
	}
}

static ssize_t read_stream(void *arg, char *buffer, size_t size)
{
	struct streaming *s = arg;
	ssize_t count;

	if (s->gunzip != NULL)
		return inflate_more(s, buffer, size);
	if (s->at == s->body->size)
		return 0;
	count = body_read(s->body, s->at, buffer, size);
	if (count <= 0)
		return -1;
	s->at += (uint64_t)count;
	return count;
}

static void free_stream(void *arg)
{
	struct streaming *s = arg;

	gunzip_free(s->gunzip);
	body_unref(s->body);
	free(s);
}

static struct streaming *stream_of(const struct entry_seen *entry)
{
	struct streaming *s = xalloc(sizeof(*s));

	s->body = body_ref(entry->body);
	if (entry->object->gzipped)
		s->gunzip = gunzip_new(&(struct gunzip_limits){
			.bytes = entry->object->plain_size, .ratio = MOST_RATIO });
	return s;
}

/* ---- the route ---- */

struct finding {
	const struct call *call;
	struct streaming *stream;
	bool is_there;
};

static void see(void *arg, const struct entry_seen *entry)
{
	struct finding *f = arg;

	if (!entry_is_hers(f->call, entry))
		return;
	f->is_there = true;
	if (entry->body != NULL)
		f->stream = stream_of(entry);
}

/* Of one page there is no next. */
static void see_more(void *arg, const struct ranking_place *last)
{
	(void)arg;
	(void)last;
}

/* Nobody's browser is to take it for a page of ours. */
static void begin_stream(struct call *call, struct streaming *stream)
{
	call_field(call, "Content-Type", SLICE("application/octet-stream"));
	call_field(call, "Content-Disposition", SLICE("attachment"));
	call_field(call, "X-Content-Type-Options", SLICE("nosniff"));
	call_field(call, "Cache-Control", SLICE("no-store"));
	call->answer->status = 200;
	call->answer->stream.read = read_stream;
	call->answer->stream.free = free_stream;
	call->answer->stream.arg = stream;
}

void entry_body_get(struct call *call)
{
	struct finding finding = { .call = call };
	const struct entries_listener listener = { see, see_more, &finding };
	struct bytes fault;
	enum rc rc;

	bytes_init(&fault, ENTRY_FAULT);
	rc = entry_show(call, &listener, &fault);
	if (finding.stream != NULL)
		begin_stream(call, finding.stream);
	else if (finding.is_there)
		call_refuse(call, 503, "the body of this entry can't be read");
	else
		entry_refuse(call, rc, &fault);
	bytes_done(&fault);
}
