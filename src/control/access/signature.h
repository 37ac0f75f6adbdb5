/* control/access/signature.h - the signature of an event: that it is from who has the secret, and when it was made.
 *
 *	Larder-Signature: t=1781234567.250317,v1=5257a869...[,v1=...]
 *	v1: HMAC-SHA-256 of "1781234567.250317.<body>", in hex; several while a secret is being changed
 *
 * The fraction may be left out, and has nine digits at most. So that no signature is of two events, a body that is a
 * number with a point itself needs a time that has one. Other members are for versions to come, and passed over.
 * Pure; threads: any.
 */
#pragma once

#include "util/digest.h"
#include "util/rc.h"

struct signature {
	int64_t made_ms;                   /* wall; what is below a millisecond is cut off */
	unsigned char digest[DIGEST_SIZE]; /* that no other event of this secret has */
};

/* RC_INVALID: the field is none. RC_DENIED: none of its signatures is by this secret. Takes as long whichever
 * it is that is wrong with a well-formed one. */
NODISCARD enum rc signature_check(
	struct slice field, struct slice secret, struct slice body, struct signature *ret);
