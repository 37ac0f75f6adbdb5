/* config/config.h - the effective configuration: what the settings table filled in.
 *
 * Each member is one row of src/config/schema.c, whose presets are strings that go through the same
 * parser as the file. Immutable after config_load(); shared by all threads. Durations are
 * milliseconds, sizes bytes.
 */
#pragma once

#include "config/control.h"
#include "config/shapes.h"
#include "util/rc.h"
#include "util/slice.h"

#include <stdatomic.h>
#include <stdio.h>

struct config_server {
	struct text_list listen; /* "127.0.0.1:8080", "[::1]:8080", "unix:/run/larder.sock" */
	int64_t threads;         /* 0: auto, one a core */
	int64_t max_connections;
	int64_t max_connections_per_address; /* 0: no bound */
	struct text_list trusted_proxies;    /* addresses and CIDR blocks */
	struct {
		char *certificate; /* "" for both: no TLS */
		char *key;
		char *client_ca; /* whose certificates clients may bring; "": none is asked for */
	} tls;
	char *metrics; /* path, "" for off */
	char *health;
	char *why;                 /* path, "" for off */
	struct text_list why_from; /* addresses and CIDR blocks that may ask there */
	struct {
		int64_t header_bytes;
		int64_t fields;
		int64_t target_bytes;
		int64_t body_bytes;
	} limits;
	struct {
		int64_t header_ms; /* from a connection's begin, or a request's first byte, to the
				    * end of its header */
		int64_t idle_ms;   /* keep-alive without a request */
		int64_t drain_ms;  /* SIGTERM: what in-flight requests have */
	} timeouts;
	int64_t min_body_rate; /* bytes a second of a request's body; 0: no bound */
	struct {
		struct text_list
			from; /* addresses and CIDR blocks; none: PURGE is a method as others */
		char *token_sha256; /* hex */
	} purge;
};

enum config_eviction { CONFIG_S3FIFO, CONFIG_LRU, CONFIG_LFU, CONFIG_FIFO };
enum config_fsync { CONFIG_FSYNC_NEVER, CONFIG_FSYNC_NORMAL, CONFIG_FSYNC_ALWAYS };

struct config_cache {
	int64_t namespace_version;
	struct {
		int64_t size; /* 0: no memory tier */
		int eviction; /* enum config_eviction */
		int64_t max_object;
	} memory;
	struct {
		char *path; /* directory; "" for no disk tier */
		int64_t size;
		int64_t inline_limit; /* larger bodies are files */
		int64_t max_object;
		int64_t high_water; /* percent of size */
		int64_t low_water;
		int64_t free_floor; /* room on the device that is left to others */
		int64_t queue;      /* bytes of bodies that wait to be written */
		int fsync;          /* enum config_fsync */
	} disk;
	struct {
		int64_t threshold; /* smaller bodies are stored as they are */
		int64_t level;     /* 0: no compression */
	} compression;
	struct {
		int64_t flight_deadline_ms; /* older fetches are detached: the next starts afresh */
		int64_t hit_for_miss_ms;    /* how long a key is remembered as not shareable */
		int64_t window;             /* bytes that a private or slow reader may lag behind */
	} coalesce;
	struct {
		char *path;    /* directory; "" for the system's temporary one */
		int64_t limit; /* bytes of one spooled body */
	} spool;
	struct {
		int64_t percent;
		int64_t max_ms;
	} heuristic;
	struct durations classes; /* lifetimes of routes' classes, where the origin gives none */
	struct durations ttl_policies; /* the same of whole upstreams */
	int64_t jitter; /* percent by which lifetimes that larder gives may be shorter */
	struct status_ranges errors; /* lifetimes of errors, where the origin gives none */
	int64_t negative_share;      /* percent of the memory tier that errors may fill */
	bool etags;                  /* made where the origin sends no validator */
	int64_t grace_ms;            /* stale responses in the place of an origin that fails */
	int64_t key_body;            /* bytes of a request's body that may stand in a key */
	int64_t decode_limit;        /* bytes that one gzip body may be inflated to */
};

