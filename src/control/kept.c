/* control/kept.c - a JSON value that outlasts the process. Threads and ownership: kept.h. */
#include "kept.h"

#include "observe/log.h"
#include "proxy/facts.h"

#include <stdlib.h>

enum rc kept_load(struct proxy *proxy, const char *name, json_t **ret)
{
	struct bytes text;
	enum rc rc;

	*ret = NULL;
	bytes_init(&text, KEPT_MOST);
	rc = facts_recall(proxy, slice_of(name), &text);
	if (rc == RC_OK)
		*ret = json_loadb(text.data, text.size, 0, NULL);
	if (rc == RC_OK && *ret == NULL)
		log_event(LOG_LEVEL_ERROR, "kept-unreadable",
			"%s: what was kept of it is no JSON, and is given up", name);
	bytes_done(&text);
	return rc == RC_ABSENT ? RC_OK : rc;
}

enum rc kept_save(struct proxy *proxy, const char *name, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);
	struct slice value = slice_of(text);
	enum rc rc = RC_TOO_LARGE;

	if (value.size > 0 && value.size <= KEPT_MOST)
		rc = facts_remember(proxy, slice_of(name), value);
	free(text);
	return rc;
}
