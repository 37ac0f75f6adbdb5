/* util/list.h - a doubly linked list whose links lie in its members.
 *
 * A list is a ring with a head that is no member: an empty list points at itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *previous;
};

#define LIST_ITEM(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* at: struct list *; stays valid only while the member that it stands on is not removed. */
#define LIST_EACH(at, head) for (struct list *at = (head)->next; at != (head); at = at->next)

/* The member at `at` may be removed in the body. */
#define LIST_EACH_SAFE(at, head)                                                  \
	for (struct list *at = (head)->next, *at##_next = at->next; at != (head); \
		at = at##_next, at##_next = at->next)

static inline void list_init(struct list *head)
{
	head->next = head->previous = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_append(struct list *head, struct list *link)
{
	link->previous = head->previous;
	link->next = head;
	head->previous->next = link;
	head->previous = link;
}

/* The link is a list of its own afterwards: removing it twice does no harm. */
static inline void list_remove(struct list *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	list_init(link);
}
