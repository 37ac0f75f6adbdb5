/* config_fixture.h - a configuration from text, and its dump as text: for tests of src/config. */
#pragma once

#include "config/config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* A good one: without faults. config_free() it. */
static inline struct config *parsed(const char *text)
{
	struct config *config = NULL;
	struct config_faults faults;
	enum rc rc = config_parse("x", text, strlen(text), &config, &faults);

	ck_assert_msg(rc == RC_OK, "%s\n%s", faults.count > 0 ? faults.items[0] : "", text);
	config_faults_done(&faults);
	return config;
}

/* free() it. */
static inline char *dumped(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	config_dump(config, to);
	fclose(to);
	return text;
}
