/* control/auth.c - who asks: by bearer token, whose digest the configuration has.
 *
 * Without tokens who can connect may do everything: the configuration sees to it that only this machine can.
 * Digests are compared in a time that tells nothing, each with all.
 */
#include "api.h"

#include "util/digest.h"

/* RFC 6750 2.1. data NULL: there is none. */
static struct slice token_of(const struct headers *fields)
{
	struct slice value = headers_get(fields, FIELD_AUTHORIZATION);
	struct slice scheme = slice_cut(&value, ' ');

	if (!slice_equal_nocase(scheme, SLICE("Bearer")) || value.data == NULL)
		return (struct slice){ NULL, 0 };
	return slice_trim(value);
}

static const struct config_token *find_token(const struct config *config, struct slice text)
{
	const struct config_token *found = NULL;
	unsigned char digest[DIGEST_SIZE];

	digest_sha256(text, digest);
	for (size_t i = 0; i < config->admin.token_count; i++) {
		const struct config_token *token = &config->admin.tokens[i];

		if (digest_equals_hex(digest, slice_of(token->sha256)))
			found = token;
	}
	return found;
}

static bool refuse(struct call *call, const char *challenge, const char *detail)
{
	call_field(call, "WWW-Authenticate", slice_of(challenge));
	call_refuse(call, 401, "%s", detail);
	return false;
}

bool auth_check(struct call *call)
{
	const struct config_token *token;
	struct slice text = token_of(&call->request->head.headers);

	if (call->config->admin.token_count == 0) {
		call->caller = (struct caller){ "local", ROLE_ADMIN, "" };
		return true;
	}
	if (text.data == NULL) {
		if (call->route->role == ROLE_EVERYONE)
			return true;
		return refuse(call, "Bearer realm=\"larder\"", "a bearer token is expected");
	}
	token = find_token(call->config, text);
	if (token == NULL || (token->expires_ms > 0 && token->expires_ms <= call->now_ms))
		return refuse(call, "Bearer realm=\"larder\", error=\"invalid_token\"",
			"the token is not known, or has expired");
	call->caller = (struct caller){ token->name, token->role, token->tenant };
	return true;
}
