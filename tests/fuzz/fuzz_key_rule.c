/* fuzz_key_rule.c - "<rule>accept\ntarget\ntarget\nform": the form that requests are compared in.
 *
 * It is a target again, stable and of bounded length. Two targets share it only if a slower and plainer reading
 * finds the same values for each name that matters.
 */
#include "policy/key_rule.h"

#include "http/uri.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena;

#define TAKE(list, ...)                                             \
	do {                                                        \
		static const char *const names[] = { __VA_ARGS__ }; \
		(list)->items = (char **)(uintptr_t)names;          \
		(list)->count = sizeof(names) / sizeof(names[0]);   \
	} while (false)

/* Each bit takes something into the rule. */
static struct config_key rule_of(unsigned bits)
{
	static const char *const names[] = { "p", "m" }, *const values[] = { "25", "*" };
	struct config_key config = { .sort = bits & 1, .fold_names = bits & 2 };

	if (bits & 4)
		TAKE(&config.drop, "u");
	if (bits & 8)
		TAKE(&config.credentials, "k", "key");
	if (bits & 16)
		TAKE(&config.sets, "s");
	if (bits & 32)
		TAKE(&config.pass, "c");
	if (bits & 64) {
		TAKE(&config.accept, "xml", "json");
		config.format = (char *)(uintptr_t) "f";
	}
	if (bits & 128)
		config.defaults = (struct text_map){ (char **)(uintptr_t)names,
			(char **)(uintptr_t)values, 2 };
	return config;
}

/* ---- the plain reading ---- */

static unsigned hex(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* s is part of a target that was taken: what follows '%' are hex digits. */
static struct slice decode(struct slice s, bool fold)
{
	char *text = arena_alloc(&arena, s.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < s.size; i++, size++) {
		text[size] = s.data[i] == '+' ? ' ' : s.data[i];
		if (s.data[i] == '%') {
			text[size] = (char)(hex(s.data[i + 1]) * 16 + hex(s.data[i + 2]));
			i += 2;
		}
		if (fold && text[size] >= 'A' && text[size] <= 'Z')
			text[size] |= 0x20;
	}
	return (struct slice){ text, size };
}

static bool lists(const struct text_list *list, struct slice name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (slice_equal(slice_of(list->items[i]), name))
			return true;
	}
	return false;
}

struct parameter {
	struct slice name, value; /* value.data NULL: there is no '=' */
};

struct reading {
	struct parameter items[KEY_RULE_PARAMETERS];
	size_t count;
};

static size_t count_of(const struct reading *r, struct slice name)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		count += slice_equal(r->items[i].name, name);
	return count;
}

/* Of several the one at place `at`, or of a single one its value or its default. */
static struct slice value_at(
	const struct config_key *config, const struct reading *r, struct slice name, size_t at)
{
	for (size_t i = 0; i < r->count; i++) {
		if (slice_equal(r->items[i].name, name) && at-- == 0)
			return r->items[i].value;
	}
	for (size_t i = 0; i < config->defaults.count; i++) {
		if (slice_equal(slice_of(config->defaults.names[i]), name))
			return slice_of(config->defaults.values[i]);
	}
	return (struct slice){ "absent", 0 };
}

static struct reading read_plainly(const struct config_key *config, struct slice query)
{
	struct reading r = { .count = 0 };

	while (query.data != NULL) {
		struct slice value = slice_cut(&query, '&'), name;

		if (value.size == 0)
			continue;
		name = decode(slice_cut(&value, '='), config->fold_names);
		if (lists(&config->drop, name) || lists(&config->credentials, name))
			continue;
		assert(r.count < KEY_RULE_PARAMETERS);
		if (value.data != NULL)
			value = decode(value, false);
		r.items[r.count++] = (struct parameter){ name, value };
	}
	return r;
}

static bool has_element(const struct reading *r, struct slice name, struct slice element)
{
	for (size_t i = 0; i < r->count; i++) {
		struct slice rest = r->items[i].value;

		while (slice_equal(r->items[i].name, name) && rest.data != NULL) {
			if (slice_equal(slice_cut(&rest, ','), element))
				return true;
		}
	}
	return false;
}

