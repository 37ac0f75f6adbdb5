/* cli/token.c - `larder token new`: a token for the admin API, and what the configuration says of it.
 *
 * The token is shown once and kept nowhere: the configuration has its SHA-256.
 */
#include "cli/command.h"

#include "config/config.h"
#include "observe/json.h"
#include "observe/jsonline.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/moment.h"
#include "util/units.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define PREFIX      "larder_"
#define SECRET_SIZE 32
#define TOKEN_TEXT  (sizeof(PREFIX) + 44)

enum { NAME, ROLE, TENANT, EXPIRES, JSON };

struct token {
	char text[TOKEN_TEXT];
	char sha256[2 * DIGEST_SIZE + 1];
	char expires[MOMENT_TEXT]; /* "": never */
};

/* 256 bits, as 43 letters (RFC 4648 5). */
static void write_secret(const unsigned char secret[SECRET_SIZE], char *to)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned held = 0, bits = 0;

	for (size_t i = 0; i < SECRET_SIZE; i++) {
		held = held << 8 | secret[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*to++ = letters[held >> (bits - 6) & 63];
	}
	*to++ = letters[held << (6 - bits) & 63];
	*to = '\0';
}

static bool make(struct token *token)
{
	unsigned char secret[SECRET_SIZE], sum[DIGEST_SIZE];

	if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
		return false;
	memcpy(token->text, PREFIX, sizeof(PREFIX) - 1);
	write_secret(secret, token->text + sizeof(PREFIX) - 1);
	digest_sha256(slice_of(token->text), sum);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		snprintf(token->sha256 + 2 * i, 3, "%02x", sum[i]);
	return true;
}

/* A moment, or a time from now: 90d. */
static bool read_expires(const char *text, char ret[MOMENT_TEXT])
{
	int64_t ms;

	ret[0] = '\0';
	if (text == NULL || strcmp(text, "never") == 0)
		return true;
	if (moment_parse(slice_of(text), &ms) != RC_OK) {
		if (units_parse_duration(slice_of(text), &ms) != RC_OK || ms == 0)
			return false;
		ms = clock_wall_ms() / 1000 * 1000 + ms;
	} else if (ms <= clock_wall_ms()) {
		return false;
	}
	moment_write(ms, ret);
	return true;
}

/* ---- what is said ---- */

static void say_text(const char *before, const char *name, const char *value)
{
	struct bytes text;

	bytes_init(&text, 4096);
	if (value[0] != '\0' && json_append_string(&text, slice_of(value)) == RC_OK)
		printf("    %s %s: %s\n", before, name, text.data);
	bytes_done(&text);
}

static void say(const struct token *token, const char *const *values)
{
	printf("%s\n\nThe token is shown this once. In the configuration it is:\n\n"
	       "admin:\n  tokens:\n",
		token->text);
	say_text("-", "name", values[NAME]);
	say_text(" ", "role", values[ROLE]);
	say_text(" ", "tenant", values[TENANT]);
	if (token->expires[0] != '\0')
		printf("      expires: %s\n", token->expires);
	printf("      sha256: %s\n", token->sha256);
}

static void say_json(const struct token *token, const char *const *values)
{
	static const char *const names[] = {
		[NAME] = "name", [ROLE] = "role", [TENANT] = "tenant"
	};
	struct jsonline line;

	jsonline_begin(&line);
	jsonline_text(&line, "token", slice_of(token->text));
	jsonline_text(&line, "sha256", slice_of(token->sha256));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		jsonline_text(&line, names[i], slice_of(values[i]));
	if (token->expires[0] != '\0')
		jsonline_text(&line, "expires", slice_of(token->expires));
	jsonline_print(&line, stdout);
}

/* As the configuration takes it: a token that is handed out can be entered there. */
static bool check_named(const char *option, const char *name)
{
	if (name == NULL || config_name_valid(name))
		return true;
	fprintf(stderr,
		"larder token new: %s: letters, digits, '.', '_' and '-', at most 64, are "
		"expected\n",
		option);
	return false;
}

static int run(const char *const *given)
{
	const char *values[] = {
		[NAME] = given[NAME] != NULL ? given[NAME] : "operator",
		[ROLE] = given[ROLE] != NULL ? given[ROLE] : "viewer",
		[TENANT] = given[TENANT] != NULL ? given[TENANT] : "",
	};
	struct token token;

	if (!check_named("--name", given[NAME]) || !check_named("--tenant", given[TENANT]))
		return EXIT_USAGE;
	if (!read_expires(given[EXPIRES], token.expires)) {
		fprintf(stderr,
			"larder token new: --expires %s: 90d, 2027-01-31, 2027-01-31T12:00:00Z, "
			"to come, or never is expected\n",
			given[EXPIRES]);
		return EXIT_USAGE;
	}
	if (!make(&token)) {
		fputs("larder token new: the kernel gives no random bytes\n", stderr);
		return EXIT_FAILED;
	}
	(given[JSON] != NULL ? say_json : say)(&token, values);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

const struct command token_new_command = {
	.name = "token new",
	.about = "Make a token for the admin API, and say what the configuration needs of it.",
	.options = {
		[NAME] = { "--name", "NAME", "what the audit log calls whoever has it; else operator" },
		[ROLE] = { "--role", "ROLE", "what it may; else viewer", .choices = "viewer operator admin" },
		[TENANT] = { "--tenant", "NAME", "the tenant that it sees and changes alone" },
		[EXPIRES] = { "--expires", "WHEN", "a moment, or a time from now: 90d" },
		[JSON] = { "--json", NULL, "one line of JSON" },
	},
	.run = run,
};