enum config_balance { CONFIG_ROUND_ROBIN, CONFIG_LEAST_OUTSTANDING };

struct config_upstream {
	char *name;     /* letters, digits, '.', '_', '-': fit for a label */
	uint16_t label; /* of metrics: metrics_label(), set by who starts */
	/* http(s)://host[:port][/path], nothing else; no '/' at its end. With several origins the first
	 * one's: it says what the others are called (Host goes by each one's own) */
	char *url;
	struct config_origins { /* `urls: [ { url: U, weight: N }, ... ]`; of a single url: that */
		struct config_origin {
			char *url;
			int64_t weight;
		} * items;
		size_t count; /* at least 1 */
	} origins;
	int balance;             /* enum config_balance */
	struct config_rate rate; /* of requests to all of its origins together */
	int64_t burst;           /* how many may go at once after a pause */
	int64_t concurrency;     /* requests under way at once; 0: no bound */
	bool learn_rate;         /* from 429, Retry-After and rate fields */
	struct text_list
		credentials; /* query parameters and fields whose values have rates of their
				       * own at the origin */
	struct {
		int64_t length;     /* requests that wait for their turn */
		int64_t timeout_ms; /* how long they do */
	} queue;
	struct {
		int64_t attempts; /* the first one included */
		int64_t budget;   /* percent of requests that may be tries again */
		int64_t backoff_ms;
		int64_t most_backoff_ms;
		int64_t per_try_ms; /* until the head is there; 0: the timeouts only */
	} retry;
	int64_t hedge_ms; /* a second request when the first has no head by then; 0: never */
	struct {
		int64_t error_rate; /* percent; 0: not by rate */
		int64_t window_ms;
		int64_t least;       /* requests in the window, before the rate counts */
		int64_t consecutive; /* 0: not by these */
		int64_t open_ms;
	} breaker;
	struct {
		char *path; /* "": none */
		int64_t interval_ms;
		int64_t timeout_ms;
		int64_t status;
		char *pointer; /* must be in the JSON body; "" : it isn't looked at */
	} check;
	struct {
		int64_t consecutive; /* failures of one origin; 0: never */
		int64_t for_ms;
	} eject;
	bool offline;     /* nothing is asked: the cache alone answers */
	char *ttl_policy; /* name of cache.ttl_policies, or "" */
	struct {
		int64_t connect_ms;
		int64_t first_byte_ms;
		int64_t idle_ms;
		int64_t total_ms;
	} timeouts;
	struct {
		bool verify;
		char *ca_file; /* "" for the system's */
	} tls;
	bool http2;
	bool forwarded; /* tell the origin the client's address in Forwarded */
	int64_t max_header_bytes;
	int line; /* where it stands in the file */
};

enum config_set_cookie { CONFIG_REFUSE, CONFIG_STRIP, CONFIG_KEEP };

enum config_on_fail { CONFIG_REJECT, CONFIG_NEGATIVE, CONFIG_PASS };

/* What makes two requests of a route the same. */
struct config_key {
	bool sort;             /* the order of parameters doesn't matter */
	bool fold_names;       /* nor the letter case of their names */
	struct text_list drop; /* parameters that change nothing */
	struct text_list
		credentials; /* parameters that say who asks: dropped, too, and kept out of logs */
	struct text_map defaults; /* parameter: the value that its absence means */
	struct text_list sets; /* parameters whose values, by commas or repeated, have no order */
	struct text_list pass; /* parameters with which a request passes uncached */
	struct text_list
		accept; /* classes of Accept that count where `format` is absent: xml, json ... */
	char *format;   /* the parameter that stands above Accept, or "" */
	int64_t verify; /* every n-th hit past the rule is fetched and compared; 0: none */
};

/* What a good body is. Conditions: "/pointer" (is there), "/pointer=VALUE" (is that JSON scalar, or []
 * or {}). */
