/* key_rule.c - a key rule: made of the configuration, and applied to a request. */
#include "policy/key_rule.h"

#include "key_inside.h"
#include "key_text.h"

#include "http/json_canonical.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/digest.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>

#define LAYOUT     "key rule 1" /* what is made under one version isn't found under another */
#define GROUP_SIZE (KEY_DIGEST_TEXT + 3)

/* ---- what the configuration says ---- */

static bool says_something(const struct config_key *c)
{
	return c->sort || c->fold_names || c->drop.count > 0 || c->credentials.count > 0 ||
	       c->defaults.count > 0 || c->sets.count > 0 || c->pass.count > 0 ||
	       c->accept.count > 0;
}

static struct key_name *name_of(struct key_rule *rule, const char *text)
{
	struct slice name = key_text_encode(slice_of(text), rule->config->fold_names, &rule->arena);

	for (size_t i = 0; i < rule->count; i++) {
		if (slice_equal(rule->names[i].name, name))
			return &rule->names[i];
	}
	rule->names[rule->count] = (struct key_name){ .name = name };
	return &rule->names[rule->count++];
}

static void say(struct key_rule *rule, const struct text_list *names, unsigned what)
{
	for (size_t i = 0; i < names->count; i++)
		name_of(rule, names->items[i])->says |= what;
}

static int compare_names(const void *a, const void *b)
{
	return key_text_compare(
		((const struct key_name *)a)->name, ((const struct key_name *)b)->name);
}

static void read_names(struct key_rule *rule)
{
	const struct config_key *c = rule->config;
	size_t most = c->drop.count + c->credentials.count + c->defaults.count + c->sets.count +
		      c->pass.count + 1;

	rule->names = arena_alloc(&rule->arena, most * sizeof(*rule->names));
	say(rule, &c->drop, KEY_SAYS_DROP);
	say(rule, &c->credentials, KEY_SAYS_CREDENTIAL);
	say(rule, &c->sets, KEY_SAYS_SET);
	say(rule, &c->pass, KEY_SAYS_PASS);
	for (size_t i = 0; i < c->defaults.count; i++) {
		struct key_name *name = name_of(rule, c->defaults.names[i]);

		name->says |= KEY_SAYS_DEFAULT;
		name->value = key_text_encode(slice_of(c->defaults.values[i]), false, &rule->arena);
	}
	if (c->accept.count > 0 && c->format != NULL && c->format[0] != '\0')
		name_of(rule, c->format)->says |= KEY_SAYS_FORMAT;
	qsort(rule->names, rule->count, sizeof(*rule->names), compare_names);
}

static void digest_number(struct digest *digest, uint64_t number)
{
	char bytes[sizeof(number)];

	for (size_t i = sizeof(bytes); i > 0; i--, number >>= 8)
		bytes[i - 1] = (char)(number & 0xff);
	digest_update(digest, (struct slice){ bytes, sizeof(bytes) });
}

static void digest_text(struct digest *digest, struct slice text)
{
	digest_number(digest, text.size);
	digest_update(digest, text);
}

/* Of all that a canonical form depends on; the order in which names are listed is none of that. */
static void name_itself(struct key_rule *rule)
{
	static const char digits[] = "0123456789abcdef";
	const struct config_key *c = rule->config;
	SCOPED(digest) digest = digest_begin();
	unsigned char whole[DIGEST_SIZE];

	digest_text(digest, SLICE(LAYOUT));
	digest_text(digest, c->sort ? SLICE("sort") : SLICE(""));
	digest_text(digest, c->fold_names ? SLICE("fold") : SLICE(""));
	for (size_t i = 0; i < rule->count; i++) {
		digest_text(digest, rule->names[i].name);
		digest_number(digest, rule->names[i].says);
		digest_text(digest, rule->names[i].value);
	}
	for (size_t i = 0; i < c->accept.count; i++)
		digest_text(digest, slice_of(c->accept.items[i]));
	digest_end(digest, whole);
	for (size_t i = 0; i < KEY_DIGEST_TEXT / 2; i++) {
		rule->digest[2 * i] = digits[whole[i] / 16];
		rule->digest[2 * i + 1] = digits[whole[i] % 16];
	}
}

struct key_rule *key_rule_new(const struct config_key *config)
{
	struct key_rule *rule;

	if (!says_something(config))
		return NULL;
	rule = xalloc(sizeof(*rule));
	arena_init(&rule->arena);
	rule->config = config;
	read_names(rule);
	name_itself(rule);
	return rule;
}

void key_rule_free(struct key_rule *rule)
{
	if (rule == NULL)
		return;
	arena_done(&rule->arena);
	free(rule);
}

const struct key_name *key_rule_name(const struct key_rule *rule, struct slice name)
{
	for (size_t i = 0; i < rule->count; i++) {
		if (slice_equal(rule->names[i].name, name))
			return &rule->names[i];
	}
	return NULL;
}

bool key_rule_is_credential(const struct key_rule *rule, struct slice name)
{
	for (size_t i = 0; i < rule->count; i++) {
		if (rule->names[i].says & KEY_SAYS_CREDENTIAL &&
			slice_equal_nocase(rule->names[i].name, name))
			return true;
	}
	return false;
}

bool key_rule_status_is_personal(int status)
{
	return config_status_is_personal(status) || status == 429;
}

bool key_rule_status_is_of_request(int status)
{
	static const int list[] = { 400, 402, 405, 406, 413, 414, 415, 417, 422, 431, 501 };

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (list[i] == status)
			return true;
	}
	return false;
}

bool key_rule_has_classes(const struct key_rule *rule)
{
	return rule->config->accept.count > 0;
}

/* ---- a request ---- */

enum body_kind { BODY_NONE = '-', BODY_FORM = 'f', BODY_JSON = 'j', BODY_RAW = 'r' };

