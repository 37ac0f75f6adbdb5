/* domains.c - the words of every label.
 *
 * Fixed ones are tables. Names of routes, upstreams and tenants are copied, and more may come while metrics are in use. One
 * that nobody holds any more stays, with what was counted for it, until there is no other room for a new name. Then
 * that takes its place, and what was counted goes to a place without a name, so that sums stay.
 */
#include "registry.h"

#include "util/alloc.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WORD(id, word) word,

static const char *const none_words[] = { "" };
static const char *const version_words[] = { LARDER_VERSION };

/* In the order of `enum method` (http/method.h), a layer above this one. */
static const char *const method_words[] = { "GET", "HEAD", "QUERY", "OPTIONS", "TRACE", "POST",
	"PUT", "PATCH", "DELETE", "CONNECT", "OTHER" };

/* In the order of `enum skip` (policy/storable.h), a layer above this one. */
static const char *const skip_words[] = { "none", "method", "status", "request-no-store",
	"no-store", "private", "authorization", "set-cookie", "vary-any", "no-freshness", "partial",
	"too-large", "incomplete", "purged", "keeps-stale", "bypass", "guard-rejected",
	"guard-pass" };

/* In the order of `enum guard_rule` and `enum guard_verdict` (policy/guard.h). */
static const char *const rule_words[] = { "none", "content-type", "min-length", "max-length",
	"well-formed", "json-require", "json-forbid", "xml-root", "xml-forbid" };
static const char *const verdict_words[] = { "undecided", "good", "reject", "negative", "pass" };

/* clang-format off */
#define CODE_TABLE(X)                                                                              \
	X(200) X(201) X(202) X(203) X(204) X(206) X(207)                                           \
	X(300) X(301) X(302) X(303) X(304) X(307) X(308)                                           \
	X(400) X(401) X(403) X(404) X(405) X(406) X(408) X(409) X(410) X(411) X(412) X(413) X(414) \
	X(415) X(416) X(417) X(421) X(422) X(425) X(426) X(428) X(429) X(431) X(451) X(499)        \
	X(500) X(501) X(502) X(503) X(504) X(505) X(508)
/* clang-format on */

enum {
#define X(code) CODE_##code,
	CODE_TABLE(X)
#undef X
		CODE_OTHER
};

static const char *const code_words[] = {
#define X(code) #code,
	CODE_TABLE(X)
#undef X
		"other"
};

static const char *const result_words[] = {
#define X(id, word) word,
	CACHE_RESULT_TABLE(X)
#undef X
};

static const char *const tier_words[] = { LABEL_TIER_TABLE(WORD) };
static const char *const lookup_words[] = { LABEL_LOOKUP_TABLE(WORD) };
static const char *const key_check_words[] = { LABEL_KEY_CHECK_TABLE(WORD) };
static const char *const reject_words[] = { LABEL_REJECT_TABLE(WORD) };
static const char *const reload_words[] = { LABEL_RELOAD_TABLE(WORD) };
static const char *const connection_words[] = { LABEL_CONNECTION_TABLE(WORD) };
static const char *const revalidation_words[] = { LABEL_REVALIDATION_TABLE(WORD) };
static const char *const stale_words[] = { LABEL_STALE_TABLE(WORD) };
static const char *const flight_words[] = { LABEL_FLIGHT_TABLE(WORD) };
static const char *const upstream_error_words[] = { LABEL_UPSTREAM_ERROR_TABLE(WORD) };
static const char *const retry_words[] = { LABEL_RETRY_TABLE(WORD) };
static const char *const class_words[] = { LABEL_CLASS_TABLE(WORD) };
static const char *const paced_words[] = { LABEL_PACED_TABLE(WORD) };
static const char *const breaker_words[] = { LABEL_BREAKER_TABLE(WORD) };
static const char *const purpose_words[] = { LABEL_PURPOSE_TABLE(WORD) };
static const char *const tier_op_words[] = { LABEL_TIER_OP_TABLE(WORD) };
static const char *const disk_op_words[] = { LABEL_DISK_OP_TABLE(WORD) };
static const char *const scope_words[] = { LABEL_SCOPE_TABLE(WORD) };
static const char *const mode_words[] = { LABEL_MODE_TABLE(WORD) };
static const char *const source_words[] = { LABEL_SOURCE_TABLE(WORD) };
static const char *const evict_words[] = { LABEL_EVICT_TABLE(WORD) };

