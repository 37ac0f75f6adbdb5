/* proxy/look/entries_inside.h - what the files behind proxy/entries.h share.
 *
 *	entries.c	the walk through both tiers, and what is shown
 *	entries_place.c	how an entry stands, whether it is asked for, and where in the order
 *
 * Threads and ownership: proxy/entries.h.
 */
#pragma once

#include "proxy/entries.h"

#include "state.h"

#include "store/depot.h"

struct held;

struct search {
	struct proxy *proxy;
	const struct entries_asked *asked;
	const struct entries_listener *listener;
	struct ranking *ranking; /* of a list */
	uint32_t tag_slot;
	int64_t now_ms;
	struct bytes text; /* of the place that is looked at */
	struct entry_id wanted;
	struct held *found;  /* the one that is wanted, in memory */
	struct depot *depot; /* or NULL: there is none, or nothing in it */
	struct body *body;   /* of the one that is shown, on the disk */
};

/* Fills in its state. */
void entry_judge(const struct search *s, struct entry_seen *entry);
bool entry_is_asked_for(const struct search *s, const struct entry_seen *entry);
/* Its text lives until the next call. */
struct ranking_place entry_place(struct search *s, const struct entry_seen *entry);