/* By the one Content-Type that a request may have; what is compressed is not looked into. */
static enum body_kind kind_of(const struct key_request *request)
{
	struct slice type = headers_get(request->headers, FIELD_CONTENT_TYPE);
	struct slice media = slice_trim(slice_cut(&type, ';'));

	if (headers_has(request->headers, FIELD_CONTENT_ENCODING))
		return BODY_RAW;
	if (slice_equal_nocase(media, SLICE("application/x-www-form-urlencoded")))
		return BODY_FORM;
	if (slice_equal_nocase(media, SLICE("application/json")) ||
		(media.size > 5 &&
			slice_equal_nocase(slice_skip(media, media.size - 5), SLICE("+json"))))
		return BODY_JSON;
	return BODY_RAW;
}

/* What a request's query and form say, beside what they come to. */
struct told {
	bool has_format;
	bool passes;
	uint64_t credentials, dropped;
};

static bool read_parameters(const struct key_rule *rule, struct slice text, struct arena *arena,
	struct key_parameters *ret)
{
	key_parameters_read(rule, text, arena, ret);
	/* as it came, it would stand in the key with them */
	ret->passes |= !ret->is_read && ret->credentials != 0;
	return ret->is_read;
}

static void add_told(struct told *told, const struct key_parameters *p)
{
	told->passes |= p->passes;
	if (p->credentials != 0)
		told->credentials = told->credentials * 31 + p->credentials;
	if (p->dropped != 0)
		told->dropped = told->dropped * 31 + p->dropped;
}

static char read_target(const struct key_rule *rule, const struct key_request *request,
	struct arena *arena, struct told *told, struct key_reading *ret)
{
	struct slice query = request->target, path = slice_cut(&query, '?');
	struct key_parameters p;
	char *text;
	bool read = read_parameters(rule, query, arena, &p);

	add_told(told, &p);
	told->has_format = read && p.has_format;
	if (!read || request->suspended)
		return request->suspended ? 's' : 'r';
	text = arena_alloc(arena, path.size + 1 + p.text.size);
	memcpy(text, path.data, path.size);
	ret->target = (struct slice){ text, path.size };
	if (p.text.size > 0) {
		text[path.size] = '?';
		memcpy(text + path.size + 1, p.text.data, p.text.size);
		ret->target.size += 1 + p.text.size;
	}
	return 'c';
}

/* A form says what the format is, whatever the query says. */
static char read_form(const struct key_rule *rule, const struct key_request *request,
	struct arena *arena, struct told *told, struct key_reading *ret)
{
	struct key_parameters p;
	bool read = read_parameters(rule, request->body, arena, &p);

	add_told(told, &p);
	told->has_format = read && p.has_format;
	if (!read || request->suspended)
		return BODY_RAW;
	ret->body = p.text;
	return BODY_FORM;
}

static char read_body(const struct key_rule *rule, const struct key_request *request,
	struct arena *arena, struct told *told, struct key_reading *ret)
{
	enum body_kind kind = request->has_body ? kind_of(request) : BODY_NONE;

	if (kind == BODY_FORM)
		return read_form(rule, request, arena, told, ret);
	if (kind == BODY_JSON &&
		(request->suspended || json_canonical(request->body, arena, &ret->body) != RC_OK))
		return BODY_RAW;
	return (char)kind;
}

/* A credential may come as a field, too. */
static void read_fields(
	const struct key_rule *rule, const struct headers *fields, struct told *told)
{
	const struct text_list *names = &rule->config->credentials;

	for (size_t i = 0; i < names->count; i++) {
		const struct field *field;
		uint32_t from = 0;

		while ((field = headers_next_named(fields, slice_of(names->items[i]), &from)) !=
			NULL)
			told->credentials = hash_bytes(field->value.data, field->value.size,
						    told->credentials) |
					    1;
	}
}

static struct slice classes_of(const struct key_rule *rule, const struct key_request *request,
	const struct told *told, struct arena *arena)
{
	if (request->headers == NULL || !key_rule_has_classes(rule))
		return SLICE("");
	if (request->suspended)
		return key_accept_exact(request->headers, arena);
	return told->has_format ? SLICE("") : key_accept_classes(rule, request->headers, arena);
}

static struct slice mark_of(const struct key_rule *rule, const char kinds[static 2],
	struct slice classes, struct arena *arena)
{
	char *mark = arena_alloc(arena, GROUP_SIZE + 1 + classes.size), *to = mark;

	to = mempcpy(to, rule->digest, KEY_DIGEST_TEXT);
	*to++ = ' ';
	to = mempcpy(to, kinds, 2);
	if (classes.size > 0) {
		*to++ = ' ';
		to = mempcpy(to, classes.data, classes.size);
	}
	return (struct slice){ mark, (size_t)(to - mark) };
}

void key_rule_read(const struct key_rule *rule, const struct key_request *request,
	struct arena *arena, struct key_reading *ret)
{
	struct told told = { 0 };
	char kinds[2];

	*ret = (struct key_reading){ .target = request->target, .body = request->body };
	kinds[0] = read_target(rule, request, arena, &told, ret);
	kinds[1] = read_body(rule, request, arena, &told, ret);
	if (request->headers != NULL)
		read_fields(rule, request->headers, &told);
	ret->mark = mark_of(rule, kinds, classes_of(rule, request, &told, arena), arena);
	ret->credentials = told.credentials;
	ret->dropped = told.dropped;
	/* without the rule they would be part of the key */
	ret->passes = told.passes || (request->suspended && told.credentials != 0);
}

struct slice key_rule_group(struct slice mark)
{
	return (struct slice){ mark.data, mark.size < GROUP_SIZE ? mark.size : GROUP_SIZE };
}
