/* control/access/auth.c - who asks: by bearer token, whose digest the configuration has.
 *
 *	may a browser have sent it? -> is the address heard? -> token -> has it expired? -> its rate -> role, tenant
 *
 * Without tokens who can connect may do everything, and only this machine can: the configuration sees to it, and
 * so does this. Digests are compared in a time that tells nothing, each with all. What is open to everyone (health,
 * events with signatures of their own) isn't asked for a token, so that nobody can be kept from it.
 */
#include "call.h"

#include "browser.h"
#include "lockout.h"
#include "quota.h"

#include "observe/log.h"
#include "observe/metrics.h"
#include "util/clock.h"
#include "util/digest.h"

#include <arpa/inet.h>
#include <inttypes.h>

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

static bool has_expired(const struct config_token *token, int64_t now_ms)
{
	return token->expires_ms > 0 && token->expires_ms <= now_ms;
}

/* ---- refusals ---- */

static bool refuse(struct call *call, const char *challenge, const char *detail)
{
	call_field(call, "WWW-Authenticate", slice_of(challenge));
	call_refuse(call, 401, "%s", detail);
	return false;
}

static bool refuse_for(struct call *call, int64_t left_ms, const char *detail)
{
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%" PRId64, (left_ms + 999) / 1000);
	call_field(call, "Retry-After", slice_of(seconds));
	call_refuse(call, 429, "%s", detail);
	return false;
}

/* Who tries it again and again is not heard any more: of a token that has expired it isn't known who has it by now. */
static bool refuse_failed(struct call *call, const char *detail)
{
	const struct config_admin *admin = &call->config->admin;
	struct slice peer = call->request->head.peer;

	if (lockout_count(call->control->lockout, admin, peer, clock_monotonic_ms())) {
		metrics_add(METRIC_ADMIN_LOCKOUTS, NO_LABELS, 1);
		log_event(LOG_LEVEL_WARN, "admin-lockout",
			SLICE_FORMAT ": %" PRId64 " tokens wrong or expired; not heard for %" PRId64
				     " ms",
			SLICE_ARGS(peer), admin->lockout.failures, admin->lockout.for_ms);
	}
	return refuse(call, "Bearer realm=\"larder\", error=\"invalid_token\"", detail);
}

/* ---- without tokens ---- */

static bool is_this_machine(struct slice peer)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	if (slice_starts(peer, SLICE("unix")))
		return true;
	snprintf(text, sizeof(text), SLICE_FORMAT, SLICE_ARGS(peer));
	if (inet_pton(AF_INET, text, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, text, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool accept_local(struct call *call)
{
	if (!is_this_machine(call->request->head.peer)) {
		call_refuse(call, 403, "without admin.tokens only this machine is answered");
		return false;
	}
	if (!browser_host_is_local(&call->request->head)) {
		call_refuse(call, 403,
			"without admin.tokens the host is expected to be a name or address of this "
			"machine's own: localhost, 127.0.0.1 or [::1]");
		return false;
	}
	call->caller = (struct caller){ "local", ROLE_ADMIN, "" };
	return true;
}

/* ---- with tokens ---- */

static bool accept_token(struct call *call, struct slice text)
{
	struct control *control = call->control;
	int64_t left_ms =
		lockout_left_ms(control->lockout, call->request->head.peer, clock_monotonic_ms());
	const struct config_token *token;

	if (left_ms > 0)
		return refuse_for(call, left_ms,
			"too many wrong tokens came from this address: none is heard for a while");
	token = find_token(call->config, text);
	if (token == NULL)
		return refuse_failed(call, "the token is not known");
	call->caller = (struct caller){ token->name, ROLE_EVERYONE, token->tenant };
	if (has_expired(token, call->now_ms))
		return refuse_failed(call, "the token has expired");
	left_ms = quota_take(control->quota, token, clock_monotonic_us());
	if (left_ms > 0)
		return refuse_for(call, left_ms, "the token asks more often than its rate");
	call->caller.role = token->role;
	return true;
}

bool auth_check(struct call *call)
{
	struct slice text =
		field_bearer(headers_get(&call->request->head.headers, FIELD_AUTHORIZATION));

	if (call->route->role == ROLE_EVERYONE)
		return true;
	if (browser_is_foreign(&call->request->head)) {
		call_refuse(call, 403, "a page of another origin isn't answered");
		return false;
	}
	if (call->config->admin.token_count == 0)
		return accept_local(call);
	if (text.data == NULL)
		return refuse(call, "Bearer realm=\"larder\"", "a bearer token is expected");
	return accept_token(call, text);
}

bool auth_may_bring(const struct call *call)
{
	const struct config_token *token;
	struct slice text =
		field_bearer(headers_get(&call->request->head.headers, FIELD_AUTHORIZATION));

	if (call->config->admin.token_count == 0)
		return true;
	if (text.data == NULL || lockout_left_ms(call->control->lockout, call->request->head.peer,
					 clock_monotonic_ms()) > 0)
		return false;
	token = find_token(call->config, text);
	return token != NULL && !has_expired(token, call->now_ms) &&
	       token->role >= call->route->role;
}
