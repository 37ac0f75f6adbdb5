/* key_rules.h - key rules as a test writes them: one of everything, and short ones; and requests read under
 * them. */
#pragma once

#include "policy/key_rule.h"

#define LIST(...)                                                                \
	{                                                                        \
		(char **)(const char *[]){ __VA_ARGS__ },                        \
			sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *) \
	}

/* As a search service needs it. */
static const struct config_key search_rule = {
	.sort = true,
	.fold_names = true,
	.drop = LIST("utm_source", "_"),
	.credentials = LIST("email", "api_key"),
	.defaults = { (char **)(const char *[]){ "resultType", "pageSize", "cursorMark", "sort" },
		(char **)(const char *[]){ "lite", "25", "*", "" }, 4 },
	.sets = LIST("articleIds"),
	.pass = LIST("callback"),
	.accept = LIST("xml", "json", "dc"),
	.format = (char *)"format",
};

static const struct config_key sorted_rule = { .sort = true };
static const struct config_key exact_names_rule = {
	.credentials = LIST("api_key"), .drop = LIST("tool", "a b"), .pass = LIST("callback")
};

static struct arena arena;
static struct headers fields;

static inline void set_up(void)
{
	arena_init(&arena);
	headers_init(&fields, &arena);
}

static inline void tear_down(void)
{
	arena_done(&arena);
}

/* The rule's bytes are the arena's, so that a row that fails leaks nothing. */
static inline struct key_reading read_with(
	const struct config_key *config, const struct key_request *request)
{
	struct key_rule *rule = key_rule_new(config);
	struct key_reading reading;

	key_rule_read(rule, request, &arena, &reading);
	reading.target = arena_copy(&arena, reading.target);
	key_rule_free(rule);
	return reading;
}

static inline struct key_reading read_target(const struct config_key *config, const char *target)
{
	return read_with(
		config, &(struct key_request){ .target = slice_of(target), .headers = &fields });
}
