/* proxy/look/standing.c - fresh, stale, expired or purged. Pure; threads: any. */
#include "proxy/standing.h"

#include "policy/freshness.h"

#include <string.h>

static const char *const words[] = {
#define X(id, word) [STANDING_##id] = (word),
	STANDING_TABLE(X)
#undef X
};

enum standing standing_judge(enum depot_validity validity, int64_t until_ms,
	const struct freshness *freshness, int64_t now_ms)
{
	if (validity == DEPOT_OUTDATED)
		return STANDING_PURGED;
	if (until_ms <= now_ms)
		return STANDING_EXPIRED;
	if (validity == DEPOT_SOFTENED || freshness->revalidate_always)
		return STANDING_STALE;
	return freshness_left_ms(freshness, now_ms) > 0 ? STANDING_FRESH : STANDING_STALE;
}

enum standing standing_of(const struct depot_entry *entry, int64_t now_ms)
{
	return standing_judge(
		entry->validity, entry->expires_ms, &entry->object->freshness, now_ms);
}

const char *standing_word(enum standing state)
{
	return words[state];
}

enum standing standing_parse(const char *word)
{
	for (unsigned i = 0; i < STANDING_COUNT; i++) {
		if (strcmp(words[i], word) == 0)
			return (enum standing)i;
	}
	return STANDING_COUNT;
}
