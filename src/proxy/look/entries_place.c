/* proxy/look/entries_place.c - how a stored response stands, whether it is asked for, and where in the order.
 *
 * May be called under a lock of the memory tier. Threads and ownership: proxy/entries.h.
 */
#include "entries_inside.h"

#include "purge/grouping.h"
#include "key/identity.h"
#include "proxy/overview.h"
#include "proxy/tenancy.h"
#include "purge/purges.h"

#include "policy/freshness.h"

#define MOST_TEXT ((size_t)1024) /* of a target that decides the order */

static struct slice tenant_of(const struct entry_seen *entry)
{
	return entry->parts.tenant;
}

/* ---- how it stands ---- */

/* RC_ABSENT: that route is configured no more. */
static enum rc find_route(const struct config *config, struct slice path, uint16_t *ret)
{
	for (size_t i = 0; i < config->route_count; i++) {
		if (slice_equal(slice_of(config->routes[i].path), path)) {
			*ret = (uint16_t)i;
			return RC_OK;
		}
	}
	return RC_ABSENT;
}

/* Nobody asks for it any more: another version is configured, or its tenant is none. */
static bool is_of_old(const struct config *config, const struct key_parts *parts)
{
	uint16_t tenant = tenancy_find(config, parts->tenant);

	return (parts->tenant.size > 0 && tenant == TENANT_NOBODY) ||
	       parts->namespace_version != identity_version(config, tenant);
}

/* What nobody can ask for, since its route or its version went, is as good as purged. */
static enum depot_validity validity_of(const struct proxy *proxy, const struct entry_seen *entry)
{
	const struct object *object = entry->object;
	uint16_t route;

	if (find_route(proxy->config, entry->parts.route, &route) != RC_OK ||
		is_of_old(proxy->config, &entry->parts) || grouping_is_out(proxy, route, object) ||
		purges_reach(proxy->purges, &entry->key, object))
		return DEPOT_OUTDATED;
	return grouping_is_soft(proxy, route, object) ? DEPOT_SOFTENED : DEPOT_VALID;
}

void entry_judge(const struct search *s, struct entry_seen *entry)
{
	entry->state = standing_judge(validity_of(s->proxy, entry), entry->expires_ms,
		&entry->object->freshness, s->now_ms);
}

/* ---- whether it is asked for, and where it stands ---- */

/* As a purge by the tag finds it, and not what only holds it. The disk has looked for it by its table of tags. */
static bool has_tag(const struct search *s, const struct entry_seen *entry)
{
	const struct object *object = entry->object;

	for (int i = 0; i < object->group_count - object->held_count; i++) {
		if (object->groups[i] == s->tag_slot)
			return true;
	}
	return false;
}

bool entry_is_asked_for(const struct search *s, const struct entry_seen *entry)
{
	const struct entries_asked *a = s->asked;

	if ((a->route.size > 0 && !slice_equal(a->route, entry->parts.route)) ||
		!slice_starts(entry->parts.target, a->prefix) ||
		(a->tenant.size > 0 && !slice_equal(a->tenant, tenant_of(entry))))
		return false;
	if (a->tag.size > 0 && entry->id.tier == ENTRY_MEMORY && !has_tag(s, entry))
		return false;
	return a->state == STANDING_COUNT || a->state == entry->state;
}

/* By targets as they are shown: the place where a page ends goes out. */
static struct slice text_of(struct search *s, struct slice target)
{
	struct slice text;

	bytes_clear(&s->text);
	overview_redact(s->proxy, target, &s->text);
	text = bytes_slice(&s->text);
	text.size = text.size < MOST_TEXT ? text.size : MOST_TEXT;
	return text;
}

struct ranking_place entry_place(struct search *s, const struct entry_seen *entry)
{
	struct ranking_place place = { .group = entry->id.tier, .id = entry->id.number };

	switch (s->asked->sort) {
	case ENTRIES_SORT_SIZE:
		place.rank = (int64_t)entry->body_bytes;
		break;
	case ENTRIES_SORT_HITS:
		place.rank = entry->hits;
		break;
	case ENTRIES_SORT_AGE: /* by when it came into being: that stays */
		place.rank = freshness_age_ms(&entry->object->freshness, s->now_ms) - s->now_ms;
		break;
	case ENTRIES_SORT_USED:
		place.rank = entry->used_ms >= 0 ? entry->used_ms : INT64_MAX;
		break;
	case ENTRIES_SORT_TARGET:
		place.text = text_of(s, entry->parts.target);
		break;
	case ENTRIES_SORT_NONE:
	case ENTRIES_SORT_COUNT:
	default:
		break;
	}
	return place;
}
