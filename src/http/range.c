/* http/range.c - byte ranges (RFC 9110 14).
 *
 * A set of ranges is read as a whole first, since one malformed member makes all of it invalid
 * (14.1.1); then the total decides which of them can be satisfied. Threads: any.
 */
#include "http/range.h"

#include <string.h>

/* ---- grammar ---- */

static size_t digits_size(struct slice s)
{
	size_t size = 0;

	while (size < s.size && s.data[size] >= '0' && s.data[size] <= '9')
		size++;
	return size;
}

/* Takes 1*DIGIT off the front of *s, without zeros that don't count. */
static bool eat_digits(struct slice *s, struct slice *ret)
{
	struct slice digits = { s->data, digits_size(*s) };

	if (digits.size == 0)
		return false;
	*s = slice_skip(*s, digits.size);
	while (digits.size > 1 && digits.data[0] == '0')
		digits = slice_skip(digits, 1);
	*ret = digits;
	return true;
}

static bool eat_char(struct slice *s, char c)
{
	if (s->size == 0 || s->data[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

/* What is above UINT64_MAX lies behind everything, as UINT64_MAX itself does: a total is at most
 * that, and positions begin at 0. */
static uint64_t saturated(struct slice digits)
{
	uint64_t number;

	return slice_to_u64(digits, &number) ? number : UINT64_MAX;
}

/* Whether number a is less than b, of any length. */
static bool digits_less(struct slice a, struct slice b)
{
	return a.size != b.size ? a.size < b.size : memcmp(a.data, b.data, a.size) < 0;
}

/* int-range and suffix-range (RFC 9110 14.1.1). */
static enum rc spec_parse(struct slice spec, struct range_request *ret)
{
	struct range_request request = { .is_suffix = false };
	struct slice first, last;

	request.is_suffix = !eat_digits(&spec, &first);
	if (!eat_char(&spec, '-'))
		return RC_INVALID;
	request.open = !eat_digits(&spec, &last);
	if (spec.size > 0 || (request.is_suffix && request.open))
		return RC_INVALID;
	if (!request.is_suffix && !request.open && digits_less(last, first))
		return RC_INVALID;
	if (!request.is_suffix)
		request.first = saturated(first);
	if (!request.open)
		request.last = saturated(last);
	*ret = request;
	return RC_OK;
}

static bool eat_unit(struct slice *value)
{
	struct slice rest = *value;

	if (!slice_equal_nocase(slice_cut(&rest, '='), SLICE("bytes")) || rest.data == NULL)
		return false;
	*value = rest;
	return true;
}

struct request_set {
	struct range_request items[RANGES_MOST];
	size_t count;
};

/* RC_TOO_LARGE: more than RANGES_MOST. Empty members don't count (RFC 9110 5.6.1.2). */
static enum rc set_parse(struct slice value, struct request_set *ret)
{
	value = slice_trim(value);
	if (!eat_unit(&value))
		return RC_INVALID;
	ret->count = 0;
	while (value.data != NULL) {
		struct slice spec = slice_trim(slice_cut(&value, ','));

		if (spec.size == 0)
			continue;
		if (ret->count == RANGES_MOST)
			return RC_TOO_LARGE;
		TRY(spec_parse(spec, &ret->items[ret->count++]));
	}
	return ret->count > 0 ? RC_OK : RC_INVALID;
}

/* ---- what is asked of a length ---- */

static uint64_t length(struct range r)
{
	return r.last - r.first + 1;
}

/* RFC 9110 14.1.2; total is not 0. */
static bool is_satisfiable(const struct range_request *request, uint64_t total)
{
	return request->is_suffix ? request->last > 0 : request->first < total;
}

static struct range part_of(const struct range_request *request, uint64_t total)
{
	if (request->is_suffix)
		return (struct range){ request->last < total ? total - request->last : 0,
			total - 1 };
	if (request->open || request->last >= total)
		return (struct range){ request->first, total - 1 };
	return (struct range){ request->first, request->last };
}

static bool overlap(struct range a, struct range b)
{
	return a.first <= b.last && b.first <= a.last;
}

/* Of ranges within a total, so that last + 1 is a number. */
static bool meet(struct range a, struct range b)
{
	return a.first <= b.last + 1 && b.first <= a.last + 1;
}

/* How many of the ranges overlap another one. */
static size_t count_overlapping(const struct ranges *ranges)
{
	size_t count = 0;

	for (size_t i = 0; i < ranges->count; i++) {
		bool found = false;

		for (size_t j = 0; j < ranges->count && !found; j++)
			found = i != j && overlap(ranges->items[i], ranges->items[j]);
		count += found;
	}
	return count;
}

static bool as_long_as(const struct ranges *ranges, uint64_t total)
{
	uint64_t left = total;

	for (size_t i = 0; i < ranges->count; i++) {
		if (length(ranges->items[i]) >= left)
			return true;
		left -= length(ranges->items[i]);
	}
	return false;
}

/* RFC 9110 14.2 and 17.15: more work than the whole would be. A single range never is. */
static bool is_egregious(const struct ranges *asked, uint64_t total)
{
	return asked->count > 1 && (as_long_as(asked, total) || count_overlapping(asked) > 2);
}

/* Ranges of the set don't meet one another, so one pass finds all that r joins. */
static void join(struct ranges *set, struct range r)
{
	size_t kept = 0, at = RANGES_MOST;

	for (size_t i = 0; i < set->count; i++) {
		struct range item = set->items[i];

		if (!meet(item, r)) {
			set->items[kept++] = item;
			continue;
		}
		r.first = item.first < r.first ? item.first : r.first;
		r.last = item.last > r.last ? item.last : r.last;
		if (at == RANGES_MOST)
			at = kept++;
	}
	if (at == RANGES_MOST)
		at = kept++;
	set->items[at] = r;
	set->count = kept;
}

static bool any_suffix(const struct request_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].is_suffix && set->items[i].last > 0)
			return true;
	}
	return false;
}