struct domain_row {
	const char *label;
	const char *about;
	const char *const *words;
	size_t size;
};

static const struct domain_row rows[DOMAIN_COUNT] = {
#define X(id, name, text, list)                              \
	[DOMAIN_##id] = { .label = name,                     \
		.about = text,                               \
		.words = list,                               \
		.size = _Generic((list), void * : 0, default \
				 : sizeof(list) / sizeof(char *)) },
	DOMAIN_TABLE(X)
#undef X
};

#define SPARE 128 /* names that may come after the start, of each kind */

struct holding {
	unsigned holders;
	uint64_t left; /* at which of all leavings the last holder did; 0: there was none */
};

static struct names {
	char **items;
	struct holding *holdings; /* of the items */
	uint64_t leavings;
	atomic_size_t size;
	size_t room; /* the last place never has a name */
} named[METRICS_KINDS];

static pthread_mutex_t naming = PTHREAD_MUTEX_INITIALIZER;  /* of names, outside of: */
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER; /* what is read isn't moved */

void domains_hold(void)
{
	pthread_mutex_lock(&reading);
}

void domains_release(void)
{
	pthread_mutex_unlock(&reading);
}

static void add_name(struct names *names, const char *name)
{
	size_t size = atomic_load_explicit(&names->size, memory_order_relaxed);

	names->items[size] = xcopy(name, strlen(name));
	atomic_store_explicit(&names->size, size + 1, memory_order_release);
}

static void copy_names(struct names *names, struct metrics_names from)
{
	names->room = from.count + 1 + SPARE + 1;
	names->items = xalloc(names->room * sizeof(char *));
	names->holdings = xalloc(names->room * sizeof(*names->holdings));
	add_name(names, "-");
	for (size_t i = 0; i < from.count; i++)
		add_name(names, from.items[i]);
}

void domains_init(const struct metrics_names from[static METRICS_KINDS])
{
	for (size_t i = 0; i < METRICS_KINDS; i++) {
		/* struct labels has 16 bits, of which LABEL_ANY is the last. */
		assert(from[i].count < LABEL_ANY - 2 - SPARE);
		copy_names(&named[i], from[i]);
	}
}

void domains_done(void)
{
	for (size_t i = 0; i < METRICS_KINDS; i++) {
		for (size_t k = 0; k < named[i].size; k++)
			free(named[i].items[k]);
		free(named[i].items);
		free(named[i].holdings);
		named[i].items = NULL;
		named[i].holdings = NULL;
		named[i].size = named[i].room = 0;
	}
}

/* Whose last holder left first; LABEL_NO_NAME: all are held. */
static size_t find_left(const struct names *names)
{
	size_t found = LABEL_NO_NAME;

	for (size_t i = 1; i < names->size; i++) {
		const struct holding *h = &names->holdings[i];

		if (h->holders == 0 &&
			(found == LABEL_NO_NAME || h->left < names->holdings[found].left))
			found = i;
	}
	return found;
}

static size_t take_place(enum metrics_kind kind, const char *name)
{
	struct names *names = &named[kind];
	size_t place = names->size;

	if (place + 1 < names->room) {
		add_name(names, name);
		return place;
	}
	place = find_left(names);
	if (place == LABEL_NO_NAME)
		return place;
	domains_hold();
	metric_move(kind, place, names->room - 1);
	free(names->items[place]);
	names->items[place] = xcopy(name, strlen(name));
	domains_release();
	return place;
}

uint16_t metrics_label(enum metrics_kind kind, const char *name)
{
	struct names *names = &named[kind];
	size_t i = 1;

	pthread_mutex_lock(&naming);
	while (i < names->size && strcmp(names->items[i], name) != 0)
		i++;
	if (i == names->size)
		i = take_place(kind, name);
	if (i != LABEL_NO_NAME)
		names->holdings[i].holders++;
	pthread_mutex_unlock(&naming);
	return (uint16_t)i;
}

