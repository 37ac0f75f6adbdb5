/* policy/key_rule.h - a route's key rule: which spellings ask the same question.
 *
 * From a request it makes what stands for it in the key: a canonical target, a canonical body, and a mark.
 *
 *	/search?resultType=lite&Query=a+b&email=x	/search?query=a%20b
 *
 * A canonical query has each parameter decoded and written anew with all but unreserved characters
 * percent-encoded (RFC 3986 2.3), so that no two different questions meet. What can be read in several
 * ways is not read at all: a query or form with a raw ';', with NUL or a malformed '%', with more
 * parameters than KEY_RULE_PARAMETERS, or with one name in several letter cases is keyed as it came.
 * Nothing of this is ever sent: the origin gets what the client wrote.
 *
 *	mark:	16 hex digits, of the rule's definition | ' ' | c canonical, r as it came, s suspended |
 *		- no body, f form, j JSON, r raw | and where Accept counts: ' ' | its classes
 *
 * Keys made under another definition, or without a rule, are never equal.
 *
 * Pure. Threads: any, once it is made. Ownership: a rule borrows the configuration; a reading lies in
 * the arena, or is a view of the request.
 */
#pragma once

#include "config/config.h"
#include "http/headers.h"

#define KEY_RULE_PARAMETERS 64

struct key_rule;

/* NULL: the configuration says nothing, and keys are made as without. From malloc. */
struct key_rule *key_rule_new(const struct config_key *config);
void key_rule_free(struct key_rule *rule);

struct key_request {
	struct slice target; /* as target_split() takes one */
	const struct headers
		*headers; /* NULL: a target alone, as a purge names it: no class of Accept */
	bool has_body;    /* as part of the key */
	struct slice body;
	bool suspended; /* the rule was found wrong: nothing is taken for the same any more, but what has
			 * credentials or is to pass still passes */
};

struct key_reading {
	struct slice target;
	struct slice body; /* of which a digest is part of the key */
	struct slice mark;
	bool passes; /* not to be answered from the store, nor stored */
	/* Of the values of all credentials, in the query, a form or fields; 0: it has none. */
	uint64_t credentials;
	uint64_t dropped; /* of the parameters that are left out for other reasons; 0: none */
};

void key_rule_read(const struct key_rule *rule, const struct key_request *request,
	struct arena *arena, struct key_reading *ret);

/* The mark without the classes of Accept: what is the same question in all of them. */
struct slice key_rule_group(struct slice mark);

/* Whether keys under the rule may differ by Accept. */
bool key_rule_has_classes(const struct key_rule *rule);

/* Appends the begin of canonical targets that the begin of a target stands for: the same parameters in
 * the same order. RC_INVALID: it is ambiguous. */
NODISCARD enum rc key_rule_prefix(
	const struct key_rule *rule, struct slice begin, struct arena *arena, struct slice *ret);

/* Whether a response of this status speaks of who asked more than of what: it is not for who has other
 * credentials, or none. */
bool key_rule_status_is_personal(int status);

/* Whether it speaks of the request as it stands: what its key doesn't have may be the reason, such as a
 * credential, a parameter that is dropped, or a field. */
bool key_rule_status_is_of_request(int status);

/* Whether credentials have this name, in any letter case. */
bool key_rule_is_credential(const struct key_rule *rule, struct slice name);

/* Values of credentials in a target, as they are written and decoded; those of less than
 * KEY_RULE_SECRET_LEAST bytes are left out, since they are found anywhere. In the arena. */
#define KEY_RULE_SECRET_LEAST 4
struct key_secrets {
	const struct slice *items;
	size_t count;
};
struct key_secrets key_rule_secrets(
	const struct key_rule *rule, struct slice raw_target, struct arena *arena);

/* Whether a text repeats one of them. */
bool key_secrets_stand_in(const struct key_secrets *secrets, struct slice text);

/* The target as it came, but for the parameters that are credentials; and such a one with the credentials
 * of another target behind it. In the arena. */
struct slice key_rule_spelling(
	const struct key_rule *rule, struct slice raw_target, struct arena *arena);
struct slice key_rule_respell(const struct key_rule *rule, struct slice spelling,
	struct slice raw_target, struct arena *arena);
