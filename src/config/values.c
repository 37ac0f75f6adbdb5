/* config/values.c - rates, ranges and shares. */
#include "values.h"

#include "util/moment.h"
#include "util/units.h"

#include <inttypes.h>
#include <string.h>

#define MOST_IN_A_PERIOD 1000000
#define MOST_PERIOD_MS   (INT64_C(86400) * 1000)

static bool is_nothing(struct slice s)
{
	return slice_equal(s, SLICE("0")) || slice_equal_nocase(s, SLICE("none"));
}

/* A duration whose number may be missing: "s" is "1s". */
static enum rc parse_period(struct slice s, int64_t *ret_ms)
{
	char text[UNITS_TEXT];

	if (s.size == 0 || s.size > 16)
		return RC_INVALID;
	if (s.data[0] >= '0' && s.data[0] <= '9')
		return units_parse_duration(s, ret_ms);
	snprintf(text, sizeof(text), "1" SLICE_FORMAT, SLICE_ARGS(s));
	return units_parse_duration(slice_of(text), ret_ms);
}

enum rc value_parse_rate(struct slice s, struct config_rate *ret)
{
	struct slice rest = s;
	struct slice count = slice_cut(&rest, '/');
	struct config_rate rate;

	if (is_nothing(s)) {
		*ret = (struct config_rate){ 0, 1000 };
		return RC_OK;
	}
	if (rest.data == NULL)
		return RC_INVALID;
	TRY(units_parse_count(count, &rate.count));
	TRY(parse_period(rest, &rate.period_ms));
	if (rate.count == 0 || rate.period_ms == 0)
		return RC_INVALID;
	if (rate.count > MOST_IN_A_PERIOD || rate.period_ms > MOST_PERIOD_MS)
		return RC_TOO_LARGE;
	*ret = rate;
	return RC_OK;
}

const char *value_write_rate(const struct config_rate *rate, char text[VALUES_TEXT])
{
	char period[UNITS_TEXT];
	bool is_one;

	if (rate->count == 0)
		return "0";
	units_write_duration(rate->period_ms, period);
	/* "5/s" rather than "5/1s"; but "10s" begins with a 1, too. */
	is_one = period[0] == '1' && (period[1] < '0' || period[1] > '9');
	snprintf(text, VALUES_TEXT, "%" PRId64 "/%s", rate->count, period + (is_one ? 1 : 0));
	return text;
}

enum rc value_parse_range(struct slice s, struct duration_range *ret)
{
	struct slice rest = s;
	struct slice least = slice_cut(&rest, '-');
	struct duration_range range;

	TRY(units_parse_duration(slice_trim(least), &range.least_ms));
	range.most_ms = range.least_ms;
	if (rest.data != NULL)
		TRY(units_parse_duration(slice_trim(rest), &range.most_ms));
	if (range.least_ms > range.most_ms)
		return RC_INVALID;
	*ret = range;
	return RC_OK;
}

const char *value_write_range(const struct duration_range *range, char text[VALUES_TEXT])
{
	char least[UNITS_TEXT], most[UNITS_TEXT];

	units_write_duration(range->least_ms, least);
	if (range->least_ms == range->most_ms)
		snprintf(text, VALUES_TEXT, "%s", least);
	else
		snprintf(text, VALUES_TEXT, "%s-%s", least,
			units_write_duration(range->most_ms, most));
	return text;
}

enum rc value_parse_share(struct slice s, int64_t *ret)
{
	struct slice rest = s;
	int64_t every;

	if (is_nothing(s)) {
		*ret = 0;
		return RC_OK;
	}
	if (!slice_equal(slice_cut(&rest, '/'), SLICE("1")))
		return RC_INVALID;
	TRY(units_parse_count(rest, &every));
	if (every == 0)
		return RC_INVALID;
	*ret = every;
	return RC_OK;
}

const char *value_write_share(int64_t every, char text[])
{
	if (every == 0)
		return "0";
	snprintf(text, UNITS_TEXT, "1/%" PRId64, every);
	return text;
}

enum rc value_parse_moment(struct slice s, int64_t *ret)
{
	if (slice_equal_nocase(s, SLICE("never"))) {
		*ret = 0;
		return RC_OK;
	}
	return moment_parse(s, ret);
}

const char *value_write_moment(int64_t ms, char text[])
{
	char whole[MOMENT_TEXT];

	if (ms == 0)
		return "never";
	snprintf(text, UNITS_TEXT, "%.24s", moment_write(ms, whole));
	if (ms % 1000 == 0)
		memcpy(text + 19, "Z", 2);
	return text;
}
