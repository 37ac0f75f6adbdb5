/* config/kinds.c - the table of kinds. */
#include "kinds.h"

#include "checks.h"
#include "util/units.h"
#include "values.h"

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

/* -1: what stands for all of them, elsewhere. */
static enum rc read_duration_or_default(struct slice s, int64_t *ret)
{
	if (!slice_equal_nocase(s, SLICE("default")))
		return units_parse_duration(s, ret);
	*ret = -1;
	return RC_OK;
}

static const char *write_duration_or_default(int64_t value, char text[])
{
	return value < 0 ? "default" : units_write_duration(value, text);
}

/* clang-format off */
static const struct kind_facts kinds[] = {
	/* name, expected, form, read, write, check, secrecy */
	[DURATION]      = { "duration", "a duration such as 5m, 30s or 250ms", FORM_NUMBER, units_parse_duration, units_write_duration, NULL, SECRECY_NONE },
	[DURATION_OR_DEFAULT] = { "duration or default", "a duration such as 5m, 30s or 250ms, or default", FORM_NUMBER, read_duration_or_default, write_duration_or_default, NULL, SECRECY_NONE },
	[DURATIONS]     = { "map of durations", "names with durations such as { search: 5m }, or off", FORM_DURATIONS, units_parse_duration, NULL, NULL, SECRECY_NONE },
	[RANGE]         = { "duration or range", "a duration such as 5m, or two such as 300s-900s, the shorter first", FORM_RANGE, units_parse_duration, NULL, NULL, SECRECY_NONE },
	[STATUSES]      = { "map of ranges", "statuses with durations such as { 404: 300s-900s, 410: 1h }, or off", FORM_STATUSES, units_parse_duration, NULL, NULL, SECRECY_NONE },
	[OWN_STATUSES]  = { "map of ranges", "statuses with durations such as { 404: 300s-900s, 410: off }", FORM_STATUSES, units_parse_duration, NULL, NULL, SECRECY_NONE },
	[RATE]          = { "rate", "a rate such as 5/s, 100/m or 1/250ms, or 0", FORM_RATE, NULL, NULL, NULL, SECRECY_NONE },
	[SHARE]         = { "share", "a share such as 1/1000, or 0", FORM_NUMBER, value_parse_share, value_write_share, NULL, SECRECY_NONE },
	[SIZE]          = { "size", "a size such as 256MiB, 5GB or 4096", FORM_NUMBER, units_parse_size, units_write_size, NULL, SECRECY_NONE },
	[PERCENT]       = { "percent", "a percentage from 0% to 100%", FORM_NUMBER, units_parse_percent, units_write_percent, NULL, SECRECY_NONE },
	[COUNT]         = { "count", "a whole number", FORM_NUMBER, units_parse_count, units_write_count, NULL, SECRECY_NONE },
	[THREADS]       = { "count or auto", "a whole number from 1, or auto", FORM_NUMBER, read_threads, write_threads, NULL, SECRECY_NONE },
	[BOOLEAN]       = { "boolean", "true, yes, on, false, no or off", FORM_FLAG, read_flag, write_flag, NULL, SECRECY_NONE },
	[WORD]          = { "word", "one of the words", FORM_WORD, NULL, NULL, NULL, SECRECY_NONE },
	[TEXT]          = { "text", "text", FORM_TEXT, NULL, NULL, NULL, SECRECY_NONE },
	[NONEMPTY]      = { "text", "text that is not empty", FORM_TEXT, NULL, NULL, check_word, SECRECY_NONE },
	[NAME]          = { "name", "letters, digits, '.', '_' and '-', at most 64", FORM_TEXT, NULL, NULL, check_name, SECRECY_NONE },
	[ANY_NAME]      = { "name", "letters, digits, '.', '_' and '-', at most 64, or nothing", FORM_TEXT, NULL, NULL, check_name_or_empty, SECRECY_NONE },
	[URL]           = { "URL", "http:// or https://, host, port and path at most", FORM_TEXT, NULL, NULL, check_url, SECRECY_ADDRESS },
	[ANY_URL]       = { "URL", "http:// or https://, host, port and path at most, or nothing", FORM_TEXT, NULL, NULL, check_url_or_empty, SECRECY_ADDRESS },
	[POLLED_URL]    = { "URL", "http:// or https://, host, port, path and query at most, or nothing", FORM_TEXT, NULL, NULL, check_polled_url, SECRECY_ADDRESS },
	[ORIGINS]       = { "list of URLs", "http:// or https://, host, port and path at most, or { url: URL, weight: N }", FORM_ORIGINS, NULL, NULL, check_url, SECRECY_ADDRESS },
	[PATH]          = { "path", "a path such as /rest or /*/fulltext", FORM_TEXT, NULL, NULL, check_route_path, SECRECY_NONE },
	[ANY_PATH]      = { "path", "a path such as /rest, or nothing", FORM_TEXT, NULL, NULL, check_path_or_empty, SECRECY_NONE },
	[TARGET]        = { "path and query", "a path such as /search?query=x, or nothing", FORM_TEXT, NULL, NULL, check_target_or_empty, SECRECY_NONE },
	[TEXTS]         = { "list of text", "text that is not empty", FORM_TEXTS, NULL, NULL, check_word, SECRECY_NONE },
	[LISTENERS]     = { "list of addresses", "127.0.0.1:8080, [::1]:8080 or unix:/path", FORM_TEXTS, NULL, NULL, check_listener, SECRECY_NONE },
	[NETWORKS]      = { "list of networks", "an address, or a block such as 10.0.0.0/8", FORM_TEXTS, NULL, NULL, check_network, SECRECY_NONE },
	[FIELDS]        = { "list of fields", "the name of a request field", FORM_TEXTS, NULL, NULL, check_field, SECRECY_NONE },
	[FIELD]         = { "field", "the name of a response field, or nothing", FORM_TEXT, NULL, NULL, check_field_or_empty, SECRECY_NONE },
	[POINTER]       = { "JSON Pointer", "nothing, or a JSON Pointer such as /release", FORM_TEXT, NULL, NULL, check_pointer, SECRECY_NONE },
	[PARAMETER]     = { "parameter", "the name of a query parameter, or nothing", FORM_TEXT, NULL, NULL, check_parameter_or_empty, SECRECY_NONE },
	[PARAMETERS]    = { "list of parameters", "the name of a query parameter", FORM_TEXTS, NULL, NULL, check_parameter, SECRECY_NONE },
	[PARAMETER_MAP] = { "map of parameters", "parameters with values such as { pageSize: 25 }", FORM_TEXT_MAP, NULL, NULL, check_parameter, SECRECY_NONE },
	[ACCEPTS]       = { "list of words", "xml, json, dc, html, csv, text or another media subtype", FORM_TEXTS, NULL, NULL, check_subtype, SECRECY_NONE },
	[MEDIA_TYPES]   = { "list of media types", "a media type such as application/json", FORM_TEXTS, NULL, NULL, check_media_type, SECRECY_NONE },
	[CONDITIONS]    = { "list of conditions", "/pointer or /pointer=VALUE", FORM_TEXTS, NULL, NULL, check_condition, SECRECY_NONE },
	[ELEMENT]       = { "element", "the name of an XML element, or nothing", FORM_TEXT, NULL, NULL, check_element_or_empty, SECRECY_NONE },
	[ELEMENTS]      = { "list of elements", "the name of an XML element", FORM_TEXTS, NULL, NULL, check_element, SECRECY_NONE },
	[SECRET]        = { "text", "text of 16 characters at least", FORM_TEXT, NULL, NULL, check_secret, SECRECY_WHOLE },
	[DIGEST]        = { "SHA-256", "64 hex digits", FORM_TEXT, NULL, NULL, check_digest, SECRECY_DIGEST },
	[ANY_DIGEST]    = { "SHA-256", "64 hex digits, or nothing", FORM_TEXT, NULL, NULL, check_digest_or_empty, SECRECY_DIGEST },
	[DIGESTS]       = { "list of SHA-256", "64 hex digits", FORM_TEXTS, NULL, NULL, check_digest, SECRECY_DIGEST },
	[MOMENT]        = { "moment", "a moment such as 2027-01-31 or 2027-01-31T12:00:00Z, or never", FORM_NUMBER, value_parse_moment, value_write_moment, NULL, SECRECY_NONE },
	[STAR_POINTER]  = { "JSON Pointer", "a JSON Pointer such as /articles/*/id, where * is any member", FORM_TEXT, NULL, NULL, check_star_pointer, SECRECY_NONE },
	[TAG_PATTERNS]  = { "list of patterns", "a tag such as article:{1}/{2}, where {n} is the n-th segment behind the route's path", FORM_TEXTS, NULL, NULL, check_tag_pattern, SECRECY_NONE },
	[HELD_PATTERNS] = { "list of patterns", "a tag such as article:{/hits/*/id}, with a JSON Pointer in braces", FORM_TEXTS, NULL, NULL, check_held_pattern, SECRECY_NONE },
	[COLLECTION]    = { "list of maps", "a list of maps", FORM_NONE, NULL, NULL, NULL, SECRECY_NONE },
};
/* clang-format on */

const struct kind_facts *kind_facts(enum kind kind)
{
	return &kinds[kind];
}
