/* config/control.h - what the configuration says of those who operate larder, and of tenants.
 *
 * As all of it: see config/config.h.
 */
#pragma once

#include "config/shapes.h"

/* Weakest first: each may what those before it may. */
enum config_role { CONFIG_VIEWER, CONFIG_OPERATOR, CONFIG_ADMIN };

struct config_token {
	char *name;
	int role;           /* enum config_role */
	char *sha256;       /* hex */
	char *tenant;       /* whose it is: sees and changes nothing else; "": of all */
	int64_t expires_ms; /* wall; 0: never */
	struct config_rate rate;
	int line;
};

struct config_admin {
	struct text_list listen; /* none: there is no admin listener */
	struct {
		char *certificate;
		char *key;
	} tls;
	int64_t max_connections;
	int64_t body_bytes;   /* of a request */
	int64_t import_bytes; /* of an import's */
	char *audit;          /* file; "": none */
	struct {
		int64_t failures; /* of one address, within the window; 0: never */
		int64_t window_ms;
		int64_t for_ms;
	} lockout;
	struct config_token *tokens;
	size_t token_count;
};

/* Who has a cache of its own within the one. */
struct config_tenant {
	char *name;
	struct text_list keys;         /* SHA-256 in hex of its API keys and bearer tokens */
	struct text_list certificates; /* SHA-256 in hex of its clients' certificates (DER) */
	int64_t namespace_version;
	int64_t memory; /* percent of the tier, which are its own */
	int64_t disk;
	int64_t upstream; /* percent of each upstream's rate and turns, which it is sure of */
	uint16_t label;   /* as an upstream's (config.h) */
	int line;
};

struct config_tenancy {
	char *field;   /* of a request, with the API key; "": none */
	bool bearer;   /* Authorization: Bearer may be the key */
	bool required; /* 401 for who is nobody's; else they share what is left */
};

enum config_event_scope {
	CONFIG_EVENT_URL,
	CONFIG_EVENT_KEY,
	CONFIG_EVENT_PREFIX,
	CONFIG_EVENT_GLOB,
	CONFIG_EVENT_TAG,
	CONFIG_EVENT_ROUTE,
	CONFIG_EVENT_ALL
};

/* Where signed events come from, and what each of them purges. */
struct config_source {
	char *name;
	char *secret;      /* of HMAC-SHA-256 */
	int64_t window_ms; /* by which an event's time may differ from ours */
	int scope;         /* enum config_event_scope */
	char *pointer;     /* into its JSON body: a value, or a list of them; each `*` any member */
	char *value;       /* what is purged: {} is each of them */
	char *route;       /* below which values are, as a path; "" */
	bool soft;
	int line;
};

/* From when on /health warns or fails. 0: never */
struct config_health {
	int64_t window_ms;
	int64_t least;         /* requests within it, before shares and quantiles count */
	int64_t hit_rate;      /* percent, at least */
	int64_t errors;        /* percent of requests, at most: 5xx that larder or an origin made */
	int64_t memory_p99_ms; /* of answers from memory */
	int64_t disk_p99_ms;
	int64_t disk_used; /* percent of the bound */
};