void metrics_label_leave(enum metrics_kind kind, uint16_t label)
{
	struct names *names = &named[kind];

	pthread_mutex_lock(&naming);
	if (names->items != NULL && label != LABEL_NO_NAME && --names->holdings[label].holders == 0)
		names->holdings[label].left = ++names->leavings;
	pthread_mutex_unlock(&naming);
}

const char *domain_label(enum domain domain)
{
	return rows[domain].label;
}

const char *domain_about(enum domain domain)
{
	return rows[domain].about;
}

bool domain_is_dynamic(enum domain domain)
{
	return rows[domain].words == NULL;
}

static const struct names *names_of(enum domain domain)
{
	if (domain == DOMAIN_TENANT)
		return &named[METRICS_TENANTS];
	return &named[domain == DOMAIN_ROUTE ? METRICS_ROUTES : METRICS_UPSTREAMS];
}

bool domain_is_of(enum domain domain, enum metrics_kind kind)
{
	return domain_is_dynamic(domain) && names_of(domain) == &named[kind];
}

size_t domain_size(enum domain domain)
{
	return domain_is_dynamic(domain)
		       ? atomic_load_explicit(&names_of(domain)->size, memory_order_acquire)
		       : rows[domain].size;
}

size_t domain_room(enum domain domain)
{
	return domain_is_dynamic(domain) ? names_of(domain)->room : rows[domain].size;
}

const char *domain_word(enum domain domain, size_t index)
{
	assert(index < domain_size(domain));
	return domain_is_dynamic(domain) ? names_of(domain)->items[index]
					 : rows[domain].words[index];
}

const char *cache_result_text(enum cache_result result)
{
	return result < CACHE_RESULT_COUNT ? result_words[result] : "";
}

uint16_t metrics_code(int status)
{
	/* One more than the index, so that 0 says "not in the table". */
	static const uint8_t index_of[600] = {
#define X(code) [code] = CODE_##code + 1,
		CODE_TABLE(X)
#undef X
	};

	if (status < 0 || status >= 600 || index_of[status] == 0)
		return CODE_OTHER;
	return (uint16_t)(index_of[status] - 1);
}

uint16_t metrics_upstream_error(enum rc rc)
{
	static const uint8_t index_of[] = {
		[RC_DNS] = LABEL_UPSTREAM_ERROR_DNS + 1,
		[RC_CONNECT] = LABEL_UPSTREAM_ERROR_CONNECT + 1,
		[RC_TLS] = LABEL_UPSTREAM_ERROR_TLS + 1,
		[RC_CONNECT_TIMEOUT] = LABEL_UPSTREAM_ERROR_CONNECT_TIMEOUT + 1,
		[RC_FIRST_BYTE_TIMEOUT] = LABEL_UPSTREAM_ERROR_FIRST_BYTE_TIMEOUT + 1,
		[RC_IDLE_TIMEOUT] = LABEL_UPSTREAM_ERROR_IDLE_TIMEOUT + 1,
		[RC_TOTAL_TIMEOUT] = LABEL_UPSTREAM_ERROR_TOTAL_TIMEOUT + 1,
		[RC_TRUNCATED] = LABEL_UPSTREAM_ERROR_TRUNCATED + 1,
		[RC_PROTOCOL] = LABEL_UPSTREAM_ERROR_PROTOCOL + 1,
		[RC_TOO_LARGE] = LABEL_UPSTREAM_ERROR_TOO_LARGE + 1,
		[RC_CANCELLED] = LABEL_UPSTREAM_ERROR_CANCELLED + 1,
		[RC_REJECTED] = LABEL_UPSTREAM_ERROR_REJECTED + 1,
		[RC_PACED] = LABEL_UPSTREAM_ERROR_PACED + 1,
		[RC_BREAKER] = LABEL_UPSTREAM_ERROR_BREAKER + 1,
		[RC_OFFLINE] = LABEL_UPSTREAM_ERROR_OFFLINE + 1,
		[RC_STOPPED] = LABEL_UPSTREAM_ERROR_STOPPED + 1,
	};

	if ((size_t)rc >= sizeof(index_of) || index_of[rc] == 0)
		return LABEL_UPSTREAM_ERROR_OTHER;
	return (uint16_t)(index_of[rc] - 1);
}
