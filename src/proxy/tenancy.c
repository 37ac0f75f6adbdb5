/* proxy/tenancy.c - whose a request is: its credentials, looked up by their digest.
 *
 * Threads and ownership: proxy/tenancy.h.
 */
#include "proxy/tenancy.h"

#include "state.h"

#include "observe/domains.h"
#include "observe/metrics.h"
#include "store/partition.h"
#include "util/alloc.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_PLACES 16

/* Certificates are no secrets: one that is sent as a key is none. */
enum kind { KEY, CERTIFICATE };

struct credential {
	unsigned char digest[DIGEST_SIZE];
	enum kind kind;
	uint16_t tenant; /* TENANT_NOBODY: the place is free */
};

/* Open addressing; a digest is evenly spread as it is, so its first bytes are its place. */
struct tenancy {
	char *field; /* NULL: none */
	bool bearer;
	size_t mask;
	struct credential places[];
};

static size_t place_of(const struct tenancy *tenancy, const unsigned char digest[DIGEST_SIZE])
{
	size_t place;

	memcpy(&place, digest, sizeof(place));
	return place & tenancy->mask;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) - 'a' + 10; /* the configuration took nothing else */
}

static void enter(struct tenancy *tenancy, const char *hex, enum kind kind, uint16_t tenant)
{
	struct credential credential = { .kind = kind, .tenant = tenant };
	size_t at;

	for (size_t i = 0; i < DIGEST_SIZE; i++)
		credential.digest[i] =
			(unsigned char)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	at = place_of(tenancy, credential.digest);
	while (tenancy->places[at].tenant != TENANT_NOBODY)
		at = (at + 1) & tenancy->mask;
	tenancy->places[at] = credential;
}

static void enter_tenant(
	struct tenancy *tenancy, const struct config_tenant *config, uint16_t tenant)
{
	for (size_t i = 0; i < config->keys.count; i++)
		enter(tenancy, config->keys.items[i], KEY, tenant);
	for (size_t i = 0; i < config->certificates.count; i++)
		enter(tenancy, config->certificates.items[i], CERTIFICATE, tenant);
}

struct tenancy *tenancy_new(const struct config *config)
{
	size_t credentials = 0, places = LEAST_PLACES;
	struct tenancy *tenancy;

	if (config->tenant_count == 0)
		return NULL;
	for (size_t i = 0; i < config->tenant_count; i++)
		credentials +=
			config->tenants[i].keys.count + config->tenants[i].certificates.count;
	while (places < 2 * credentials)
		places *= 2;
	tenancy = xalloc(sizeof(*tenancy) + places * sizeof(tenancy->places[0]));
	tenancy->mask = places - 1;
	tenancy->bearer = config->tenancy.bearer;
	if (config->tenancy.field[0] != '\0')
		tenancy->field = xcopy(config->tenancy.field, strlen(config->tenancy.field));
	for (size_t i = 0; i < config->tenant_count; i++)
		enter_tenant(tenancy, &config->tenants[i], (uint16_t)(i + 1));
	return tenancy;
}

void tenancy_free(struct tenancy *tenancy)
{
	if (tenancy == NULL)
		return;
	free(tenancy->field);
	free(tenancy);
}

static uint16_t find_digest(
	const struct tenancy *tenancy, enum kind kind, const unsigned char digest[DIGEST_SIZE])
{
	size_t at = place_of(tenancy, digest);

	while (tenancy->places[at].tenant != TENANT_NOBODY) {
		const struct credential *c = &tenancy->places[at];

		if (c->kind == kind && memcmp(c->digest, digest, DIGEST_SIZE) == 0)
			return c->tenant;
		at = (at + 1) & tenancy->mask;
	}
	return TENANT_NOBODY;
}

static uint16_t find_key(const struct tenancy *tenancy, struct slice key)
{
	unsigned char digest[DIGEST_SIZE];

	if (key.size == 0)
		return TENANT_NOBODY;
	digest_sha256(key, digest);
	return find_digest(tenancy, KEY, digest);
}

static uint16_t find_bearer(const struct tenancy *tenancy, struct slice value)
{
	struct slice token = field_bearer(value);

	return token.data != NULL ? find_key(tenancy, token) : TENANT_NOBODY;
}

