/* upstream/request.c - what is asked, put into the words that curl wants.
 *
 * Runs on the caller's thread, so that the loop's has less to do. Nothing that could end a line or
 * begin another message gets through: RC_INVALID. Framing (Host, Content-Length, Connection,
 * Transfer-Encoding) is curl's own, with one exception, see needs_zero_length().
 */
#include "transfer.h"

#include <string.h>

/* What curl would send unasked. A name with nothing behind the colon tells it not to. */
static const struct {
	enum field_id id;
	const char *line;
} SUPPRESSED[] = {
	{ FIELD_ACCEPT, "Accept:" },
	{ FIELD_USER_AGENT, "User-Agent:" },
	{ FIELD_EXPECT, "Expect:" },
};

static void push_line(struct outgoing *out, const char *line)
{
	struct curl_slist *node = arena_alloc(&out->arena, sizeof(*node));

	/* curl reads the list only; its type says otherwise. */
	node->data = (char *)(uintptr_t)line;
	node->next = out->lines;
	out->lines = node;
}

/* An empty value is written "Name;" for curl. */
static enum rc push_field(struct outgoing *out, const struct field *field)
{
	size_t name_size = field->name.size, value_size = field->value.size;
	char *line;

	if (!field_name_valid(field->name) || !field_value_valid(field->value))
		return RC_INVALID;
	line = arena_alloc(&out->arena, name_size + 2 + value_size + 1);
	memcpy(line, field->name.data, name_size);
	if (value_size == 0) {
		memcpy(line + name_size, ";", 2);
	} else {
		memcpy(line + name_size, ": ", 2);
		memcpy(line + name_size + 2, field->value.data, value_size);
		line[name_size + 2 + value_size] = '\0';
	}
	push_line(out, line);
	return RC_OK;
}

static bool is_framing(enum field_id id)
{
	return id == FIELD_HOST || id == FIELD_CONTENT_LENGTH || id == FIELD_CONNECTION ||
	       id == FIELD_TRANSFER_ENCODING;
}

static bool is_one_of(struct slice method, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (slice_equal(method, slice_of(*names)))
			return true;
	}
	return false;
}

/* RFC 9110 8.6: a method that gives a body a meaning says so when there is none. curl leaves it out
 * where the method is none of its own. */
static bool needs_zero_length(const struct fetch *fetch)
{
	static const char *const NAMES[] = { "POST", "PUT", "PATCH", NULL };

	return fetch->has_body ? fetch->body_length == 0 : is_one_of(fetch->method, NAMES);
}

/* Lines are pushed to the front: the last field first, so that the order is kept. */
static enum rc set_lines(struct outgoing *out, const struct fetch *fetch)
{
	const struct headers *h = fetch->headers;
	unsigned seen = 0;

	out->lines = NULL;
	for (uint32_t i = h->count; i-- > 0;) {
		const struct field *field = &h->fields[i];

		for (unsigned j = 0; j < sizeof(SUPPRESSED) / sizeof(SUPPRESSED[0]); j++)
			seen |= field->id == SUPPRESSED[j].id ? 1U << j : 0;
		if (!is_framing(field->id))
			TRY(push_field(out, field));
	}
	for (unsigned j = 0; j < sizeof(SUPPRESSED) / sizeof(SUPPRESSED[0]); j++) {
		if ((seen & 1U << j) == 0)
			push_line(out, SUPPRESSED[j].line);
	}
	if (needs_zero_length(fetch))
		push_line(out, "Content-Length: 0");
	return RC_OK;
}

/* No blank, no control, no fragment: anything else goes on as it came. */
static bool target_valid(struct slice target)
{
	for (size_t i = 0; i < target.size; i++) {
		unsigned char c = (unsigned char)target.data[i];

		if (c <= ' ' || c == 0x7f || c == '#')
			return false;
	}
	return target.size == 0 || target.data[0] == '/' || target.data[0] == '?';
}

static struct slice base_path(const char *base_url)
{
	const char *authority = strstr(base_url, "://");
	const char *path = authority != NULL ? strchr(authority + 3, '/') : NULL;

	return slice_of(path != NULL ? path : "");
}

static enum rc set_target(struct outgoing *out, const struct fetch *fetch)
{
	struct slice base = base_path(fetch->origin->base_url);
	struct slice target = fetch->target.size > 0 ? fetch->target : SLICE("");
	bool needs_slash = base.size == 0 && (target.size == 0 || target.data[0] == '?');
	struct slice whole;

	if (!target_valid(target))
		return RC_INVALID;
	whole = arena_format(&out->arena, SLICE_FORMAT "%s" SLICE_FORMAT, SLICE_ARGS(base),
		needs_slash ? "/" : "", SLICE_ARGS(target));
	out->target = whole.data;
	return RC_OK;
}

static enum rc set_method(struct outgoing *out, const struct fetch *fetch)
{
	static const char *const IDEMPOTENT[] = { "GET", "HEAD", "QUERY", "OPTIONS", "TRACE", "PUT",
		"DELETE", NULL };

	if (!field_name_valid(fetch->method))
		return RC_INVALID;
	out->has_body = fetch->has_body && fetch->body_length != 0;
	out->body_length = out->has_body ? fetch->body_length : 0;
	out->is_head = slice_equal(fetch->method, SLICE("HEAD"));
	out->idempotent = is_one_of(fetch->method, IDEMPOTENT);
	if (slice_equal(fetch->method, SLICE("CONNECT")) || (out->is_head && out->has_body))
		return RC_UNSUPPORTED;
	out->method = arena_copy(&out->arena, fetch->method).data;
	return RC_OK;
}

enum rc outgoing_set(struct outgoing *out, const struct fetch *fetch)
{
	arena_reset(&out->arena);
	TRY(set_method(out, fetch));
	TRY(set_target(out, fetch));
	return set_lines(out, fetch);
}
