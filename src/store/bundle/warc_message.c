/* store/bundle/warc_message.c - what a WARC file's records have of HTTP. Threads and ownership: warc_message.h. */
#include "warc_message.h"

#include "store/parcel.h"

#include "http/chunked.h"
#include "http/request.h"
#include "util/moment.h"

#include <inttypes.h>
#include <string.h>

/* Up to its line feed, which stays with it; the rest where there is none. */
static struct slice take_line(struct slice *rest)
{
	ptrdiff_t end = slice_find(*rest, '\n');
	struct slice line = *rest;

	if (end >= 0)
		line.size = (size_t)end + 1;
	*rest = slice_skip(*rest, line.size);
	return line;
}

/* ---- responses ---- */

void warc_response_init(struct warc_response *response)
{
	*response = (struct warc_response){ 0 };
	arena_init(&response->arena);
	head_init(&response->head);
}

void warc_response_done(struct warc_response *response)
{
	warc_response_forget(response);
	arena_done(&response->arena);
	head_done(&response->head);
}

void warc_response_forget(struct warc_response *response)
{
	response->is_there = false;
	if (response->body != NULL)
		body_unref(GIVE(response->body));
}

static enum rc invalid(struct warc_record *record, const char *why)
{
	warc_record_fault(record, "%s", why);
	return RC_INVALID;
}

static enum rc take_head(struct head *head, struct warc_record *record, struct slice *rest)
{
	const char *why = "";

	head_reset(head, PARCEL_HEAD_MOST);
	while (!head->complete) {
		struct slice line = take_line(rest);

		if (line.size == 0)
			return invalid(record, "the response's head has no end");
		if (head_line(head, line, &why) != RC_OK)
			return invalid(record, why);
	}
	return RC_OK;
}

/* In front of the block, which is as long as what is left. */
static void move_to_front(struct bytes *block, struct slice content)
{
	memmove(block->data, content.data, content.size);
	block->size = content.size;
}

/* What the digest is of: the content, but some took the coded bytes. */
static enum rc check_payload(
	struct warc_record *record, struct slice coded, bool is_chunked, bool *ret_checked)
{
	enum rc rc = warc_record_check(record, "WARC-Payload-Digest", coded);

	*ret_checked = rc == RC_OK;
	return rc == RC_INVALID && is_chunked ? RC_OK : rc;
}

static enum rc undo_chunks(struct warc_record *record, struct bytes *block)
{
	switch ((int)chunked_decode(block->data, block->size, &block->size)) {
	case RC_OK:
		return RC_OK;
	case RC_TRUNCATED:
		return invalid(record, "its last chunk is missing");
	default:
		return invalid(record, "its chunks are malformed");
	}
}

static enum rc take_content(
	struct warc_response *response, struct warc_record *record, struct bytes *block)
{
	bool is_chunked = headers_has(&response->head.fields, FIELD_TRANSFER_ENCODING);
	int64_t length;
	enum rc rc;

	if (response->is_cut)
		return RC_OK;
	if (head_length(&response->head, &length) != RC_OK)
		return invalid(record, "its Content-Length or Transfer-Encoding can't be read");
	rc = check_payload(record, bytes_slice(block), is_chunked, &response->is_checked);
	TRY(rc == RC_ABSENT ? RC_OK : rc);
	if (is_chunked) {
		TRY(undo_chunks(record, block));
		if (!response->is_checked)
			rc = warc_record_check(record, "WARC-Payload-Digest", bytes_slice(block));
		TRY(rc == RC_ABSENT ? RC_OK : rc);
		response->is_checked = response->is_checked || rc == RC_OK;
	}
	if (length == LENGTH_UNKNOWN || (uint64_t)length == block->size)
		return RC_OK;
	warc_record_fault(record,
		"the response's Content-Length is %" PRId64 ", and %zu bytes are there", length,
		block->size);
	return RC_INVALID;
}

/* A fraction of any length; milliseconds of it count. */
static enum rc parse_date(struct slice text, int64_t *ret_ms)
{
	struct slice rest = text, whole = slice_cut(&rest, '.');
	char copy[MOMENT_TEXT];
	size_t digits = 0;

