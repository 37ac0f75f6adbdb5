/* http/date.c - HTTP-date: three forms are read, one is written (RFC 9110 5.6.7).
 *
 * No strptime() or timegm(): these look at the locale and the zone. Years run by the Gregorian
 * calendar both ways. A valid day name that is not that date's is taken: nobody reads it. Second
 * 60 is taken and is the next minute's first. Threads: any.
 */
#include "http/date.h"

#include <string.h>

#define SECONDS_PER_DAY 86400
#define MS_PER_SECOND   1000
#define MOST_SECONDS    253402300799   /* 9999-12-31 23:59:59 */
#define LEAST_SECONDS   (-62167219200) /* 0000-01-01 00:00:00 */
#define FIFTY_YEARS_MS  (18262LL * SECONDS_PER_DAY * MS_PER_SECOND)
#define DAYS_TO_1970    719528 /* from 0000-01-01 */

struct civil {
	int64_t year;
	int64_t month; /* 0 to 11 */
	int64_t day;   /* 1 to 31 */
	int64_t hour;
	int64_t minute;
	int64_t second;
};

static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
	"Sep", "Oct", "Nov", "Dec", NULL };
static const char *const day_names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", NULL };
static const char *const long_day_names[] = { "Sunday", "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday", NULL };

/* ---- the calendar ---- */

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_in_month(int64_t year, int64_t month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month] + (month == 1 && is_leap(year));
}

/* Days from 0000-01-01 to the first of year, which is not negative. */
static int64_t days_before_year(int64_t year)
{
	int64_t last = year - 1;

	if (year == 0)
		return 0;
	return 365 * year + last / 4 - last / 100 + last / 400 + 1; /* + 1: the year 0 was leap */
}

static int64_t to_seconds(const struct civil *c)
{
	int64_t days = days_before_year(c->year) + c->day - 1 - DAYS_TO_1970;

	for (int64_t month = 0; month < c->month; month++)
		days += days_in_month(c->year, month);
	return ((days * 24 + c->hour) * 60 + c->minute) * 60 + c->second;
}

/* seconds lies between LEAST_SECONDS and MOST_SECONDS. */
static struct civil from_seconds(int64_t seconds)
{
	int64_t since_0000 = seconds - LEAST_SECONDS;
	int64_t days = since_0000 / SECONDS_PER_DAY;
	int64_t rest = since_0000 % SECONDS_PER_DAY;
	struct civil c = { .hour = rest / 3600, .minute = rest / 60 % 60, .second = rest % 60 };

	c.year = days / 366; /* never too late, and a few years too early */
	while (days_before_year(c.year + 1) <= days)
		c.year++;
	days -= days_before_year(c.year);
	while (days >= days_in_month(c.year, c.month))
		days -= days_in_month(c.year, c.month++);
	c.day = days + 1;
	return c;
}

static int64_t clamp_seconds(int64_t ms)
{
	int64_t seconds = ms / MS_PER_SECOND - (ms % MS_PER_SECOND < 0);

	if (seconds > MOST_SECONDS)
		return MOST_SECONDS;
	return seconds < LEAST_SECONDS ? LEAST_SECONDS : seconds;
}

/* ---- reading: each takes its part off the front of *rest, or says RC_INVALID ---- */

static enum rc eat(struct slice *rest, const char *literal)
{
	struct slice want = slice_of(literal);

	if (rest->size < want.size ||
		!slice_equal_nocase((struct slice){ rest->data, want.size }, want))
		return RC_INVALID;
	*rest = slice_skip(*rest, want.size);
	return RC_OK;
}

static enum rc eat_name(struct slice *rest, const char *const *names, int64_t *ret_index)
{
	for (int64_t i = 0; names[i] != NULL; i++) {
		if (eat(rest, names[i]) == RC_OK) {
			*ret_index = i;
			return RC_OK;
		}
	}
	return RC_INVALID;
}

static enum rc eat_digits(struct slice *rest, size_t count, int64_t *ret)
{
	uint64_t value;

	if (rest->size < count || !slice_to_u64((struct slice){ rest->data, count }, &value))
		return RC_INVALID;
	*rest = slice_skip(*rest, count);
	*ret = (int64_t)value;
	return RC_OK;
}

