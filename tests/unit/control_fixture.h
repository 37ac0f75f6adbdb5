/* control_fixture.h - calls of the admin API without a server: a request made of words, the answer as it is given.
 *
 * Threads: the test's. Ownership: control_begin() makes what control_end() releases; each call its own, until ask_done().
 */
#pragma once

#include "audit/telling.h"

#include "config_fixture.h"

static struct config *config;
static struct proxy *proxy;
static struct control *control;

/* What happens in the middle of POST /reload; NULL: nothing. */
static void (*while_reloading)(void);

static inline enum rc play_reload(void *arg, struct bytes *report)
{
	(void)arg;
	if (while_reloading != NULL)
		while_reloading();
	return bytes_append_slice(report, SLICE("{\"changed\":[],\"kept\":[]}"));
}

/* admin: the members of `admin:`. */
static inline void control_begin(const char *admin)
{
	struct control_options options = { .reload = play_reload };
	struct bytes fault;
	char text[4096];

	snprintf(text, sizeof(text),
		"admin: { %s }\ntenants: { acme: {} }\nupstreams: { o: { url: "
		"\"http://o.test\" } }\n"
		"routes: [ { path: /, upstream: o } ]\n",
		admin);
	config = parsed(text);
	bytes_init(&fault, 4096);
	ck_assert_msg(
		proxy_start(&(struct proxy_options){ .config = config }, &proxy, &fault) == RC_OK,
		"%s", fault.data);
	options.proxy = proxy;
	ck_assert_msg(control_start(&options, &control, &fault) == RC_OK, "%s", fault.data);
	bytes_done(&fault);
}

static inline void control_end(void)
{
	proxy_stop(proxy);
	control_stop(control);
	proxy_unref(proxy);
	config_free(config);
}

struct asked {
	struct arena arena;
	struct admin_request request;
	struct admin_answer answer;
	json_t *json;
};

/* words: "GET /path\nName: value\n..."; peer "127.0.0.1" where it is NULL. */
static inline void ask(struct asked *asked, const char *words, const char *peer, struct slice body)
{
	struct request *head = &asked->request.head;
	struct slice rest = slice_of(words), line = slice_cut(&rest, '\n');

	memset(asked, 0, sizeof(*asked));
	arena_init(&asked->arena);
	asked->request.arena = &asked->arena;
	asked->request.body = body;
	head->method_text = arena_copy(&asked->arena, slice_cut(&line, ' '));
	head->method = method_lookup(head->method_text);
	head->raw_target = arena_copy(&asked->arena, line);
	if (target_split(head->raw_target, &head->target) != RC_OK)
		head->target = (struct target){ .path = SLICE("") };
	headers_init(&head->headers, &asked->arena);
	while (rest.size > 0) {
		struct slice value = slice_cut(&rest, '\n'), name = slice_cut(&value, ':');

		headers_add_copy(&head->headers, name, slice_trim(value));
	}
	head->peer = head->client = slice_of(peer != NULL ? peer : "127.0.0.1");
	headers_init(&asked->answer.fields, &asked->arena);
	bytes_init(&asked->answer.body, 1 << 24);
	control_answer(control, &asked->request, &asked->answer);
	asked->json = json_loadb(asked->answer.body.data, asked->answer.body.size, 0, NULL);
}

static inline void ask_done(struct asked *asked)
{
	json_decref(asked->json);
	bytes_done(&asked->answer.body);
	arena_done(&asked->arena);
}

/* Just its status; what is refused must be problem+json that says the same. */
static inline int status_of(const char *words, const char *peer)
{
	struct asked asked;
	struct slice type;
	int status;

	ask(&asked, words, peer, SLICE(""));
	status = asked.answer.status;
	type = headers_get(&asked.answer.fields, FIELD_CONTENT_TYPE);
	if (status >= 400) {
		ck_assert_msg(slice_equal(type, SLICE("application/problem+json")), "%s", words);
		ck_assert_int_eq(json_integer_value(json_object_get(asked.json, "status")), status);
	}
	ask_done(&asked);
	return status;
}