	if (rest.data == NULL)
		return moment_parse(text, ret_ms);
	while (digits < rest.size && rest.data[digits] >= '0' && rest.data[digits] <= '9')
		digits++;
	if (whole.size + sizeof(".123Z") > sizeof(copy) || digits == 0 ||
		!slice_equal(slice_skip(rest, digits), SLICE("Z")))
		return RC_INVALID;
	memcpy(copy, whole.data, whole.size);
	memcpy(copy + whole.size, ".000Z", sizeof(".000Z"));
	memcpy(copy + whole.size + 1, rest.data, digits < 3 ? digits : 3);
	return moment_parse(slice_of(copy), ret_ms);
}

/* Early writers put it in "<>". */
static struct slice without_brackets(struct slice uri)
{
	if (uri.size < 2 || uri.data[0] != '<' || uri.data[uri.size - 1] != '>')
		return uri;
	return (struct slice){ uri.data + 1, uri.size - 2 };
}

static enum rc take_fields(struct warc_response *response, struct warc_record *record)
{
	struct arena *arena = &response->arena;
	struct slice target = without_brackets(warc_record_field(record, "WARC-Target-URI"));

	arena_reset(arena);
	response->number = record->number;
	response->id = arena_copy(arena, warc_record_field(record, "WARC-Record-ID"));
	response->concurrent = arena_copy(arena, warc_record_field(record, "WARC-Concurrent-To"));
	response->target = arena_copy(arena, target);
	response->is_cut = warc_record_field(record, "WARC-Truncated").size > 0 ||
			   warc_record_field(record, "WARC-Segment-Number").size > 0;
	if (parse_date(warc_record_field(record, "WARC-Date"), &response->date_ms) != RC_OK)
		return invalid(record, "WARC-Date can't be read");
	return target.size > 0 ? RC_OK : invalid(record, "it has no WARC-Target-URI");
}

enum rc warc_response_read(
	struct warc_response *response, struct warc_record *record, struct bytes *block)
{
	struct slice rest = bytes_slice(block);
	size_t size;

	TRY(take_fields(response, record));
	TRY(take_head(&response->head, record, &rest));
	move_to_front(block, rest);
	TRY(take_content(response, record, block));
	size = block->size;
	response->body = body_new(bytes_take(block), size);
	response->is_there = true;
	return RC_OK;
}

/* ---- requests ---- */

void warc_request_init(struct warc_request *request)
{
	*request = (struct warc_request){ 0 };
	arena_init(&request->arena);
	headers_init(&request->fields, &request->arena);
}

void warc_request_done(struct warc_request *request)
{
	arena_done(&request->arena);
}

void warc_request_forget(struct warc_request *request)
{
	arena_reset(&request->arena);
	headers_init(&request->fields, &request->arena);
	request->is_there = request->has_credentials = false;
}

static bool take_request_fields(struct warc_request *request, struct slice block)
{
	for (;;) {
		struct slice line = take_line(&block);

		if (slice_equal(line, SLICE("\r\n")) || slice_equal(line, SLICE("\n")))
			return true;
		if (line.size == 0 || head_field(&request->fields, line) != RC_OK)
			return false;
	}
}

void warc_request_read(
	struct warc_request *request, const struct warc_record *record, struct slice block)
{
	struct slice line = take_line(&block), method = slice_cut(&line, ' ');

	warc_request_forget(request);
	request->is_there = true;
	request->id = arena_copy(&request->arena, warc_record_field(record, "WARC-Record-ID"));
	request->concurrent =
		arena_copy(&request->arena, warc_record_field(record, "WARC-Concurrent-To"));
	if (!take_request_fields(request, block))
		method = SLICE("");
	request->method = arena_copy(&request->arena, method);
	request->has_credentials = headers_has(&request->fields, FIELD_AUTHORIZATION) ||
				   headers_has(&request->fields, FIELD_PROXY_AUTHORIZATION) ||
				   headers_has(&request->fields, FIELD_COOKIE);
}
