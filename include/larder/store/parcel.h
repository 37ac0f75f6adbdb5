/* store/parcel.h - a stored response on its way to another larder: a line of an export.
 *
 *	{"url":...,"key":...,"status":200,...,"fields":[[name,value],...],"size":N,"sha256":...	the head
 *	,"body":"<base64>"}								the rest
 *
 * docs/exchange.md has each member. Text that is no UTF-8 stands as {"base64":"..."}. The first line of an export
 * is its manifest, the last one says how many there were.
 *
 * A bare one has no key: others archived it (a WARC file's response). It stands for what was fetched of `source` at
 * a moment, and what becomes of it is found where it is taken (proxy/importing.h):
 *
 *	{"source":...,"fetched_ms":N,"status":200,"http_version":...,"variant":[...],"fields":[...],"size":N,...
 *
 * What is read is from anywhere: nothing of it is believed that can be computed.
 *
 * Threads: one at a time for each. Ownership: parcel_parse() fills what parcel_done() releases.
 */
#pragma once

#include "http/key.h"
#include "http/object.h"
#include "util/digest.h"

#define PARCEL_VERSION   1
#define PARCEL_BODY_MOST ((uint64_t)512 << 20) /* of a body: a line is in memory when it is read */
#define PARCEL_HEAD_MOST ((size_t)4 << 20)

struct parcel {
	struct bytes key; /* as http/key.h has it; of size 0: it is bare */
	struct key_parts
		parts; /* views into it; of a bare one the target is its source, and nothing else is there */
	struct slice source; /* absolute: what the origin was asked for; or empty */
	struct object *
		object; /* bare: all fields as they came, the request's as its variant, and no lifetime */
	unsigned char digest[DIGEST_SIZE]; /* SHA-256 of its body as stored */
	struct arena *arena;               /* of source; parcel_done() leaves it */
};

static inline bool parcel_is_bare(const struct parcel *parcel)
{
	return parcel->key.size == 0;
}

/* Copies the key, refers to the object and computes the digest. RC_INVALID: no key of ours. RC_IO: the body
 * can't be read. RC_TOO_LARGE: it is too large to go. */
NODISCARD enum rc parcel_make(
	struct slice key, struct object *object, struct arena *arena, struct parcel *ret);
void parcel_done(struct parcel *parcel);

/* Appends the head: an object that lacks its body. RC_TOO_LARGE. */
NODISCARD enum rc parcel_head(const struct parcel *parcel, struct bytes *ret);

/* A line being written, a buffer at a time: memory for its head only. */
struct parcel_line {
	const struct parcel *parcel;
	struct bytes head;
	size_t told;   /* of the head, then of the end */
	uint64_t body; /* bytes of the body that are told */
	int stage;
};

NODISCARD enum rc parcel_line_begin(const struct parcel *parcel, struct parcel_line *ret);
/* Bytes written; 0: it is complete, with its line feed; -1: the body can't be read. size >= 64 */
ssize_t parcel_line_read(struct parcel_line *line, char *buffer, size_t size);
void parcel_line_end(struct parcel_line *line);

/* Reads one. text: a line, or a head where body isn't NULL (borrowed; of what lies beside it). Checked: the shape
 * of all, ranges, the fields, the key (made anew of its parts), the body's digest and, where larder compressed it,
 * that it comes to what it says. Members that aren't known are passed over. RC_INVALID; *ret_why: static words. */
NODISCARD enum rc parcel_parse(struct slice text, struct body *body, struct arena *arena,
	struct parcel *ret, const char **ret_why);

/* ---- which of them ---- */

/* Each of size 0, or as said: any. */
struct parcel_filter {
	struct slice route;
	struct slice prefix; /* of the target, canonical */
	struct slice tag;
	struct slice tenant;
	int64_t since_ms; /* wall, when it came; INT64_MIN: any */
	int64_t until_ms; /* before it; INT64_MAX: any */
};

/* parts: of its key. */
bool parcel_fits(const struct parcel_filter *filter, const struct key_parts *parts,
	const struct object *object);

/* ---- manifest ---- */

struct manifest {
	struct slice larder; /* the version of the one that wrote it */
	int64_t created_ms;
	uint64_t groups; /* identity of the table (store/groups.h) that epochs are of; 0: none */
	struct parcel_filter filter;
	struct slice config; /* upstreams and routes, as YAML: upstreams ask nothing */
};

/* Appends its line, with a line feed. */
NODISCARD enum rc manifest_write(const struct manifest *manifest, struct bytes *ret);
/* RC_UNSUPPORTED: of a newer format. RC_INVALID: it is none. Copied into the arena. */
NODISCARD enum rc manifest_parse(struct slice line, struct arena *arena, struct manifest *ret);

/* The last line. left_out: entries that can't go (docs/exchange.md), or went meanwhile. */
struct parcel_end {
	uint64_t entries;
	uint64_t left_out;
};
NODISCARD enum rc parcel_end_write(const struct parcel_end *end, struct bytes *ret);
/* false: another line */
bool parcel_end_parse(struct slice line, struct parcel_end *ret);
