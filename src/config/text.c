/* config/text.c - UTF-8, and quoting for YAML. */
#include "text.h"

#include <string.h>

/* By how many bytes a character takes: the bits that its first byte gives, and the least code
 * point that may be written so (RFC 3629 3: a longer form than needed is invalid). */
static const struct {
	uint8_t mask, lead;
	uint8_t bits;
	uint32_t least;
} forms[] = {
	{ 0x80, 0x00, 0x7F, 0 },
	{ 0xE0, 0xC0, 0x1F, 0x80 },
	{ 0xF0, 0xE0, 0x0F, 0x800 },
	{ 0xF8, 0xF0, 0x07, 0x10000 },
};

static bool is_scalar_value(uint32_t c)
{
	return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
}

/* Cuts one character off *rest, which is not empty; false: it is not UTF-8. */
static bool cut_character(struct slice *rest, uint32_t *ret)
{
	uint8_t lead = (uint8_t)rest->data[0];
	size_t more = 0;
	uint32_t c;

	while (more < 4 && (lead & forms[more].mask) != forms[more].lead)
		more++;
	if (more >= 4 || rest->size <= more)
		return false;
	c = lead & forms[more].bits;
	for (size_t i = 1; i <= more; i++) {
		uint8_t next = (uint8_t)rest->data[i];

		if ((next & 0xC0) != 0x80)
			return false;
		c = c << 6 | (next & 0x3F);
	}
	if (c < forms[more].least || !is_scalar_value(c))
		return false;
	*rest = slice_skip(*rest, more + 1);
	*ret = c;
	return true;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

bool text_clean(struct slice s)
{
	uint32_t c;

	while (s.size > 0) {
		if (!cut_character(&s, &c) || is_control(c))
			return false;
	}
	return true;
}

/* Plain scalars that YAML takes for nothing else than text, in a list as well as alone. */
static bool is_plain(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789/_";
	size_t size = strlen(text);

	if (size == 0 || strchr(letters, text[0]) == NULL || text[size - 1] == ':')
		return false;
	for (size_t i = 0; i < size; i++) {
		if (strchr(letters, text[i]) == NULL && strchr(".:-", text[i]) == NULL)
			return false;
	}
	return true;
}

static void write_character(FILE *to, uint32_t c)
{
	if (c == '"' || c == '\\')
		fprintf(to, "\\%c", (int)c);
	else if (c < 0x80)
		fputc((int)c, to);
	else
		fprintf(to, "\\U%08X", (unsigned)c);
}

void text_write(FILE *to, const char *text)
{
	struct slice rest = slice_of(text);
	uint32_t c;

	if (is_plain(text)) {
		fputs(text, to);
		return;
	}
	fputc('"', to);
	while (rest.size > 0) {
		/* Else it would be taken for the environment's when it is read again. */
		if (slice_starts(rest, SLICE("${")))
			fputc('$', to);
		if (!cut_character(&rest, &c))
			break;
		write_character(to, c);
	}
	fputc('"', to);
}
