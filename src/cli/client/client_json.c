/* cli/client/client_json.c - what a call was answered with, as JSON or as words about what went wrong. client.h. */
#include "client.h"

#include "shelf.h"
#include "terminal/terminal.h"

#include "util/octets.h"

#include <stdlib.h>
#include <string.h>

#define MOST_WORDS ((size_t)64 << 10)

/* ---- what came ---- */

static json_t *parse(const struct bytes *body)
{
	return json_loadb(body->size > 0 ? body->data : "", body->size,
		JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static void tell_text(const struct client *client, const char *before, const json_t *text)
{
	struct bytes safe;

	if (!json_is_string(text) || json_string_length(text) == 0)
		return;
	bytes_init(&safe, MOST_WORDS);
	terminal_append(&safe, (struct slice){ json_string_value(text), json_string_length(text) });
	fprintf(client_told(client), "%s%s", before, safe.size > 0 ? safe.data : "");
	bytes_done(&safe);
}

static void tell_problem(const struct client *client, int status, const json_t *problem)
{
	FILE *told = client_told(client);
	size_t i;
	json_t *fault;

	fprintf(told, "larder %s: %s: %d", client_command(client), client_place(client), status);
	tell_text(client, " ", json_object_get(problem, "title"));
	tell_text(client, ": ", json_object_get(problem, "detail"));
	fputc('\n', told);
	json_array_foreach(json_object_get(problem, "faults"), i, fault)
	{
		tell_text(client, "  ", fault);
		fputc('\n', told);
	}
	if (status == 401 && !client_has_token(client))
		fputs("  no token was sent: LARDER_TOKEN isn't set\n", told);
}

void client_tell_problem(const struct client *client, const char *about, const json_t *problem)
{
	FILE *told = client_told(client);
	json_t *text = json_string(about);

	tell_text(client, "  ", text);
	fprintf(told, "%s%d", about != NULL ? ": " : "  ",
		(int)json_integer_value(json_object_get(problem, "status")));
	tell_text(client, " ", json_object_get(problem, "title"));
	tell_text(client, ": ", json_object_get(problem, "detail"));
	fputc('\n', told);
	json_decref(text);
}

void client_tell_fault(const struct client *client, const json_t *fault)
{
	fprintf(client_told(client), "larder %s", client_command(client));
	tell_text(client, ": ", fault);
	fputc('\n', client_told(client));
}

int client_judge(const struct client *client, const struct client_answer *answer)
{
	json_t *problem;

	if (answer->status / 100 == 2)
		return EXIT_DONE;
	problem = parse(&answer->body);
	if (json_is_object(problem))
		tell_problem(client, answer->status, problem);
	else
		client_tell(client, "%s: %d, and no words of a larder's admin API",
			client_place(client), answer->status);
	json_decref(problem);
	return answer->status == 400 || answer->status == 422 ? EXIT_USAGE : EXIT_FAILED;
}

int client_tell_stranger(const struct client *client)
{
	client_tell(
		client, "%s: what came is no answer of a larder's admin API", client_place(client));
	return EXIT_FAILED;
}

/* Others answer with 200 and JSON, too: what nobody did must not be told as done. */
static int take_json(struct client *client, const struct client_call *call,
	const struct client_answer *answer, json_t **ret)
{
	json_t *json = parse(&answer->body);

	if (json == NULL) {
		client_tell(client, "%s: what came is no JSON", client_place(client));
		return EXIT_FAILED;
	}
	if (call->member != NULL && json_object_get(json, call->member) == NULL) {
		json_decref(json);
		return client_tell_stranger(client);
	}
	*ret = json;
	return EXIT_DONE;
}

int client_json(struct client *client, const struct client_call *call, json_t **ret)
{
	struct client_answer answer;
	int code = client_call(client, call, &answer);

	if (code == EXIT_DONE)
		code = client_judge(client, &answer);
	if (code == EXIT_DONE)
		code = take_json(client, call, &answer, ret);
	client_answer_done(&answer);
	return code;
}

int client_print(struct client *client, const struct client_call *call)
{
	struct client_answer answer;
	json_t *json = NULL;
	int code = client_call(client, call, &answer);

	if (code == EXIT_DONE)
		code = client_judge(client, &answer);
	if (code == EXIT_DONE && call->member != NULL)
		code = take_json(client, call, &answer, &json);
	if (code == EXIT_DONE && answer.body.size > 0) {
		fwrite(answer.body.data, 1, answer.body.size, stdout);
		if (answer.body.data[answer.body.size - 1] != '\n')
			putchar('\n');
	}
	json_decref(json);
	client_answer_done(&answer);
	return code;
}

int client_get(struct client *client, const char *path, json_t **ret)
{
	return client_json(client, &(struct client_call){ .method = "GET", .path = path }, ret);
}

int client_post(struct client *client, const char *path, json_t *body, json_t **ret)
{
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	int code = client_json(client,
		&(struct client_call){ .method = "POST", .path = path, .body = slice_of(text) },
		ret);

	free(text);
	json_decref(body);
	return code;
}

/* ---- whole commands ---- */

static int get_and_show(
	struct client *client, const struct client_call *call, int (*show)(const json_t *answer))
{
	json_t *answer = NULL;
	int code = client_json(client, call, &answer);

	if (code == EXIT_DONE)
		code = show(answer);
	json_decref(answer);
	return code;
}

int client_run(const char *command, const char *const *values, const struct client_call *call,
	int (*show)(const json_t *answer))
{
	struct client *client;
	int code = client_open(command, values, &client);

	if (code == EXIT_DONE)
		code = values[API_JSON] != NULL ? client_print(client, call)
						: get_and_show(client, call, show);
	client_close(client);
	return shelf_finish(command, code);
}

/* ---- paths ---- */

void client_encode(struct bytes *path, const char *text)
{
	for (; *text != '\0'; text++)
		(void)!octets_append(path, (unsigned char)*text);
}

void client_query(struct bytes *path, const char *name, const char *value)
{
	bool follows = path->size > 0 && memchr(path->data, '?', path->size) != NULL;

	if (value == NULL)
		return;
	(void)!bytes_format(path, "%c%s=", follows ? '&' : '?', name);
	client_encode(path, value);
}
