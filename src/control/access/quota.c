/* control/access/quota.c - a moment for each token: when all that it has taken is paid for. See quota.h.
 *
 *	paid_us - now_us <= (count - 1) intervals: one more is in the rate
 */
#include "quota.h"

#include "util/alloc.h"

#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#define DIGITS 64

struct taken {
	char sha256[DIGITS + 1];
	int64_t paid_us;
};

struct quota {
	pthread_mutex_t lock;
	struct taken *items;
	size_t count;
};

struct quota *quota_new(void)
{
	struct quota *quota = xalloc(sizeof(*quota));

	pthread_mutex_init(&quota->lock, NULL);
	return quota;
}

void quota_free(struct quota *quota)
{
	pthread_mutex_destroy(&quota->lock);
	free(quota->items);
	free(quota);
}

/* What the token has taken; a row whose token has paid for all is as good as a new one. */
static struct taken *find(struct quota *quota, const char *sha256, int64_t now_us)
{
	struct taken *found = NULL;

	for (size_t i = 0; i < quota->count; i++) {
		struct taken *item = &quota->items[i];

		if (strcasecmp(item->sha256, sha256) == 0)
			return item;
		if (item->paid_us <= now_us)
			found = item;
	}
	if (found == NULL) {
		quota->items = xgrow(quota->items, quota->count + 1, sizeof(*quota->items));
		found = &quota->items[quota->count++];
	}
	*found = (struct taken){ .paid_us = now_us };
	for (size_t i = 0; i < DIGITS && sha256[i] != '\0'; i++)
		found->sha256[i] = sha256[i];
	return found;
}

static int64_t take(struct taken *taken, const struct config_rate *rate, int64_t now_us)
{
	int64_t interval_us = rate->period_ms * 1000 / rate->count;
	int64_t ahead_us = taken->paid_us > now_us ? taken->paid_us - now_us : 0;
	int64_t over_us = ahead_us - interval_us * (rate->count - 1);

	if (over_us > 0)
		return (over_us + 999) / 1000;
	taken->paid_us = now_us + ahead_us + interval_us;
	return 0;
}

int64_t quota_take(struct quota *quota, const struct config_token *token, int64_t now_us)
{
	int64_t wait_ms;

	if (token->rate.count == 0)
		return 0;
	pthread_mutex_lock(&quota->lock);
	wait_ms = take(find(quota, token->sha256, now_us), &token->rate, now_us);
	pthread_mutex_unlock(&quota->lock);
	return wait_ms;
}
