/* control/namespaces.c - how often each namespace was left behind: one JSON object, from name to version.
 *
 * Threads and ownership: namespaces.h.
 */
#include "namespaces.h"

#include "kept.h"

#include "util/alloc.h"

#include <pthread.h>
#include <stdlib.h>

#define NAME "namespaces"

struct namespaces {
	pthread_mutex_t lock;
	bool loaded;
	bool durable;
	json_t *versions;
};

struct namespaces *namespaces_new(void)
{
	struct namespaces *namespaces = xalloc(sizeof(*namespaces));

	pthread_mutex_init(&namespaces->lock, NULL);
	namespaces->versions = json_object();
	return namespaces;
}

void namespaces_free(struct namespaces *namespaces)
{
	json_decref(namespaces->versions);
	pthread_mutex_destroy(&namespaces->lock);
	free(namespaces);
}

/* Under the lock. */
static enum rc load(struct namespaces *namespaces, struct proxy *proxy)
{
	json_t *kept = NULL;
	enum rc rc;

	if (namespaces->loaded)
		return RC_OK;
	rc = kept_load(proxy, NAME, &kept);
	if (rc != RC_OK && rc != RC_UNSUPPORTED)
		return rc;
	if (json_is_object(kept))
		json_object_update(namespaces->versions, kept);
	json_decref(kept);
	namespaces->loaded = true;
	namespaces->durable = rc == RC_OK;
	return RC_OK;
}

static int64_t version_in(const json_t *versions, const char *name)
{
	int64_t version = json_integer_value(json_object_get(versions, name));

	return version > 0 ? version : 1;
}

enum rc namespaces_version(
	struct namespaces *namespaces, struct proxy *proxy, const char *name, int64_t *ret)
{
	enum rc rc;

	pthread_mutex_lock(&namespaces->lock);
	rc = load(namespaces, proxy);
	if (rc == RC_OK)
		*ret = version_in(namespaces->versions, name);
	pthread_mutex_unlock(&namespaces->lock);
	return rc;
}

static enum rc raise(struct namespaces *namespaces, struct proxy *proxy, const char *name)
{
	enum rc rc = RC_OK;
	json_t *versions;

	TRY(load(namespaces, proxy));
	versions = json_copy(namespaces->versions);
	json_object_set_new(versions, name, json_integer(version_in(versions, name) + 1));
	if (namespaces->durable)
		rc = kept_save(proxy, NAME, versions);
	if (rc != RC_OK) {
		json_decref(versions);
		return rc;
	}
	json_decref(namespaces->versions);
	namespaces->versions = versions;
	return RC_OK;
}

enum rc namespaces_raise(
	struct namespaces *namespaces, struct proxy *proxy, const char *name, int64_t *ret)
{
	enum rc rc;

	pthread_mutex_lock(&namespaces->lock);
	rc = raise(namespaces, proxy, name);
	if (rc == RC_OK)
		*ret = version_in(namespaces->versions, name);
	pthread_mutex_unlock(&namespaces->lock);
	return rc;
}
