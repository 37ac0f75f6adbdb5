/* util/moment.c - points in time as text. Threads, ownership: moment.h. */
#include "util/moment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LAST_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* ".250Z", any digits up to three, or "Z". -1: neither. */
static int parse_fraction(const char *text)
{
	int ms = 0, weight = 100;

	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9' && weight > 0; text++) {
			ms += (*text - '0') * weight;
			weight /= 10;
		}
		if (weight == 100)
			return -1;
	}
	return strcmp(text, "Z") == 0 ? ms : -1;
}

enum rc moment_parse(struct slice s, int64_t *ret_ms)
{
	static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S" };
	char text[MOMENT_TEXT], again[MOMENT_TEXT];

	if (s.size >= sizeof(text))
		return RC_INVALID;
	snprintf(text, sizeof(text), SLICE_FORMAT, SLICE_ARGS(s));
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);
		int ms = end == NULL ? -1 : i == 0 ? (*end == '\0' ? 0 : -1) : parse_fraction(end);
		time_t seconds;

		if (ms < 0)
			continue;
		/* February 30 is March 2 to timegm() */
		seconds = timegm(&tm);
		if (seconds <= 0 || strftime(again, sizeof(again), forms[i], &tm) == 0 ||
			strncmp(text, again, strlen(again)) != 0)
			return RC_INVALID;
		*ret_ms = (int64_t)seconds * 1000 + ms;
		return RC_OK;
	}
	return RC_INVALID;
}

const char *moment_write(int64_t wall_ms, char text[static MOMENT_TEXT])
{
	int64_t ms = wall_ms < 0 ? 0 : wall_ms > LAST_MS ? LAST_MS : wall_ms;
	time_t seconds = (time_t)(ms / 1000);
	struct tm utc;

	gmtime_r(&seconds, &utc);
	snprintf(text, MOMENT_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
		utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(ms % 1000));
	return text;
}