/* Whether b has all that a has. */
static void check_covers(
	const struct config_key *config, const struct reading *a, const struct reading *b)
{
	for (size_t i = 0; i < a->count; i++) {
		struct slice name = a->items[i].name, rest = a->items[i].value;
		size_t count = count_of(a, name);

		if (lists(&config->sets, name)) {
			while (rest.data != NULL)
				assert(has_element(b, name, slice_cut(&rest, ',')));
			continue;
		}
		assert(count == count_of(b, name) || (count == 1 && count_of(b, name) == 0));
		for (size_t k = 0; k < count; k++) {
			struct slice x = value_at(config, a, name, k),
				     y = value_at(config, b, name, k);

			assert(slice_equal(x, y) && (x.data == NULL) == (y.data == NULL));
		}
	}
}

/* ---- the rule ---- */

struct input {
	struct config_key config;
	struct key_rule *rule;
	struct headers fields;
};

static struct key_reading read_target(const struct input *in, struct slice target)
{
	struct key_reading r;

	key_rule_read(in->rule, &(struct key_request){ .target = target, .headers = &in->fields },
		&arena, &r);
	return r;
}

static char kind_of(const struct key_reading *r)
{
	return r->mark.data[key_rule_group(r->mark).size - 2];
}

static void check_one(const struct input *in, struct slice raw)
{
	struct key_reading once = read_target(in, raw), twice;
	struct slice spelling;
	struct key_secrets secrets;
	struct target target;

	assert(target_split(once.target, &target) == RC_OK);
	assert(once.target.size <= 3 * raw.size);
	twice = read_target(in, arena_copy(&arena, once.target));
	assert(slice_equal(once.target, twice.target));
	assert(kind_of(&once) == kind_of(&twice));
	assert(kind_of(&once) == 'r' || twice.credentials == 0 || in->fields.count > 1);
	if (kind_of(&once) == 'r')
		assert(slice_equal(once.target, raw) && (once.passes || once.credentials == 0));
	spelling = key_rule_spelling(in->rule, raw, &arena);
	secrets = key_rule_secrets(in->rule, raw, &arena);
	assert(secrets.count == 0 || key_secrets_stand_in(&secrets, raw));
	assert(key_rule_secrets(in->rule, spelling, &arena).count == 0);
	assert(spelling.size <= raw.size);
	if (kind_of(&once) == 'c' && !once.passes)
		assert(slice_equal(read_target(in, spelling).target, once.target));
}

static void check_pair(const struct input *in, struct slice left, struct slice right)
{
	struct key_reading a = read_target(in, left), b = read_target(in, right);
	struct reading plain_a, plain_b;

	if (!slice_equal(a.target, b.target) || kind_of(&a) != 'c' || kind_of(&b) != 'c')
		return;
	slice_cut(&left, '?');
	slice_cut(&right, '?');
	plain_a = read_plainly(&in->config, left);
	plain_b = read_plainly(&in->config, right);
	check_covers(&in->config, &plain_a, &plain_b);
	check_covers(&in->config, &plain_b, &plain_a);
}

static void check_form(struct input *in, struct slice form)
{
	struct key_reading once, twice;
	struct key_request request = { SLICE("/"), &in->fields, true, form, false };

	headers_add(&in->fields, SLICE("content-type"), SLICE("application/x-www-form-urlencoded"));
	key_rule_read(in->rule, &request, &arena, &once);
	assert(once.body.size <= 3 * form.size);
	request.body = once.body;
	key_rule_read(in->rule, &request, &arena, &twice);
	assert(slice_equal(once.body, twice.body));
}

static void check(struct input *in, struct slice rest)
{
	struct slice accept = slice_cut(&rest, '\n'), left = slice_cut(&rest, '\n'),
		     right = slice_cut(&rest, '\n');
	struct target target;

	headers_init(&in->fields, &arena);
	if (field_value_valid(accept))
		headers_add_copy(&in->fields, SLICE("accept"), accept);
	if (target_split(left, &target) == RC_OK && target_split(right, &target) == RC_OK) {
		check_one(in, left);
		check_pair(in, left, right);
	}
	check_form(in, rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .config = rule_of(size > 0 ? data[0] : 0) };

	in.rule = key_rule_new(&in.config);
	if (in.rule == NULL)
		return 0;
	arena_init(&arena);
	check(&in, (struct slice){ (const char *)data + 1, size - 1 });
	arena_done(&arena);
	key_rule_free(in.rule);
	return 0;
}