struct config_guard {
	struct text_list content_type;
	struct {
		struct text_list require;
		struct text_list forbid;
	} json;
	struct {
		char *root;
		struct text_list forbid; /* names of elements */
	} xml;
	int64_t min_length;
	int64_t max_length; /* 0: no bound */
	bool well_formed;   /* to its end, as JSON or XML by its Content-Type */
	int on_fail;        /* enum config_on_fail: of all of the above */
	struct {
		struct text_list
			json; /* conditions, any of which says that it is an error to be kept shortly */
		struct text_list xml;
		struct duration_range ttl;
	} negative;
	struct {
		struct text_list
			json; /* conditions, any of which says: to the client, but not stored */
		struct text_list xml;
	} pass;
	bool hold;          /* the first client, too, waits for the verdict */
	char *watch;        /* pointer to a number, or "" */
	int64_t watch_drop; /* percent by which it may fall below the stored one before it alerts */
};

struct config_route {
	/* From '/', and no '/' at its end but in "/" itself. A segment `*` stands for any one. */
	char *path;
	uint16_t label; /* as an upstream's */
	size_t cut; /* resolved: bytes of path that are cut off a target; all of it up to the first
		     * `*`, and no '/' at their end */
	char *upstream;
	char *upstream_path; /* "" : nothing is put in the place of what is cut off; else from '/',
			      * and no '/' at its end */
	struct text_list forward;          /* request fields beside the allow-list */
	struct text_list forward_unkeyed;  /* the same, but they don't select a variant */
	int set_cookie;                    /* enum config_set_cookie */
	bool cache_post;                   /* POST is keyed by its body */
	char *class;                       /* name of cache.classes, or "" */
	struct duration_range ttl;         /* 0: none of its own */
	bool force;                        /* it and class stand above what the origin says */
	struct status_ranges errors;       /* above cache.errors; a range of 0: none kept */
	struct text_list vary;             /* the only fields of Vary that count; empty: all */
	int64_t grace_ms;                  /* -1: cache.grace */
	int64_t stale_while_revalidate_ms; /* where the origin says nothing; 0: none */
	struct {
		bool enabled;
		int64_t min_ms;
		int64_t max_ms;
	} adaptive;
	struct config_key key;
	struct config_guard guard;
	bool rewrite_body; /* addresses of the upstream in JSON and XML become the client's own base */
	char *public_url;     /* that base; "": by the request's Host */
	char *profile;        /* whose rules it had when they were laid beneath it, or "" */
	char *source_version; /* field that names the release of the data, or "" */
	/* Tags that its responses have beside those of the origin: patterns of http/tag_pattern.h. */
	struct text_list tags;      /* of the path: "article:{1}/{2}" */
	struct text_list tags_held; /* of what a JSON body holds, as a search does */
	struct {
		char *url; /* what is asked for it instead, or "" */
		char *pointer;
		int64_t interval_ms;
	} poll;
	size_t upstream_index; /* resolved */
	int line;
};

struct config_log {
	int level;               /* enum log_level of observe/log.h, which has the same order */
	char *access;            /* "off", "stdout", or a file */
	int64_t access_sample;   /* every n-th request */
	struct text_list redact; /* query parameters whose values are not logged */
};

struct config {
	struct config_server server;
	struct config_admin admin;
	struct config_tenancy tenancy;
	struct config_tenant *tenants;
	size_t tenant_count;
	struct config_source *sources;
	size_t source_count;
	struct config_health health;
	struct config_cache cache;
	struct config_upstream *upstreams;
	size_t upstream_count;
	struct config_route *routes; /* longest path first; in the order in which they are tried */
	size_t route_count;
	struct config_log log;
	atomic_uint references;
	/* Called by the last to let go of it, on his thread, before it is freed; NULL: nothing. */
	void (*let_go)(const struct config *config);
};

