/* config/checks_api.c - what routes say of an API: paths, parameters, media types, conditions, elements. */
#include "checks.h"

#include "util/slice.h"

#include <string.h>

const char *check_route_path(const char *text)
{
	struct slice rest = slice_of(text);

	while (rest.data != NULL) {
		struct slice segment = slice_cut(&rest, '/');

		if (segment.size > 1 && slice_find(segment, '*') >= 0)
			return "has a '*' that is not a segment of its own";
	}
	return check_path(text);
}

const char *check_parameter(const char *text)
{
	if (text[0] == '\0')
		return "is empty";
	/* Texts are free of control characters already. */
	return strpbrk(text, "&=# ") == NULL ? NULL : "has one of '&', '=', '#' or a blank";
}

const char *check_parameter_or_empty(const char *text)
{
	return text[0] == '\0' ? NULL : check_parameter(text);
}

/* RFC 9110 5.6.2, without the '*' of media ranges. */
static bool is_token(struct slice s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789!#$%&'+-.^_`|~";

	for (size_t i = 0; i < s.size; i++) {
		if (memchr(letters, s.data[i], sizeof(letters) - 1) == NULL)
			return false;
	}
	return s.size > 0;
}

const char *check_subtype(const char *text)
{
	return is_token(slice_of(text)) ? NULL : "is no media subtype";
}

const char *check_media_type(const char *text)
{
	struct slice rest = slice_of(text);

	if (strchr(text, ';') != NULL)
		return "has parameters";
	return is_token(slice_cut(&rest, '/')) && is_token(rest) ? NULL : "is no media type";
}

const char *check_condition(const char *text)
{
	size_t size = strcspn(text, "=");

	if (text[0] != '/')
		return "does not begin with '/'";
	for (size_t i = 0; i < size; i++) {
		/* RFC 6901 3: ~ is written ~0, and / within a name ~1. */
		if (text[i] == '~' && text[i + 1] != '0' && text[i + 1] != '1')
			return "has a '~' without 0 or 1 behind it";
	}
	return NULL;
}

static bool is_letter_of_name(char c, bool is_first)
{
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			 (unsigned char)c >= 0x80;

	return is_letter || (!is_first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

/* XML 1.0 2.3, as far as ASCII goes; one colon at most, with names on both sides. */
const char *check_element(const char *text)
{
	struct slice rest = slice_of(text);
	int parts = 0;

	if (text[0] == '\0')
		return "is empty";
	while (rest.data != NULL) {
		struct slice part = slice_cut(&rest, ':');

		if (part.size == 0 || ++parts > 2)
			return "is no name of an element";
		for (size_t i = 0; i < part.size; i++) {
			if (!is_letter_of_name(part.data[i], i == 0))
				return "is no name of an element";
		}
	}
	return NULL;
}

const char *check_element_or_empty(const char *text)
{
	return text[0] == '\0' ? NULL : check_element(text);
}
