/* config/kinds.h - the kinds of settings: how each is read, checked, kept and written.
 *
 * A kind is one row of a table; config/setting.h goes by it. Pure.
 */
#pragma once

#include "schema.h"
#include "util/slice.h"

#include <stdint.h>

/* How a setting is kept. */
enum form {
	FORM_NUMBER, /* int64_t */
	FORM_FLAG,   /* bool */
	FORM_WORD,   /* int: index into the row's words */
	FORM_TEXT,   /* char *, owned */
	FORM_TEXTS,  /* struct text_list, owned */
};

struct kind_facts {
	const char *name;     /* in the documents */
	const char *expected; /* in faults */
	enum form form;
	enum rc (*read)(struct slice s, int64_t *ret); /* FORM_NUMBER, FORM_FLAG */
	const char *(*write)(int64_t value, char text[]);
	const char *(*check)(const char *text); /* FORM_TEXT, each of FORM_TEXTS; or NULL */
};

const struct kind_facts *kind_facts(enum kind kind);