enum range_answer range_resolve(struct slice value, uint64_t total, struct ranges *ret)
{
	struct ranges asked = { .count = 0 };
	struct request_set set;

	if (set_parse(value, &set) != RC_OK)
		return RANGE_WHOLE;
	if (total == 0) /* a suffix of nothing is satisfiable and has no positions */
		return any_suffix(&set) ? RANGE_WHOLE : RANGE_UNSATISFIABLE;
	for (size_t i = 0; i < set.count; i++) {
		if (is_satisfiable(&set.items[i], total))
			asked.items[asked.count++] = part_of(&set.items[i], total);
	}
	if (asked.count == 0)
		return RANGE_UNSATISFIABLE;
	if (is_egregious(&asked, total))
		return RANGE_WHOLE;
	ret->count = 0;
	for (size_t i = 0; i < asked.count; i++)
		join(ret, asked.items[i]);
	return RANGE_PARTS;
}

enum rc range_parse_single(struct slice value, struct range_request *ret)
{
	struct request_set set;
	enum rc rc = set_parse(value, &set);

	if (rc == RC_TOO_LARGE || (rc == RC_OK && set.count > 1))
		return RC_UNSUPPORTED;
	TRY(rc);
	*ret = set.items[0];
	return RC_OK;
}

/* ---- Content-Range ---- */

/* "first-last/" (RFC 9110 14.4). */
static enum rc eat_span(struct slice *value, struct slice *ret_first, struct slice *ret_last)
{
	if (!eat_digits(value, ret_first) || !eat_char(value, '-') ||
		!eat_digits(value, ret_last) || !eat_char(value, '/'))
		return RC_INVALID;
	return digits_less(*ret_last, *ret_first) ? RC_INVALID : RC_OK;
}

enum rc content_range_parse(struct slice value, struct content_range *ret)
{
	struct slice first, last, total;
	struct content_range range;

	value = slice_trim(value);
	if (!slice_equal_nocase(slice_cut(&value, ' '), SLICE("bytes")))
		return RC_INVALID;
	TRY(eat_span(&value, &first, &last));
	if (slice_equal(value, SLICE("*")))
		return RC_UNSUPPORTED;
	if (!eat_digits(&value, &total) || value.size > 0 || !digits_less(last, total) ||
		!slice_to_u64(total, &range.total))
		return RC_INVALID;
	range.first = saturated(first);
	range.last = saturated(last);
	*ret = range;
	return RC_OK;
}
