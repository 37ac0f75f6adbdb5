/* util/readable.c - sizes, durations and foreign text for people. Threads and ownership: readable.h. */
#include "util/readable.h"

#include "util/bytes.h"

#include <inttypes.h>
#include <stdio.h>

const char *readable_size(uint64_t bytes, char text[static READABLE_TEXT])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 1024) {
		size /= 1024;
		unit++;
	}
	snprintf(text, READABLE_TEXT, size < 10 && unit > 0 ? "%.1f%s" : "%.0f%s", size,
		units[unit]);
	return text;
}

const char *readable_duration(int64_t ms, char text[static READABLE_TEXT])
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" } };
	const char *sign = ms < 0 ? "-" : "";
	uint64_t rest = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms; /* INT64_MIN has no opposite */
	size_t unit = 0;

	if (rest < 1000) {
		snprintf(text, READABLE_TEXT, "%s%" PRIu64 "ms", sign, rest);
		return text;
	}
	while (rest < units[unit].ms)
		unit++;
	if (unit == 3 || rest % units[unit].ms < units[unit + 1].ms)
		snprintf(text, READABLE_TEXT, "%s%" PRIu64 "%s", sign, rest / units[unit].ms,
			units[unit].name);
	else
		snprintf(text, READABLE_TEXT, "%s%" PRIu64 "%s%" PRIu64 "%s", sign,
			rest / units[unit].ms, units[unit].name,
			rest % units[unit].ms / units[unit + 1].ms, units[unit + 1].name);
	return text;
}

void readable_append(struct bytes *to, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c < 0x20 || c >= 0x7f)
			(void)!bytes_format(to, "\\x%02x", c);
		else
			(void)!bytes_append_char(to, (char)c);
	}
}
