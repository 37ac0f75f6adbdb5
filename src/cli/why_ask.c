/* cli/why_ask.c - the question put to a larder that runs: to its page, or to its admin API. Threads and ownership: why.h. */
#include "why.h"

#include "client/client.h"

#include <stdio.h>
#include <string.h>

#define MOST_TARGET ((size_t)1 << 20)

static enum rc keep_report(struct why_question *q, const struct client_answer *answer)
{
	return bytes_append_slice(&q->report, bytes_slice(&answer->body));
}

/* ---- the page ---- */

static int judge_page(const struct client *client, const char *path, int status)
{
	if (status == 200)
		return EXIT_DONE;
	client_tell(client, "%s%s: %d: %s", client_place(client), path, status,
		status == 400   ? "what is asked about is neither a target nor a URL"
		: status == 403 ? "not from this address (server.why_from)"
				: "no report; is that its server.why?");
	return status == 400 ? EXIT_USAGE : EXIT_FAILED;
}

static int ask_page(struct why_question *q, struct client *client, const char *path, bool *ret_away)
{
	struct client_answer answer;
	struct bytes target;
	int code;

	bytes_init(&target, MOST_TARGET);
	(void)!bytes_append_slice(&target, slice_of(path));
	client_query(&target, "url", q->values[WHY_URL]);
	code = client_call(client,
		&(struct client_call){ .method = "GET", .path = target.data, .fields = &q->fields },
		&answer);
	*ret_away = code != EXIT_DONE;
	if (code == EXIT_DONE)
		code = judge_page(client, path, answer.status);
	if (code == EXIT_DONE && keep_report(q, &answer) != RC_OK)
		code = EXIT_FAILED;
	client_answer_done(&answer);
	bytes_done(&target);
	return code;
}

int why_ask_page(struct why_question *q, bool *ret_away)
{
	const char *url = q->values[WHY_SERVER], *host = strstr(url, "://");
	const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
	char base[PLACE_URL], page[PLACE_URL];
	struct client *client;
	struct place place;
	int code;

	snprintf(base, sizeof(base), "%.*s", path != NULL ? (int)(path - url) : 0, url);
	snprintf(page, sizeof(page), "%.*s", path != NULL ? (int)strcspn(path, "?#") : 0,
		path != NULL ? path : "");
	*ret_away = false;
	if (path == NULL || strlen(url) >= PLACE_URL || place_parse(base, &place) != RC_OK) {
		fprintf(stderr,
			"larder why: --server %s: a URL with the path of server.why is expected\n",
			url);
		return EXIT_USAGE;
	}
	client = client_at("why", &place, q->values[API_INSECURE] == NULL);
	code = ask_page(q, client, page, ret_away);
	client_close(client);
	return code;
}

int why_ask_listener(struct why_question *q, const struct config *config, bool *ret_away)
{
	const struct config_server *server = &config->server;
	struct client *client;
	struct place place;
	int code;

	if (place_of_listeners(&server->listen, server->tls.certificate[0] != '\0', &place) !=
		RC_OK) {
		fputs("larder why: no listener has a known port\n", stderr);
		*ret_away = true;
		return EXIT_FAILED;
	}
	/* the certificate is for the name that clients use, and this is one of the machine's own
	 * addresses; nothing secret is sent there */
	client = client_at("why", &place, false);
	code = ask_page(q, client, server->why, ret_away);
	client_close(client);
	return code;
}

/* ---- the admin API ---- */

/* What it isn't told of would make the answer another one's. */
static int check_fields(const struct headers *fields)
{
	HEADERS_EACH(at, fields) {
		if (at->id == FIELD_ACCEPT)
			continue;
		fprintf(stderr,
			"larder why: --header " SLICE_FORMAT
			": the admin API is told of Accept alone; --server URL is of all\n",
			SLICE_ARGS(at->name));
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static int ask_api(struct why_question *q, struct client *client)
{
	struct slice accept = headers_get(&q->fields, FIELD_ACCEPT);
	struct client_answer answer;
	struct bytes path;
	int code;

	bytes_init(&path, MOST_TARGET);
	(void)!bytes_append_slice(&path, SLICE("/why"));
	client_query(&path, "url", q->values[WHY_URL]);
	client_query(&path, "accept", accept.data);
	code = client_call(
		client, &(struct client_call){ .method = "GET", .path = path.data }, &answer);
	if (code == EXIT_DONE)
		code = client_judge(client, &answer);
	if (code == EXIT_DONE && keep_report(q, &answer) != RC_OK)
		code = EXIT_FAILED;
	client_answer_done(&answer);
	bytes_done(&path);
	return code;
}

int why_ask_api(struct why_question *q, bool *ret_away)
{
	struct client *client = NULL;
	int code = check_fields(&q->fields);

	*ret_away = false;
	if (code == EXIT_DONE)
		code = client_open("why", q->values, &client);
	if (code == EXIT_DONE) {
		code = ask_api(q, client);
		*ret_away = client_is_away(client);
	}
	client_close(client);
	return code;
}
