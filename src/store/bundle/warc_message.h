/* store/bundle/warc_message.h - what a WARC file's records have of HTTP: a response, and the request that it answers.
 *
 * Threads: one. Ownership: each lies with its user; what is in it stays until it is forgotten or read anew.
 */
#pragma once

#include "warc_record.h"

#include "http/body.h"
#include "http/head.h"

struct warc_response {
	bool is_there;
	bool is_cut; /* by who archived it (WARC-Truncated), or into several records (WARC-Segment-Number) */
	bool is_checked; /* it has a digest */
	uint64_t number; /* of its record */
	int64_t date_ms;
	struct arena arena; /* of the next */
	struct slice id, concurrent, target;
	struct head head;
	struct body *body; /* without transfer coding */
};

void warc_response_init(struct warc_response *response);
void warc_response_done(struct warc_response *response);
void warc_response_forget(struct warc_response *response);

/* Of a record whose block was read: block's memory is taken. RC_INVALID: record->why tells, and nothing is there. */
NODISCARD enum rc warc_response_read(
	struct warc_response *response, struct warc_record *record, struct bytes *block);

struct warc_request {
	bool is_there;
	bool has_credentials;
	struct arena arena; /* of the next */
	struct slice id, concurrent;
	struct slice method; /* of size 0: it can't be read */
	struct headers fields;
};

void warc_request_init(struct warc_request *request);
void warc_request_done(struct warc_request *request);
void warc_request_forget(struct warc_request *request);

/* block: its begin at least, with all fields. What can't be read has no method. */
void warc_request_read(
	struct warc_request *request, const struct warc_record *record, struct slice block);
