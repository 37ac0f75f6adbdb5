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
	FORM_NUMBER,    /* int64_t */
	FORM_FLAG,      /* bool */
	FORM_WORD,      /* int: index into the row's words */
	FORM_TEXT,      /* char *, owned */
	FORM_RATE,      /* struct config_rate */
	FORM_RANGE,     /* struct duration_range */
	FORM_TEXTS,     /* struct text_list, owned */
	FORM_ORIGINS,   /* struct config_origins, owned */
	FORM_TEXT_MAP,  /* struct text_map, owned */
	FORM_DURATIONS, /* struct durations, owned */
	FORM_STATUSES,  /* struct status_ranges, owned */
	FORM_NONE,      /* a collection: it isn't kept as a setting */
};

/* To whom a value may be shown: in faults, which go to the log, to answers and to the audit log, and to who may see the
 * configuration. */
enum secrecy {
	SECRECY_NONE,
	SECRECY_ADDRESS, /* with '@' it may hold a password: not in faults */
	SECRECY_DIGEST, /* what is none may be the secret itself, put there by mistake: not in faults */
	SECRECY_WHOLE, /* never */
};

struct kind_facts {
	const char *name;     /* in the documents */
	const char *expected; /* in faults */
	enum form form;
	/* Of a number or flag; else of the row's limits, which are counts where it is NULL. */
	enum rc (*read)(struct slice s, int64_t *ret);
	const char *(*write)(int64_t value, char text[]); /* FORM_NUMBER, FORM_FLAG */
	/* Of a text, each of a list, each name of a map of texts; NULL: any will do. */
	const char *(*check)(const char *text);
	enum secrecy secrecy;
};

const struct kind_facts *kind_facts(enum kind kind);
