/* control/access/signature.c - the signature of an event. */
#include "signature.h"

#include "util/hmac.h"

#define SIGNATURES_MOST 8
#define SECONDS_MOST    ((uint64_t)1 << 40)
#define FRACTION_MOST   9 /* digits: nanoseconds */

struct field {
	struct slice time; /* as it is written: that is what is signed */
	int64_t time_ms;
	struct slice signatures[SIGNATURES_MOST];
	size_t count;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Milliseconds of the digits behind the point. */
static bool read_fraction(struct slice digits, int64_t *ret_ms)
{
	int64_t ms = 0;

	if (digits.size == 0 || digits.size > FRACTION_MOST)
		return false;
	for (size_t i = 0; i < digits.size; i++) {
		if (!is_digit(digits.data[i]))
			return false;
	}
	for (size_t i = 0; i < 3; i++)
		ms = ms * 10 + (i < digits.size ? digits.data[i] - '0' : 0);
	*ret_ms = ms;
	return true;
}

static bool read_time(struct slice text, int64_t *ret_ms)
{
	struct slice whole = slice_cut(&text, '.');
	uint64_t seconds;
	int64_t ms = 0;

	if (!slice_to_u64(whole, &seconds) || seconds > SECONDS_MOST ||
		(text.data != NULL && !read_fraction(text, &ms)))
		return false;
	*ret_ms = (int64_t)seconds * 1000 + ms;
	return true;
}

/* Whether what is signed could be that of another time, with a fraction, and less of a body. */
static bool is_ambiguous(struct slice time, struct slice body)
{
	size_t digits = 0;

	while (digits < body.size && is_digit(body.data[digits]))
		digits++;
	return slice_find(time, '.') < 0 && digits > 0 && digits <= FRACTION_MOST &&
	       digits < body.size && body.data[digits] == '.';
}

static enum rc read_member(struct field *field, struct slice member)
{
	struct slice value = slice_trim(member), name = slice_cut(&value, '=');

	if (value.data == NULL)
		return RC_INVALID;
	if (slice_equal(name, SLICE("t"))) {
		if (field->time.data != NULL || !read_time(value, &field->time_ms))
			return RC_INVALID;
		field->time = value;
	}
	if (slice_equal(name, SLICE("v1"))) {
		if (field->count == SIGNATURES_MOST)
			return RC_INVALID;
		field->signatures[field->count++] = value;
	}
	return RC_OK;
}

static enum rc read_field(struct slice rest, struct field *ret)
{
	while (rest.data != NULL)
		TRY(read_member(ret, slice_cut(&rest, ',')));
	return ret->time.data != NULL && ret->count > 0 ? RC_OK : RC_INVALID;
}

enum rc signature_check(
	struct slice text, struct slice secret, struct slice body, struct signature *ret)
{
	struct field field = { .count = 0 };
	struct signature signature;
	bool known = false;

	TRY(read_field(text, &field));
	if (is_ambiguous(field.time, body))
		return RC_INVALID;
	hmac_sha256(secret, (const struct slice[]){ field.time, SLICE("."), body }, 3,
		signature.digest);
	for (size_t i = 0; i < field.count; i++)
		known |= digest_equals_hex(signature.digest, field.signatures[i]);
	if (!known)
		return RC_DENIED;
	signature.made_ms = field.time_ms;
	*ret = signature;
	return RC_OK;
}