static enum rc eat_time(struct slice *rest, struct civil *c)
{
	TRY(eat_digits(rest, 2, &c->hour));
	TRY(eat(rest, ":"));
	TRY(eat_digits(rest, 2, &c->minute));
	TRY(eat(rest, ":"));
	return eat_digits(rest, 2, &c->second);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static enum rc read_imf(struct slice rest, struct civil *c)
{
	int64_t day_name;

	TRY(eat_name(&rest, day_names, &day_name));
	TRY(eat(&rest, ", "));
	TRY(eat_digits(&rest, 2, &c->day));
	TRY(eat(&rest, " "));
	TRY(eat_name(&rest, month_names, &c->month));
	TRY(eat(&rest, " "));
	TRY(eat_digits(&rest, 4, &c->year));
	TRY(eat(&rest, " "));
	TRY(eat_time(&rest, c));
	TRY(eat(&rest, " GMT"));
	return rest.size == 0 ? RC_OK : RC_INVALID;
}

/* Sunday, 06-Nov-94 08:49:37 GMT; the year stays as it is written */
static enum rc read_rfc850(struct slice rest, struct civil *c)
{
	int64_t day_name;

	TRY(eat_name(&rest, long_day_names, &day_name));
	TRY(eat(&rest, ", "));
	TRY(eat_digits(&rest, 2, &c->day));
	TRY(eat(&rest, "-"));
	TRY(eat_name(&rest, month_names, &c->month));
	TRY(eat(&rest, "-"));
	TRY(eat_digits(&rest, 2, &c->year));
	TRY(eat(&rest, " "));
	TRY(eat_time(&rest, c));
	TRY(eat(&rest, " GMT"));
	return rest.size == 0 ? RC_OK : RC_INVALID;
}

/* Sun Nov  6 08:49:37 1994 */
static enum rc read_asctime(struct slice rest, struct civil *c)
{
	int64_t day_name;

	TRY(eat_name(&rest, day_names, &day_name));
	TRY(eat(&rest, " "));
	TRY(eat_name(&rest, month_names, &c->month));
	TRY(eat(&rest, " "));
	TRY(eat_digits(&rest, eat(&rest, " ") == RC_OK ? 1 : 2, &c->day));
	TRY(eat(&rest, " "));
	TRY(eat_time(&rest, c));
	TRY(eat(&rest, " "));
	TRY(eat_digits(&rest, 4, &c->year));
	return rest.size == 0 ? RC_OK : RC_INVALID;
}

/* The last year that ends in these two digits and isn't more than 50 years ahead of now. */
static void resolve_year(struct civil *c, int64_t now_ms)
{
	int64_t now_seconds = clamp_seconds(now_ms);
	int64_t century = from_seconds(now_seconds).year / 100 * 100;

	c->year += century + 100;
	for (int i = 0; i < 2; i++) {
		if (to_seconds(c) - now_seconds > FIFTY_YEARS_MS / MS_PER_SECOND && c->year >= 100)
			c->year -= 100;
	}
}

static bool exists(const struct civil *c)
{
	return c->day >= 1 && c->day <= days_in_month(c->year, c->month) && c->hour <= 23 &&
	       c->minute <= 59 && c->second <= 60;
}

enum rc date_parse(struct slice text, int64_t now_ms, int64_t *ret_ms)
{
	struct civil c = { 0 };

	if (read_imf(text, &c) != RC_OK && read_asctime(text, &c) != RC_OK) {
		TRY(read_rfc850(text, &c));
		resolve_year(&c, now_ms);
	}
	if (!exists(&c))
		return RC_INVALID;
	*ret_ms = to_seconds(&c) * MS_PER_SECOND;
	return RC_OK;
}

/* ---- writing ---- */

static char *put_number(char *to, int64_t value, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		to[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return to + digits;
}

static char *put_text(char *to, const char *text)
{
	size_t size = strlen(text);

	memcpy(to, text, size);
	return to + size;
}

void date_format(int64_t ms, char ret[static DATE_SIZE])
{
	int64_t seconds = clamp_seconds(ms);
	struct civil c = from_seconds(seconds);
	/* 0000-01-01 was a Saturday. */
	int64_t day_name = ((seconds - LEAST_SECONDS) / SECONDS_PER_DAY + 6) % 7;

	ret = put_text(put_text(ret, day_names[day_name]), ", ");
	ret = put_text(put_number(ret, c.day, 2), " ");
	ret = put_text(put_text(ret, month_names[c.month]), " ");
	ret = put_text(put_number(ret, c.year, 4), " ");
	ret = put_text(put_number(ret, c.hour, 2), ":");
	ret = put_text(put_number(ret, c.minute, 2), ":");
	ret = put_text(put_number(ret, c.second, 2), " GMT");
	*ret = '\0';
}
