/* proxy/purge/triggers.c - a list of what invalidated something, the oldest first, and how many of it each tenant has.
 * Threads and ownership: proxy/triggers.h.
 */
#include "triggers_inside.h"

#include "purges.h"
#include "state.h"

#include "util/alloc.h"
#include "util/clock.h"

#include <stdlib.h>
#include <string.h>

struct text {
	uint16_t size;
	char bytes[TRIGGER_TEXT];
};

struct owner {
	struct owner *next;
	struct text tenant;
	size_t count; /* never 0 */
};

struct noted {
	struct trigger trigger; /* but its texts */
	struct text about, who;
	struct owner *owner;
};

struct triggers {
	pthread_mutex_t lock;
	uint64_t last_id;
	size_t count;
	struct noted *items[TRIGGERS_MOST]; /* the oldest first */
	struct owner *owners;
};

struct triggers *triggers_new(void)
{
	struct triggers *triggers = xalloc(sizeof(*triggers));

	pthread_mutex_init(&triggers->lock, NULL);
	/* another process's are smaller, unless a thousand a millisecond were made all the time */
	triggers->last_id = (uint64_t)clock_wall_ms() * 1000;
	return triggers;
}

void triggers_free(struct triggers *triggers)
{
	for (size_t i = 0; i < triggers->count; i++)
		free(triggers->items[i]);
	while (triggers->owners != NULL) {
		struct owner *owner = triggers->owners;

		triggers->owners = owner->next;
		free(owner);
	}
	pthread_mutex_destroy(&triggers->lock);
	free(triggers);
}

uint64_t triggers_next_id(struct triggers *triggers)
{
	uint64_t id;

	pthread_mutex_lock(&triggers->lock);
	id = ++triggers->last_id;
	pthread_mutex_unlock(&triggers->lock);
	return id;
}

static void keep(struct text *text, struct slice from)
{
	text->size = (uint16_t)(from.size < TRIGGER_TEXT ? from.size : TRIGGER_TEXT);
	if (text->size > 0)
		memcpy(text->bytes, from.data, text->size);
}

static struct slice kept(const struct text *text)
{
	return (struct slice){ text->bytes, text->size };
}

/* ---- whose ---- */

static struct slice cut(struct slice text)
{
	return (struct slice){ text.data, text.size < TRIGGER_TEXT ? text.size : TRIGGER_TEXT };
}

/* With one more. */
static struct owner *count_in(struct triggers *triggers, struct slice tenant)
{
	struct owner *owner = triggers->owners;

	while (owner != NULL && !slice_equal(kept(&owner->tenant), cut(tenant)))
		owner = owner->next;
	if (owner == NULL) {
		owner = xalloc(sizeof(*owner));
		keep(&owner->tenant, tenant);
		owner->next = triggers->owners;
		triggers->owners = owner;
	}
	owner->count++;
	return owner;
}

static void count_out(struct triggers *triggers, struct owner *owner)
{
	struct owner **at = &triggers->owners;

	if (--owner->count > 0)
		return;
	while (*at != owner)
		at = &(*at)->next;
	*at = owner->next;
	free(owner);
}

/* ---- noting ---- */

/* The oldest of who has the most, the one that is to come counted in; no longer in the list. */
static struct noted *take_out(struct triggers *triggers)
{
	struct noted *noted;
	size_t most = 0, at = 0;

	for (const struct owner *owner = triggers->owners; owner != NULL; owner = owner->next)
		most = owner->count > most ? owner->count : most;
	while (triggers->items[at]->owner->count < most)
		at++;
	noted = triggers->items[at];
	triggers->count--;
	memmove(&triggers->items[at], &triggers->items[at + 1],
		(triggers->count - at) * sizeof(triggers->items[0]));
	count_out(triggers, noted->owner);
	return noted;
}

static void note(struct triggers *triggers, const struct trigger *trigger, int64_t now_ms)
{
	struct owner *owner = count_in(triggers, trigger->tenant);
	struct noted *noted =
		triggers->count == TRIGGERS_MOST ? take_out(triggers) : xalloc(sizeof(*noted));

	noted->trigger = *trigger;
	noted->trigger.at_ms = now_ms;
	if (trigger->id == 0)
		noted->trigger.id = ++triggers->last_id;
	keep(&noted->about, trigger->about);
	keep(&noted->who, trigger->who);
	noted->owner = owner;
	triggers->items[triggers->count++] = noted;
}

void triggers_note(struct proxy *proxy, const struct trigger *trigger)
{
	struct triggers *triggers = purges_triggers(proxy->purges);
	int64_t now_ms = clock_wall_ms();

	pthread_mutex_lock(&triggers->lock);
	note(triggers, trigger, now_ms);
	pthread_mutex_unlock(&triggers->lock);
}

void triggers_visit(struct proxy *proxy, struct slice tenant, size_t most,
	void (*visit)(void *arg, const struct trigger *trigger), void *arg)
{
	struct triggers *triggers = purges_triggers(proxy->purges);
	size_t shown = 0;

	pthread_mutex_lock(&triggers->lock);
	for (size_t i = triggers->count; i > 0 && shown < most; i--) {
		const struct noted *noted = triggers->items[i - 1];
		struct trigger trigger = noted->trigger;

		trigger.about = kept(&noted->about);
		trigger.who = kept(&noted->who);
		trigger.tenant = kept(&noted->owner->tenant);
		if (tenant.size > 0 && !slice_equal(trigger.tenant, tenant))
			continue;
		visit(arg, &trigger);
		shown++;
	}
	pthread_mutex_unlock(&triggers->lock);
}