#define CONFIG_MOST_HEADER_BYTES \
	((int64_t)256 << 10) /* that an upstream's max_header_bytes may be */

/* What is wrong, one a line: "file:line:column: what was found; what was expected". In the order
 * of the file. */
struct config_faults {
	char **items;
	size_t count;
};

/* Reads a file ("-": standard input). All faults are found in one run. RC_OK: no faults.
 * RC_INVALID: faults->count > 0 and *ret is not set; so too when the file can't be read. *faults
 * needs no initial value. The caller owns both: config_free(), config_faults_done(). */
NODISCARD enum rc config_load(const char *path, struct config **ret, struct config_faults *faults);

/* The same from text; name stands for the file in faults. */
NODISCARD enum rc config_parse(const char *name, const char *text, size_t size, struct config **ret,
	struct config_faults *faults);

/* The same from a text that isn't the operator's: ${NAME} stands for itself, and nothing of the environment comes into
 * it. */
NODISCARD enum rc config_parse_foreign(
	const char *name, struct slice text, struct config **ret, struct config_faults *faults);

/* The options of `larder serve --upstream URL [--listen ADDR] [--admin ADDR] [--disk DIR]`; NULL: the
 * preset. admin: "off" for none. */
struct config_options {
	const char *upstream;
	const char *listen;
	const char *admin;
	const char *disk;
};

/* The configuration that these come to: the upstream "default", the route "/". Faults read
 * "--upstream: ..." and so on, "command line: ..." where no option alone is wrong. */
NODISCARD enum rc config_for_upstream(
	const struct config_options *options, struct config **ret, struct config_faults *faults);

/* A configuration is held by all that go by it; the last to let go of it frees it. NULL is none. */
struct config *config_ref(struct config *config);
void config_free(struct config *config);

/* Whether two upstreams are configured in the same way, names aside. */
bool config_same_upstream(const struct config_upstream *a, const struct config_upstream *b);

/* A number for the route's key rule: the same for the same rule, in any process that has the seed. */
uint64_t config_key_form(const struct config_route *route, uint64_t seed);

/* Adds what is different, one name each, as "cache.grace", "upstreams.x" or "routes./x"; what can't be changed at run
 * time to `kept`, and then `to` has the old value of it. Both are text_lists of the caller: config_texts_done(). */
void config_take_over(const struct config *from, struct config *to, struct text_list *changed,
	struct text_list *kept);
/* No upstream's max_header_bytes is above `most` any more; names of those that were are added to `kept`. */
void config_cap_headers(struct config *config, int64_t most, struct text_list *kept);
void config_texts_done(struct text_list *list);
void config_faults_done(struct config_faults *faults);

/* Whether something can be named so in a configuration: letters, digits, '.', '_' and '-', at most 64. */
bool config_name_valid(const char *text);

/* Effective configuration as YAML that config_load() reads back to the same. */
void config_dump(const struct config *config, FILE *to);

/* The same for who may look, with stars in the place of secrets. */
void config_dump_masked(const struct config *config, FILE *to);

/* Upstreams, by their addresses and offline, and routes: what a larder needs to answer as this one does from what is
 * stored, and to ask nobody. config_parse() reads it. routes: by index, which of them, with their upstreams; NULL: all;
 * where it is none, there is one that leads nowhere. */
void config_dump_for_replay(const struct config *config, const bool *routes, FILE *to);

/* What that wrote, or what pretends to be it: nothing else of the text counts than what it writes. listen: an address,
 * the only one. RC_INVALID; *faults as of config_load(). */
NODISCARD enum rc config_for_replay(
	struct slice text, const char *listen, struct config **ret, struct config_faults *faults);

/* config/reference.yaml and docs/config.md, from the table. */
void config_write_reference(FILE *to);
void config_write_markdown(FILE *to);

/* The text of a profile that comes with larder; false: there is none of that name. */
bool config_write_profile(const char *name, FILE *to);

/* The names of those, with commas between. */
void config_list_profiles(FILE *to);
