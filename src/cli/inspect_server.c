/* cli/inspect_server.c - `larder inspect` of a larder that runs. inspect.h.
 *
 * A URL becomes the target under which its route stores it by what /why says of its key; then the entries with
 * that target are looked at one by one.
 */
#include "inspect.h"

#include "client/pages.h"
#include "terminal/terminal.h"

#include "util/octets.h"

#include <stdlib.h>
#include <string.h>

#define MOST_PATH ((size_t)1 << 20)

static const struct view_row rows[] = {
	{ "  id", "id", VIEW_TEXT, false },
	{ "  state", "state", VIEW_TEXT, false },
	{ "  tier", "tier", VIEW_TEXT, false },
	{ "  status", "status", VIEW_COUNT, false },
	{ "  route", "route", VIEW_TEXT, false },
	{ "  tenant", "tenant", VIEW_TEXT, false },
	{ "  key", "key", VIEW_TEXT, false },
	{ "  came", "created_at", VIEW_TEXT, false },
	{ "  age", "age_ms", VIEW_MS, false },
	{ "  fresh until", "expires_at", VIEW_TEXT, false },
	{ "  fresh for", "ttl_ms", VIEW_MS, false },
	{ "  used", "used_at", VIEW_TEXT, false },
	{ "  hits", "hits", VIEW_COUNT, false },
	{ "  body", "size", VIEW_SIZE, false },
	{ "  type", "type", VIEW_TEXT, false },
	{ "  compressed here", "gzipped", VIEW_TEXT, false },
	{ "  sha-256", "digest", VIEW_TEXT, false },
	{ "  etag", "etag", VIEW_TEXT, false },
	{ "  variant", "variant", VIEW_LIST, false },
	{ "  tags", "tags", VIEW_LIST, false },
};

static const struct view_row field_rows[] = {
	{ "  FIELD", "name", VIEW_TEXT, false },
	{ "VALUE", "value", VIEW_TEXT, false },
};

/* ---- which ---- */

struct search {
	struct slice target; /* data NULL: not by it */
	const char *key;     /* NULL: not by it */
	json_t *ids;
};

static bool take(void *arg, json_t *item)
{
	struct search *s = arg;
	struct slice target = view_text(item, "target"), key = view_text(item, "key");

	if (s->key != NULL && key.data != NULL && slice_equal(key, slice_of(s->key)))
		json_array_append(s->ids, json_object_get(item, "id"));
	if (s->target.data == NULL)
		return true;
	/* in the order of targets it comes before those that it begins */
	if (!slice_equal(target, s->target))
		return false;
	json_array_append(s->ids, json_object_get(item, "id"));
	return true;
}

/* What is asked for under a secret isn't shown: what stands before it finds it. */
static char *known_part(struct slice target)
{
	const char *star = memmem(target.data, target.size, "***", 3);

	return strndup(target.data, star != NULL ? (size_t)(star - target.data) : target.size);
}

static int find_target(struct client *client, struct search *s)
{
	char *prefix = known_part(s->target);
	struct bytes path;
	int code;

	bytes_init(&path, MOST_PATH);
	(void)!bytes_append_slice(&path, SLICE("/entries?sort=target"));
	client_query(&path, "prefix", prefix);
	code = pages_each(client, path.data, take, s);
	bytes_done(&path);
	free(prefix);
	return code;
}

/* As the route's key rule writes it; who may not ask why is taken at his word. */
static int find_url(struct client *client, const char *word, struct search *s)
{
	struct client_answer answer;
	struct bytes path;
	json_t *why = NULL;
	int code;

	bytes_init(&path, MOST_PATH);
	(void)!bytes_append_slice(&path, SLICE("/why"));
	client_query(&path, "url", word);
	code = client_call(
		client, &(struct client_call){ .method = "GET", .path = path.data }, &answer);
	if (code == EXIT_DONE && answer.status != 403)
		code = client_judge(client, &answer);
	if (code == EXIT_DONE && answer.status == 200)
		why = json_loadb(answer.body.data, answer.body.size, JSON_ALLOW_NUL, NULL);
	s->target = view_text(why, "key.target");
	if (s->target.data == NULL)
		s->target = inspect_target(word);
	if (code == EXIT_DONE)
		code = find_target(client, s);
	json_decref(why);
	client_answer_done(&answer);
	bytes_done(&path);
	return code;
}

