/* store/bundle/warc_record.h - records of a WARC file (ISO 28500:2017 5), one after the other.
 *
 *	version CRLF named fields CRLF CRLF block CRLF CRLF
 *
 *	warc_record_open() -> warc_record_block() -> warc_record_open() ...
 *
 * WARC/1.0 and WARC/1.1. What it is not: what records say; that is warc.c's. The file is from anywhere: sizes are
 * bounded, and what has a digest must come to it.
 *
 * Threads: one. Ownership: the reader lies with its user; fields are views into its arena until the next record.
 */
#pragma once

#include "warc_source.h"

#include "http/headers.h"
#include "util/digest.h"

struct warc_record {
	struct warc_source *source;
	struct arena arena;
	struct headers fields;
	uint64_t number; /* of the present one, from 1 */
	uint64_t offset; /* in the file; of gzip, of its member */
	uint64_t length; /* of its block */
	char why[512];   /* what is wrong with it */
};

/* source is taken. */
void warc_record_init(struct warc_record *r, struct warc_source *source);
void warc_record_done(struct warc_record *r);

/* The next one's fields. RC_ABSENT: there is none. RC_TRUNCATED: the file ends within it; RC_CORRUPT: it is none, and
 * nobody knows where the next begins; why tells of both. */
NODISCARD enum rc warc_record_open(struct warc_record *r);

/* Its block, appended to ret up to its limit; NULL: nowhere. Faults as above, and with which the next record may be
 * asked for: RC_INVALID: it has another digest; why tells. RC_TOO_LARGE. */
NODISCARD enum rc warc_record_block(struct warc_record *r, struct bytes *ret);

/* A field; data NULL: it has none. */
struct slice warc_record_field(const struct warc_record *r, const char *name);

/* Whether the data has the digest that a field tells: "sha1:" or "sha256:", in base32 or hex. RC_ABSENT: there is no
 * such field, or it is by another algorithm. RC_INVALID: why tells. */
NODISCARD enum rc warc_record_check(struct warc_record *r, const char *field, struct slice data);

/* Fills in why, which begins with where the record is; returns it. */
const char *warc_record_fault(struct warc_record *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