/* One credential more. Several are well if they are one tenant's. */
static void take(struct request *request, uint16_t tenant)
{
	if (tenant == TENANT_NOBODY)
		return;
	request->disputed |= request->tenant != TENANT_NOBODY && request->tenant != tenant;
	request->tenant = tenant;
}

/* Whether the field was for us; what it says is taken. */
static bool reads_field(
	const struct tenancy *tenancy, struct request *request, const struct field *field)
{
	uint16_t tenant;

	if (tenancy->field != NULL && slice_equal_nocase(field->name, slice_of(tenancy->field))) {
		take(request, find_key(tenancy, field->value));
		return true;
	}
	if (!tenancy->bearer || field->id != FIELD_AUTHORIZATION)
		return false;
	tenant = find_bearer(tenancy, field->value);
	take(request, tenant);
	return tenant != TENANT_NOBODY;
}

void tenancy_recognise(const struct proxy *proxy, struct request *request,
	const unsigned char certificate[DIGEST_SIZE])
{
	const struct tenancy *tenancy = proxy->tenancy;
	struct headers *h = &request->headers;
	uint32_t left = 0;

	if (tenancy == NULL)
		return;
	for (uint32_t i = 0; i < h->count; i++) {
		struct field field = h->fields[i];

		if (!reads_field(tenancy, request, &field))
			h->fields[left++] = field;
	}
	h->count = left;
	if (certificate != NULL)
		take(request, find_digest(tenancy, CERTIFICATE, certificate));
	if (request->disputed)
		request->tenant = TENANT_NOBODY;
}

uint16_t tenancy_find(const struct config *config, struct slice name)
{
	for (size_t i = 0; i < config->tenant_count; i++) {
		if (slice_equal(slice_of(config->tenants[i].name), name))
			return (uint16_t)(i + 1);
	}
	return TENANT_NOBODY;
}

struct slice tenancy_name(const struct config *config, uint16_t tenant)
{
	if (tenant == TENANT_NOBODY)
		return (struct slice){ 0 };
	return slice_of(config->tenants[tenant - 1].name);
}

unsigned tenancy_upstream_percent(const struct config *config, uint16_t tenant)
{
	int64_t percent = 100;

	if (tenant != TENANT_NOBODY)
		percent = config->tenants[tenant - 1].upstream;
	for (size_t i = 0; tenant == TENANT_NOBODY && i < config->tenant_count; i++)
		percent -= config->tenants[i].upstream;
	return percent > 0 ? (unsigned)percent : 1;
}

uint16_t tenancy_label(const struct config *config, uint16_t tenant)
{
	return tenant != TENANT_NOBODY ? config->tenants[tenant - 1].label : LABEL_NO_NAME;
}

void tenancy_usage(const struct proxy *proxy, uint16_t tenant, struct tenancy_usage *ret)
{
	const struct config *config = proxy->config;
	struct slice name = tenancy_name(config, tenant);

	*ret = (struct tenancy_usage){ 0 };
	if (proxy->memory != NULL && partition_is(proxy->memory))
		(void)partition_usage(proxy->memory, name, &ret->memory);
	if (proxy->disk == NULL || tenant == TENANT_NOBODY)
		return;
	(void)disk_tenant_usage(proxy->disk, name, &ret->disk);
	ret->disk.max_bytes = (uint64_t)config->cache.disk.size / 100 *
			      (uint64_t)config->tenants[tenant - 1].disk;
}

static void collect_tier(uint16_t label, enum label_tier tier, const struct tier_usage *usage)
{
	metrics_set(METRIC_TENANT_ENTRIES, LABELS(label, tier), (double)usage->entries);
	metrics_set(METRIC_TENANT_BYTES, LABELS(label, tier), (double)usage->bytes);
	metrics_set(METRIC_TENANT_MAX_BYTES, LABELS(label, tier), (double)usage->max_bytes);
}

void tenancy_collect(const struct proxy *proxy)
{
	struct tenancy_usage usage;

	for (size_t i = 0; i < proxy->config->tenant_count; i++) {
		uint16_t label = proxy->config->tenants[i].label;

		tenancy_usage(proxy, (uint16_t)(i + 1), &usage);
		if (proxy->memory != NULL)
			collect_tier(label, LABEL_TIER_MEMORY, &usage.memory);
		if (proxy->disk != NULL)
			collect_tier(label, LABEL_TIER_DISK, &usage.disk);
	}
}
