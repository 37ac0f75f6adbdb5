/* http/head.c - the head of a response, collected line by line.
 *
 * Each line is copied once into the arena; the field's name and value are views into that copy,
 * with NULs put over the colon and the line's end. See http/head.h.
 */
#include "http/head.h"

#include "http/request.h"

#include <string.h>

void head_init(struct head *h)
{
	*h = (struct head){ 0 };
	arena_init(&h->arena);
	headers_init(&h->fields, &h->arena);
}

void head_done(struct head *h)
{
	arena_done(&h->arena);
}

static void forget(struct head *h)
{
	arena_reset(&h->arena);
	headers_init(&h->fields, &h->arena);
	h->status = 0;
}

void head_reset(struct head *h, size_t limit_bytes)
{
	forget(h);
	h->limit = limit_bytes;
	h->bytes = 0;
	h->complete = false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* HTTP/2 and 3 have no such line: libcurl writes one, without a minor version. Others it refuses. */
static enum rc take_version(struct slice text, enum http_version *ret)
{
	static const struct slice texts[HTTP_VERSION_COUNT] = {
#define X(id, text) [HTTP_##id] = { "HTTP/" text, sizeof("HTTP/" text) - 1 },
		HTTP_VERSION_TABLE(X)
#undef X
	};

	for (enum http_version v = 0; v < HTTP_VERSION_COUNT; v++) {
		if (slice_equal(texts[v], text)) {
			*ret = v;
			return RC_OK;
		}
	}
	return RC_PROTOCOL;
}

/* RFC 9112 4: HTTP-version SP 3DIGIT SP [reason]; the last SP may lack, as it often does. */
static enum rc take_status(struct head *h, struct slice line)
{
	struct slice version = slice_cut(&line, ' ');

	TRY(take_version(version, &h->version));
	if (line.size < 3)
		return RC_PROTOCOL;
	if (!is_digit(line.data[0]) || !is_digit(line.data[1]) || !is_digit(line.data[2]))
		return RC_PROTOCOL;
	if (line.size > 3 && line.data[3] != ' ')
		return RC_PROTOCOL;
	h->status = (line.data[0] - '0') * 100 + (line.data[1] - '0') * 10 + (line.data[2] - '0');
	return h->status >= 100 && h->status <= 599 ? RC_OK : RC_PROTOCOL;
}

/* RFC 9112 5.2: the fold is replaced by a blank. */
static enum rc unfold(struct headers *fields, struct slice line)
{
	struct slice more = slice_trim(line);
	struct field *last;
	char *joined;

	if (fields->count == 0 || !field_value_valid(more))
		return RC_PROTOCOL;
	last = &fields->fields[fields->count - 1];
	if (more.size == 0)
		return RC_OK;
	joined = arena_alloc(fields->arena, last->value.size + 1 + more.size + 1);
	memcpy(joined, last->value.data, last->value.size);
	joined[last->value.size] = ' ';
	memcpy(joined + last->value.size + 1, more.data, more.size);
	joined[last->value.size + 1 + more.size] = '\0';
	last->value = slice_trim((struct slice){ joined, last->value.size + 1 + more.size });
	return RC_OK;
}

static enum rc take_field(struct headers *fields, struct slice line)
{
	ptrdiff_t colon = slice_find(line, ':');
	struct slice name, value;
	char *copy;

	if (colon <= 0)
		return RC_PROTOCOL;
	copy = arena_alloc(fields->arena, line.size + 1);
	memcpy(copy, line.data, line.size);
	copy[line.size] = '\0';
	copy[colon] = '\0';
	name = (struct slice){ copy, (size_t)colon };
	value = slice_trim(slice_skip((struct slice){ copy, line.size }, (size_t)colon + 1));
	/* A blank before the colon is no part of a name (RFC 9112 5.1): refused here. */
	if (!field_name_valid(name) || !field_value_valid(value))
		return RC_PROTOCOL;
	copy[(value.data - copy) + (ptrdiff_t)value.size] = '\0';
	headers_add(fields, name, value);
	return RC_OK;
}

/* RFC 9112 2.2: a single LF may end a line; a CR elsewhere fails as part of a value. */
static struct slice without_end(struct slice line)
{
	if (line.size > 0 && line.data[line.size - 1] == '\n')
		line.size--;
	if (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	return line;
}

enum rc head_field(struct headers *fields, struct slice line)
{
	line = without_end(line);
	if (line.size > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
		return unfold(fields, line);
	return take_field(fields, line);
}

static enum rc end_head(struct head *h, const char **ret_why)
{
	/* RFC 9110 15.2.2: we never ask for an upgrade, so nobody may switch. */
	if (h->status == 101) {
		*ret_why = "the origin switched protocols unasked";
		return RC_PROTOCOL;
	}
	if (h->status < 200)
		forget(h);
	else
		h->complete = true;
	return RC_OK;
}

enum rc head_line(struct head *h, struct slice line, const char **ret_why)
{
	if (line.size > h->limit - h->bytes) {
		*ret_why = "the response's head is larger than allowed";
		return RC_TOO_LARGE;
	}
	h->bytes += line.size;
	line = without_end(line);
	if (h->status == 0) {
		*ret_why = "malformed status line";
		return take_status(h, line);
	}
	if (line.size == 0)
		return end_head(h, ret_why);
	*ret_why = "malformed field in the response's head";
	return head_field(&h->fields, line);
}

/* RFC 9110 8.6: a list of the same number again and again means that number. */
static enum rc take_length(struct slice value, int64_t *length)
{
	struct slice rest = value, member;
	uint64_t number;

	if (rest.size == 0)
		return RC_PROTOCOL;
	while (rest.data != NULL) {
		member = slice_trim(slice_cut(&rest, ','));
		if (!slice_to_u64(member, &number) || number > INT64_MAX)
			return RC_PROTOCOL;
		if (*length != LENGTH_UNKNOWN && *length != (int64_t)number)
			return RC_PROTOCOL;
		*length = (int64_t)number;
	}
	return RC_OK;
}

/* RFC 9112 6.1: without a TE field of ours, chunked is the only coding that may come; curl would
 * hand on bytes in another one as they are. */
static enum rc take_coding(const struct head *h, bool *ret_chunked)
{
	struct slice coding = headers_get(&h->fields, FIELD_TRANSFER_ENCODING);

	if (headers_count_of(&h->fields, FIELD_TRANSFER_ENCODING) > 1)
		return RC_PROTOCOL;
	if (coding.data != NULL && !slice_equal_nocase(coding, SLICE("chunked")))
		return RC_PROTOCOL;
	*ret_chunked = coding.data != NULL;
	return RC_OK;
}

enum rc head_length(const struct head *h, int64_t *ret)
{
	const struct field *at;
	uint32_t from = 0;
	int64_t length = LENGTH_UNKNOWN;
	bool chunked;

	while ((at = headers_next(&h->fields, FIELD_CONTENT_LENGTH, &from)) != NULL)
		TRY(take_length(at->value, &length));
	TRY(take_coding(h, &chunked));
	*ret = chunked ? LENGTH_UNKNOWN : length;
	return RC_OK;
}