static bool is_key(const char *word)
{
	struct slice text = slice_of(word);
	char *octets = strdup(word);
	bool is = octets != NULL && text.size > 0 && octets_from_hex(text, octets);

	free(octets);
	return is;
}

static int find(struct client *client, const char *word, json_t *ids)
{
	struct search s = { .ids = ids };

	if (word[0] == '/' || strstr(word, "://") != NULL)
		return find_url(client, word, &s);
	if (is_key(word)) {
		s.key = word;
		return pages_each(client, "/entries", take, &s);
	}
	json_array_append_new(ids, json_string(word));
	return EXIT_DONE;
}

/* ---- what ---- */

static void print_fields(const json_t *fields)
{
	json_t *items = json_array(), *field;
	size_t i;

	json_array_foreach(fields, i, field)
	{
		json_t *name = json_array_get(field, 0);

		json_array_append_new(
			items, json_pack("{s:o, s:O}", "name",
				       json_sprintf("  %s",
					       json_is_string(name) ? json_string_value(name) : ""),
				       "value", json_array_get(field, 1)));
	}
	if (json_array_size(items) > 0)
		view_print(&VIEW(field_rows), items, stdout);
	json_decref(items);
}

static void print_entry(const json_t *entry)
{
	struct bytes safe;

	bytes_init(&safe, MOST_PATH);
	terminal_append(&safe, view_text(entry, "target"));
	printf("%s\n", safe.size > 0 ? safe.data : "-");
	bytes_done(&safe);
	view_facts(&VIEW(rows), entry, stdout);
	print_fields(json_object_get(entry, "headers"));
}

static bool write_piece(void *arg, const char *data, size_t size)
{
	(void)arg;
	return fwrite(data, 1, size, stdout) == size;
}

/* As it came, a piece at a time. */
static int write_body(struct client *client, const char *id)
{
	struct client_answer answer;
	struct bytes path;
	int code;

	bytes_init(&path, MOST_PATH);
	(void)!bytes_append_slice(&path, SLICE("/entries/"));
	client_encode(&path, id);
	(void)!bytes_append_slice(&path, SLICE("/body"));
	code = client_call(client,
		&(struct client_call){ .method = "GET", .path = path.data, .take = write_piece },
		&answer);
	if (code == EXIT_DONE)
		code = client_judge(client, &answer);
	client_answer_done(&answer);
	bytes_done(&path);
	return code;
}

static int show(struct client *client, const char *id, const char *const *values, bool follows)
{
	json_t *entry = NULL;
	struct bytes path;
	int code;

	if (values[INSPECT_BODY] != NULL)
		return write_body(client, id);
	bytes_init(&path, MOST_PATH);
	(void)!bytes_append_slice(&path, SLICE("/entries/"));
	client_encode(&path, id);
	code = client_get(client, path.data, &entry);
	bytes_done(&path);
	if (code != EXIT_DONE)
		return code;
	if (values[API_JSON] != NULL) {
		json_dumpf(entry, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		fputs(follows ? "\n" : "", stdout);
		print_entry(entry);
	}
	json_decref(entry);
	return code;
}

static int show_all(struct client *client, const json_t *ids, const char *const *values)
{
	size_t count = json_array_size(ids), i;
	int code = EXIT_DONE;
	json_t *id;

	if (count == 0) {
		client_tell(client, "%s: nothing is stored for it", values[INSPECT_WORD]);
		return EXIT_FAILED;
	}
	if (count > 1 && values[INSPECT_BODY] != NULL) {
		client_tell(client, "%zu responses are stored there: --body is for one, by its id",
			count);
		return EXIT_FAILED;
	}
	json_array_foreach(ids, i, id)
	{
		if (json_is_string(id) && code == EXIT_DONE)
			code = show(client, json_string_value(id), values, i > 0);
	}
	return code;
}

int inspect_ask(const char *const *values, bool *ret_away)
{
	struct client *client;
	json_t *ids = json_array();
	int code = client_open("inspect", values, &client);

	if (code == EXIT_DONE) {
		code = find(client, values[INSPECT_WORD], ids);
		if (code == EXIT_DONE)
			code = show_all(client, ids, values);
		*ret_away = client_is_away(client);
	}
	client_close(client);
	json_decref(ids);
	return code;
}
