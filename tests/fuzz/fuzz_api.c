/* fuzz_api.c - any method, target, fields and body to the admin API: an answer in its form, and no fault.
 *
 * The input is a request's text as it would come: "METHOD TARGET", fields, an empty line, the body. One larder without a
 * disk answers all of them, as an admin, as somebody with a tenant's token or without any: what one input does, others find.
 */
#include "control/control.h"

#include "config/config.h"
#include "observe/log.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* "a" is the admin's token, "b" the tenant's. */
static const char text[] =
	"admin: { lockout: { failures: 0 }, body_bytes: 1MiB, tokens: [\n"
	" { name: a, role: admin, sha256: "
	"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb },\n"
	" { name: b, role: admin, tenant: t, sha256: "
	"3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d } ] }\n"
	"tenants: { t: {} }\n"
	"events: { s: { secret: a-secret-of-many-letters, scope: tag, pointer: /id } }\n"
	"upstreams: { o: { url: 'http://127.0.0.1:9', retry: { attempts: 1 } } }\n"
	"routes: [ { path: /a, upstream: o, tags: [ 'x:{1}' ] }, { path: /, upstream: o } ]\n";

static struct control *control;

static enum rc play_reload(void *arg, struct bytes *report)
{
	(void)arg;
	return bytes_append_slice(report, SLICE("{\"changed\":[],\"kept\":[]}"));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct control_options options = { .reload = play_reload };
	struct config_faults faults = { 0 };
	struct config *config = NULL;
	struct bytes fault;

	(void)argc;
	(void)argv;
	if (config_parse("fuzz", text, sizeof(text) - 1, &config, &faults) != RC_OK) {
		fprintf(stderr, "%s\n", faults.items[0]);
		abort();
	}
	bytes_init(&fault, 4096);
	if (proxy_start(&(struct proxy_options){ .config = config }, &options.proxy, &fault) !=
			RC_OK ||
		control_start(&options, &control, &fault) != RC_OK)
		abort();
	bytes_done(&fault);
	log_set_level(LOG_LEVEL_ERROR);
	return 0;
}

/* The fields up to an empty line; what no server would hand on is left out. */
static void add_fields(struct headers *h, struct slice *rest)
{
	while (rest->size > 0) {
		struct slice value = slice_cut(rest, '\n'), name = slice_cut(&value, ':');

		if (name.size == 0 && value.data == NULL)
			return;
		value = slice_trim(value);
		if (value.data != NULL && field_name_valid(name) && field_value_valid(value))
			headers_add_copy(h, name, value);
	}
}

static void parse(struct admin_request *request, struct slice rest)
{
	struct request *head = &request->head;
	struct slice line = slice_cut(&rest, '\n'), method = slice_cut(&line, ' ');

	head->method_text = arena_copy(request->arena, method);
	head->method = method_lookup(head->method_text);
	head->raw_target = arena_copy(request->arena, line);
	if (target_split(head->raw_target, &head->target) != RC_OK)
		head->target = (struct target){ .path = SLICE("") };
	headers_init(&head->headers, request->arena);
	add_fields(&head->headers, &rest);
	head->peer = head->client = SLICE("127.0.0.1");
	request->body = arena_copy(request->arena, rest);
	head->content_length = (int64_t)request->body.size;
	request->too_large = request->body.size > control_most_body(control, request);
}

/* The whole body, also of one that is streamed. */
static void gather(struct admin_answer *answer)
{
	char block[4096];
	ssize_t got;

	if (answer->stream.read == NULL)
		return;
	while ((got = answer->stream.read(answer->stream.arg, block, sizeof(block))) > 0)
		assert(bytes_append(&answer->body, block, (size_t)got) == RC_OK);
	answer->stream.free(answer->stream.arg);
}

static void check(const struct admin_answer *answer)
{
	struct slice type = headers_get(&answer->fields, FIELD_CONTENT_TYPE);
	json_t *json = json_loadb(answer->body.data, answer->body.size, 0, NULL);

	assert(answer->status >= 200 && answer->status < 600 && answer->status != 500);
	HEADERS_EACH(at, &answer->fields)
		assert(field_name_valid(at->name) && field_value_valid(at->value));
	if (answer->status >= 400) {
		assert(slice_equal(type, SLICE("application/problem+json")) ||
			slice_equal(type, SLICE("application/health+json")));
		assert(json_is_object(json));
	} else if (slice_equal(type, SLICE("application/json"))) {
		assert(json != NULL);
	}
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct admin_request request = { 0 };
	struct admin_answer answer = { .status = 0 };
	struct arena arena;

	arena_init(&arena);
	request.arena = &arena;
	parse(&request, (struct slice){ (const char *)data, size });
	headers_init(&answer.fields, &arena);
	bytes_init(&answer.body, (size_t)1 << 28);
	control_answer(control, &request, &answer);
	gather(&answer);
	check(&answer);
	bytes_done(&answer.body);
	arena_done(&arena);
	return 0;
}
