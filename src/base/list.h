/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BASE_LIST_H
#define BASE_LIST_H
/*
 * Doubly linked lists through nodes that stand in their elements. The list itself is a node, too: an empty one points to
 * itself, as does an element that is in no list, once it has been initialised or removed.
 */
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

/* The element around a node. */
#define list_element(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
	list->next = list->prev = list;
}

static inline int list_is_empty(const struct list *list)
{
	return list->next == list;
}

/* Puts @node behind @place; behind the list itself is its beginning. */
static inline void list_insert(struct list *place, struct list *node)
{
	node->next = place->next;
	node->prev = place;
	place->next->prev = node;
	place->next = node;
}

static inline void list_append(struct list *list, struct list *node)
{
	list_insert(list->prev, node);
}

/* Takes @node out of its list, if it is in one. */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

#endif
