/* http/retry_after.c - seconds, or a date, until an origin wants to be asked again.
 *
 * No strtod(): it looks at the locale, and knows "nan", "inf", signs and exponents.
 */
#include "http/retry_after.h"

#include "http/date.h"

#define MS_PER_SECOND 1000

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.size; i++) {
		if (!is_digit(s.data[i]))
			return false;
	}
	return s.size > 0;
}

/* Of the digits behind the point: thousandths, the rest rounded up. */
static int64_t fraction_ms(struct slice digits)
{
	int64_t ms = 0;
	bool rest = false;

	for (size_t i = 0; i < 3; i++)
		ms = ms * 10 + (i < digits.size ? digits.data[i] - '0' : 0);
	for (size_t i = 3; i < digits.size; i++)
		rest = rest || digits.data[i] != '0';
	return ms + rest;
}

bool retry_after_seconds(struct slice text, int64_t *ret_ms)
{
	ptrdiff_t point = slice_find(text, '.');
	struct slice whole = { text.data, point < 0 ? text.size : (size_t)point };
	struct slice fraction = slice_skip(text, whole.size + 1);
	uint64_t seconds;

	if (!all_digits(whole) || (point >= 0 && !all_digits(fraction)))
		return false;
	if (!slice_to_u64(whole, &seconds) || seconds >= INT64_MAX / MS_PER_SECOND)
		*ret_ms = INT64_MAX;
	else
		*ret_ms = (int64_t)seconds * MS_PER_SECOND + fraction_ms(fraction);
	return true;
}

bool retry_after_parse(struct slice value, int64_t now_wall_ms, int64_t *ret_ms)
{
	int64_t ms, date_ms;

	if (!retry_after_seconds(value, &ms)) {
		if (date_parse(value, now_wall_ms, &date_ms) != RC_OK)
			return false;
		if (date_ms <= now_wall_ms)
			ms = 0;
		else if (__builtin_sub_overflow(date_ms, now_wall_ms, &ms))
			ms = INT64_MAX;
	}
	*ret_ms = ms < RETRY_AFTER_MOST_MS ? ms : RETRY_AFTER_MOST_MS;
	return true;
}

enum rc retry_after_of(const struct headers *headers, int64_t now_wall_ms, int64_t *ret_ms)
{
	const struct field *at;
	uint32_t from = 0;
	int64_t longest_ms = -1, ms;

	while ((at = headers_next(headers, FIELD_RETRY_AFTER, &from)) != NULL) {
		if (retry_after_parse(at->value, now_wall_ms, &ms) && ms > longest_ms)
			longest_ms = ms;
	}
	if (longest_ms < 0)
		return RC_ABSENT;
	*ret_ms = longest_ms;
	return RC_OK;
}
