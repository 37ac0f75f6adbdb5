/* config/kinds.c - the table of kinds. */
#include "kinds.h"

#include "checks.h"
#include "util/units.h"

static enum rc read_threads(struct slice s, int64_t *ret)
{
	int64_t value;

	if (slice_equal_nocase(s, SLICE("auto"))) {
		*ret = 0;
		return RC_OK;
	}
	TRY(units_parse_count(s, &value));
	if (value == 0)
		return RC_INVALID;
	*ret = value;
	return RC_OK;
}

static const char *write_threads(int64_t value, char text[])
{
	return value == 0 ? "auto" : units_write_count(value, text);
}

static enum rc read_flag(struct slice s, int64_t *ret)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = { { "true", true }, { "false", false }, { "yes", true }, { "no", false },
		{ "on", true }, { "off", false } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (slice_equal_nocase(s, slice_of(words[i].text))) {
			*ret = words[i].value;
			return RC_OK;
		}
	}
	return RC_INVALID;
}

static const char *write_flag(int64_t value, char text[])
{
	return value != 0 ? "true" : "false";
}

/* clang-format off */
static const struct kind_facts kinds[] = {
	/* name, expected, form, read, write, check */
	[DURATION]  = { "duration", "a duration such as 5m, 30s or 250ms", FORM_NUMBER, units_parse_duration, units_write_duration, NULL },
	[SIZE]      = { "size", "a size such as 256MiB, 5GB or 4096", FORM_NUMBER, units_parse_size, units_write_size, NULL },
	[PERCENT]   = { "percent", "a percentage from 0% to 100%", FORM_NUMBER, units_parse_percent, units_write_percent, NULL },
	[COUNT]     = { "count", "a whole number", FORM_NUMBER, units_parse_count, units_write_count, NULL },
	[THREADS]   = { "count or auto", "a whole number from 1, or auto", FORM_NUMBER, read_threads, write_threads, NULL },
	[BOOLEAN]   = { "boolean", "true, yes, on, false, no or off", FORM_FLAG, read_flag, write_flag, NULL },
	[WORD]      = { "word", "one of the words", FORM_WORD, NULL, NULL, NULL },
	[TEXT]      = { "text", "text", FORM_TEXT, NULL, NULL, NULL },
	[NONEMPTY]  = { "text", "text that is not empty", FORM_TEXT, NULL, NULL, check_word },
	[NAME]      = { "name", "letters, digits, '.', '_' and '-', at most 64", FORM_TEXT, NULL, NULL, check_name },
	[URL]       = { "URL", "http:// or https://, host, port and path at most", FORM_TEXT, NULL, NULL, check_url },
	[PATH]      = { "path", "a path such as /rest", FORM_TEXT, NULL, NULL, check_path },
	[ANY_PATH]  = { "path", "a path such as /rest, or nothing", FORM_TEXT, NULL, NULL, check_path_or_empty },
	[TEXTS]     = { "list of text", "text that is not empty", FORM_TEXTS, NULL, NULL, check_word },
	[LISTENERS] = { "list of addresses", "127.0.0.1:8080, [::1]:8080 or unix:/path", FORM_TEXTS, NULL, NULL, check_listener },
	[NETWORKS]  = { "list of networks", "an address, or a block such as 10.0.0.0/8", FORM_TEXTS, NULL, NULL, check_network },
	[FIELDS]    = { "list of fields", "the name of a request field", FORM_TEXTS, NULL, NULL, check_field },
	[FIELD]     = { "field", "the name of a response field, or nothing", FORM_TEXT, NULL, NULL, check_field_or_empty },
	[POLLED_URL] = { "URL", "http:// or https://, host, port, path and query at most, or nothing", FORM_TEXT, NULL, NULL, check_polled_url },
	[POINTER]   = { "JSON Pointer", "nothing, or a JSON Pointer such as /release", FORM_TEXT, NULL, NULL, check_pointer },
};
/* clang-format on */

const struct kind_facts *kind_facts(enum kind kind)
{
	return &kinds[kind];
}
