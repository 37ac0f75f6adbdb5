/* observe/jsonline.c - members of a JSON object, one after the other. Threads and ownership: jsonline.h. */
#include "observe/jsonline.h"

#include "observe/json.h"

#include <inttypes.h>

#define MOST_BYTES ((size_t)64 << 20)

static void note(struct jsonline *line, enum rc rc)
{
	line->cut = line->cut || rc != RC_OK;
}

static void name_it(struct jsonline *line, const char *name)
{
	if (line->follows)
		note(line, bytes_append_char(&line->text, ','));
	line->follows = true;
	if (name == NULL)
		return;
	note(line, json_append_string(&line->text, slice_of(name)));
	note(line, bytes_append_char(&line->text, ':'));
}

void jsonline_begin(struct jsonline *line)
{
	*line = (struct jsonline){ 0 };
	bytes_init(&line->text, MOST_BYTES);
	note(line, bytes_append_char(&line->text, '{'));
}

void jsonline_text(struct jsonline *line, const char *name, struct slice value)
{
	name_it(line, name);
	note(line, json_append_string(&line->text, value));
}

void jsonline_number(struct jsonline *line, const char *name, int64_t value)
{
	name_it(line, name);
	note(line, bytes_format(&line->text, "%" PRId64, value));
}

void jsonline_fraction(struct jsonline *line, const char *name, double value)
{
	name_it(line, name);
	note(line, bytes_format(&line->text, "%.3f", value));
}

void jsonline_truth(struct jsonline *line, const char *name, bool value)
{
	name_it(line, name);
	note(line, bytes_append_slice(&line->text, value ? SLICE("true") : SLICE("false")));
}

void jsonline_hex(struct jsonline *line, const char *name, struct slice value)
{
	name_it(line, name);
	note(line, bytes_append_char(&line->text, '"'));
	for (size_t i = 0; i < value.size; i++)
		note(line, bytes_format(&line->text, "%02x", (unsigned char)value.data[i]));
	note(line, bytes_append_char(&line->text, '"'));
}

void jsonline_open(struct jsonline *line, const char *name, char bracket)
{
	name_it(line, name);
	note(line, bytes_append_char(&line->text, bracket));
	line->follows = false;
}

void jsonline_close(struct jsonline *line, char bracket)
{
	note(line, bytes_append_char(&line->text, bracket));
	line->follows = true;
}

enum rc jsonline_end(struct jsonline *line, struct bytes *ret)
{
	enum rc rc = RC_TOO_LARGE;

	note(line, bytes_append(&line->text, "}\n", 2));
	if (!line->cut)
		rc = bytes_append_slice(ret, bytes_slice(&line->text));
	bytes_done(&line->text);
	return rc;
}

void jsonline_print(struct jsonline *line, FILE *to)
{
	struct bytes text;

	bytes_init(&text, MOST_BYTES + 2);
	if (jsonline_end(line, &text) == RC_OK)
		fwrite(text.data, 1, text.size, to);
	bytes_done(&text);
}
