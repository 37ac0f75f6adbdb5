/* proxy/purge/triggers.c - a ring of what invalidated something. Threads and ownership: proxy/triggers.h. */
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

struct noted {
	struct trigger trigger; /* but its texts */
	struct text about, who, tenant;
};

struct triggers {
	pthread_mutex_t lock;
	uint64_t last_id;
	size_t count; /* noted ever; the newest is at (count - 1) % TRIGGERS_MOST */
	struct noted *ring[TRIGGERS_MOST];
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
	for (size_t i = 0; i < TRIGGERS_MOST; i++)
		free(triggers->ring[i]);
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

void triggers_note(struct proxy *proxy, const struct trigger *trigger)
{
	struct triggers *triggers = purges_triggers(proxy->purges);
	int64_t now_ms = clock_wall_ms();
	struct noted **at;

	pthread_mutex_lock(&triggers->lock);
	at = &triggers->ring[triggers->count++ % TRIGGERS_MOST];
	if (*at == NULL)
		*at = xalloc(sizeof(**at));
	(*at)->trigger = *trigger;
	(*at)->trigger.at_ms = now_ms;
	if (trigger->id == 0)
		(*at)->trigger.id = ++triggers->last_id;
	keep(&(*at)->about, trigger->about);
	keep(&(*at)->who, trigger->who);
	keep(&(*at)->tenant, trigger->tenant);
	pthread_mutex_unlock(&triggers->lock);
}

static struct slice kept(const struct text *text)
{
	return (struct slice){ text->bytes, text->size };
}

void triggers_visit(struct proxy *proxy, struct slice tenant, size_t most,
	void (*visit)(void *arg, const struct trigger *trigger), void *arg)
{
	struct triggers *triggers = purges_triggers(proxy->purges);
	size_t there, shown = 0;

	pthread_mutex_lock(&triggers->lock);
	there = triggers->count < TRIGGERS_MOST ? triggers->count : TRIGGERS_MOST;
	for (size_t i = 1; i <= there && shown < most; i++) {
		const struct noted *noted = triggers->ring[(triggers->count - i) % TRIGGERS_MOST];
		struct trigger trigger = noted->trigger;

		trigger.about = kept(&noted->about);
		trigger.who = kept(&noted->who);
		trigger.tenant = kept(&noted->tenant);
		if (tenant.size > 0 && !slice_equal(trigger.tenant, tenant))
			continue;
		visit(arg, &trigger);
		shown++;
	}
	pthread_mutex_unlock(&triggers->lock);
}
