/* cli/inspect.c - `larder inspect`: all that is stored for one target, and why it is or isn't used; of a larder that runs,
 * or of its disk.
 *
 * Of the disk nothing is asked of a larder that runs: a request's own directives have a say of their own, and the memory
 * tier may have another copy.
 */
#include "inspect.h"

#include "cli/command.h"
#include "cli/load.h"

#include "account.h"
#include "client/client.h"
#include "shelf.h"

#include "http/gunzip.h"
#include "policy/key_rule.h"
#include "util/clock.h"
#include "util/octets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_RATIO 1032 /* deflate can't do more */
#define PIECE      ((size_t)64 * 1024)

struct inspection {
	bool json;
	int64_t now_ms;
	size_t shown;
};

static bool show(void *arg, const struct depot_entry *entry)
{
	struct inspection *in = arg;

	if (in->json) {
		account_print_json(entry, in->now_ms);
	} else {
		if (in->shown > 0)
			putchar('\n');
		account_print(entry, in->now_ms);
	}
	in->shown++;
	return true;
}

/* ---- what is meant ---- */

/* Bytes in place of hex digits, in a copy of the word; false: it is no key. */
static bool parse_key(char *word, struct slice *ret)
{
	struct slice text = slice_of(word);

	if (text.size == 0 || !octets_from_hex(text, word))
		return false;
	*ret = (struct slice){ word, text.size / 2 };
	return true;
}

struct slice inspect_target(const char *word)
{
	const char *host = strstr(word, "://");
	struct slice rest = slice_of(word);

	if (word[0] == '/' || host == NULL)
		return rest;
	rest = slice_of(host + 3);
	rest.size = strcspn(rest.data, "#");
	while (rest.size > 0 && rest.data[0] != '/' && rest.data[0] != '?')
		rest = slice_skip(rest, 1);
	return rest.size > 0 && rest.data[0] == '/' ? rest : SLICE("/");
}

static enum rc find(struct depot *depot, const char *word, struct depot_found *ret)
{
	char *copy = strdup(word);
	struct slice key;
	enum rc rc;

	if (copy == NULL)
		abort();
	rc = parse_key(copy, &key) ? depot_find_key(depot, key, ret)
				   : depot_find(depot, inspect_target(word), ret);
	free(copy);
	return rc;
}

/* ---- the body ---- */

static enum rc inflate(struct gunzip *gunzip, struct slice in, FILE *to)
{
	char out[PIECE];
	size_t count;
	enum rc rc;

	do {
		rc = gunzip_read(gunzip, &in, out, sizeof(out), &count);
		if (rc != RC_OK && rc != RC_ABSENT)
			return RC_CORRUPT;
		if (fwrite(out, 1, count, to) != count)
			return RC_IO;
	} while (in.size > 0 || (rc == RC_OK && count == sizeof(out)));
	return RC_OK;
}

/* gunzip: undoes what was compressed here; NULL: nothing to undo. */
static enum rc write_pieces(struct body *body, struct gunzip *gunzip, FILE *to)
{
	char buffer[PIECE];
	ssize_t count;

	for (uint64_t at = 0; at < body->size; at += (uint64_t)count) {
		count = body_read(body, at, buffer, sizeof(buffer));
		if (count <= 0)
			return RC_CORRUPT;
		if (gunzip != NULL)
			TRY(inflate(gunzip, (struct slice){ buffer, (size_t)count }, to));
		else if (fwrite(buffer, 1, (size_t)count, to) != (size_t)count)
			return RC_IO;
	}
	return gunzip == NULL || gunzip_is_whole(gunzip) ? RC_OK : RC_CORRUPT;
}

struct form {
	bool gzipped;
	uint64_t plain_size;
};

static bool take_form(void *arg, const struct depot_entry *entry)
{
	*(struct form *)arg = (struct form){ entry->object->gzipped, entry->object->plain_size };
	return true;
}

/* As it came. */
static enum rc write_body(struct depot *depot, int64_t id)
{
	SCOPED(body) body = NULL;
	SCOPED(gunzip) gunzip = NULL;
	struct form form;

	TRY(depot_show(depot, id, take_form, &form));
	TRY(depot_body(depot, id, &body));
	if (form.gzipped)
		gunzip = gunzip_new(
			&(struct gunzip_limits){ .bytes = form.plain_size, .ratio = MOST_RATIO });
	return write_pieces(body, gunzip, stdout);
}

