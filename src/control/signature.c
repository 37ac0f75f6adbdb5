/* control/signature.c - the signature of an event. */
#include "signature.h"

#include "util/hmac.h"

#define SIGNATURES_MOST 8
#define SECONDS_MOST    ((uint64_t)1 << 40)

struct field {
	struct slice time; /* as it is written: that is what is signed */
	uint64_t seconds;
	struct slice signatures[SIGNATURES_MOST];
	size_t count;
};

static enum rc read_member(struct field *field, struct slice member)
{
	struct slice value = slice_trim(member), name = slice_cut(&value, '=');

	if (value.data == NULL)
		return RC_INVALID;
	if (slice_equal(name, SLICE("t"))) {
		if (field->time.data != NULL || !slice_to_u64(value, &field->seconds) ||
			field->seconds > SECONDS_MOST)
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
	hmac_sha256(secret, (const struct slice[]){ field.time, SLICE("."), body }, 3,
		signature.digest);
	for (size_t i = 0; i < field.count; i++)
		known |= digest_equals_hex(signature.digest, field.signatures[i]);
	if (!known)
		return RC_DENIED;
	signature.made_ms = (int64_t)field.seconds * 1000;
	*ret = signature;
	return RC_OK;
}
