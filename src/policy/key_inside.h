/* key_inside.h - the inside of a key rule, for the files that are it: key_rule.c makes and applies it,
 * key_parameters.c reads queries and forms under it, key_accept.c the Accept field.
 */
#pragma once

#include "policy/key_rule.h"

#define KEY_DIGEST_TEXT 16

/* What is said of a name. */
enum {
	KEY_SAYS_DROP = 1,
	KEY_SAYS_CREDENTIAL = 2,
	KEY_SAYS_DEFAULT = 4,
	KEY_SAYS_SET = 8,
	KEY_SAYS_PASS = 16,
	KEY_SAYS_FORMAT = 32,
};

struct key_name {
	struct slice name; /* as canonical queries have it */
	unsigned says;
	struct slice value; /* of DEFAULT, so, too */
};

struct key_rule {
	struct arena arena;
	const struct config_key *config;
	struct key_name *names;
	size_t count;
	char digest[KEY_DIGEST_TEXT];
};

/* What a query or form comes to. */
struct key_parameters {
	struct slice text; /* canonical; size 0 without any */
	bool is_read;      /* else it is ambiguous, and there is no text */
	bool passes;
	bool has_format;
	uint64_t credentials, dropped; /* hashes of their values; 0: none */
};

/* The next piece of a query that isn't empty; false: there is none. */
bool key_next_piece(struct slice *query, struct slice *ret);

void key_parameters_read(const struct key_rule *rule, struct slice query, struct arena *arena,
	struct key_parameters *ret);

/* The classes that an Accept names, by falling weight: "json", "json,*", "xml=json"; of size 0 where it
 * names none: absent, or everything alike. What can't be read that way counts as it is. In the arena. */
struct slice key_accept_classes(
	const struct key_rule *rule, const struct headers *request, struct arena *arena);

/* All of it, in short: for who shares nothing that is not the same. */
struct slice key_accept_exact(const struct headers *request, struct arena *arena);

/* What is said of a name, or NULL. */
const struct key_name *key_rule_name(const struct key_rule *rule, struct slice name);