static int inspect_body(struct depot *depot, const struct depot_found *found)
{
	enum rc rc;

	if (found->count > 1) {
		fprintf(stderr,
			"larder inspect: %zu responses are stored there: --body is for one\n",
			found->count);
		return EXIT_FAILED;
	}
	rc = write_body(depot, found->ids[0]);
	return rc == RC_OK ? EXIT_DONE : shelf_failed("inspect", depot, rc);
}

static int inspect_found(
	struct depot *depot, const struct depot_found *found, const char *const *values)
{
	struct inspection in = { .json = values[API_JSON] != NULL, .now_ms = clock_wall_ms() };

	if (values[INSPECT_BODY] != NULL)
		return inspect_body(depot, found);
	for (size_t i = 0; i < found->count; i++) {
		enum rc rc = depot_show(depot, found->ids[i], show, &in);

		if (rc != RC_OK && rc != RC_ABSENT)
			return shelf_failed("inspect", depot, rc);
	}
	return EXIT_DONE;
}

/* What the key rules of the routes make of the target. */
static enum rc find_ruled(
	struct depot *depot, const char *config_path, struct slice target, struct depot_found *ret)
{
	struct config *config = load_or_tell(config_path, NULL);
	struct arena arena;
	enum rc rc = RC_OK;

	if (config == NULL)
		return RC_OK;
	arena_init(&arena);
	for (size_t i = 0; i < config->route_count && rc == RC_OK && ret->count == 0; i++) {
		struct key_rule *rule = key_rule_new(&config->routes[i].key);
		struct key_reading reading;

		if (rule == NULL)
			continue;
		key_rule_read(rule, &(struct key_request){ .target = target }, &arena, &reading);
		rc = depot_find(depot, reading.target, ret);
		key_rule_free(rule);
	}
	arena_done(&arena);
	config_free(config);
	return rc;
}

static int inspect(struct depot *depot, const char *const *values)
{
	struct depot_found found;
	enum rc rc = find(depot, values[INSPECT_WORD], &found);

	if (rc == RC_OK && found.count == 0 && values[API_CONFIG] != NULL)
		rc = find_ruled(
			depot, values[API_CONFIG], inspect_target(values[INSPECT_WORD]), &found);
	if (rc == RC_INVALID) {
		fprintf(stderr, "larder inspect: %s: neither a target, a URL nor a key\n",
			values[INSPECT_WORD]);
		return EXIT_USAGE;
	}
	if (rc != RC_OK)
		return shelf_failed("inspect", depot, rc);
	if (found.count == 0) {
		fprintf(stderr, "larder inspect: %s: nothing is stored on the disk for it\n",
			values[INSPECT_WORD]);
		return EXIT_FAILED;
	}
	return inspect_found(depot, &found, values);
}

static int inspect_disk(const char *const *values)
{
	const struct shelf_choice choice = { "inspect", values[API_CONFIG], values[INSPECT_DISK] };
	SCOPED(depot) depot = NULL;
	int code = shelf_open(&choice, DEPOT_LOOK, &depot);

	return code == EXIT_DONE ? inspect(depot, values) : code;
}

static int run(const char *const *values)
{
	bool away = false;
	int code;

	if (values[INSPECT_DISK] == NULL && client_has_place(values)) {
		code = inspect_ask(values, &away);
		if (!client_may_look(values, away, "inspect"))
			return shelf_finish("inspect", code);
	}
	return shelf_finish("inspect", inspect_disk(values));
}

const struct command inspect_command = {
	.name = "inspect",
	.about = "Tell all about what is stored for one URL.",
	.details = "A larder that runs is asked. With --disk its store is read, whether it runs or not; so it is with --config\n"
		   "where nobody answers at its admin.listen, or there is none. Of the disk more is told: where lifetimes come from,\n"
		   "and which groups an entry is in.",
	.options = {
		API_PLACE_OPTIONS,
		[API_JSON] = { "--json", NULL, "a JSON object a line", .is_common = true },
		[INSPECT_DISK] = { "--disk", "DIR", "what lies in this directory of a store instead" },
		[INSPECT_BODY] = { "--body", NULL, "write the body instead, as it came" },
		[INSPECT_WORD] = { "URL|KEY|ID", NULL, "/path?query, a whole URL, or a key or id as entries has it" },
	},
	.run = run,
};
