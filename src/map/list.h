/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_LIST_H
#define MAP_LIST_H
/* What keeps maps: rows that begin with the id of a map, sorted by it when they are complete. */
#include <skep/map_list.h>

struct map_list_rows {
	char *items;
	size_t item_size, count, room;
};

/* What the fdinfo of a holder has told already. */
struct map_list_known {
	uint32_t map_id;
	uint32_t frozen;
	uint64_t memory_bytes;
};

struct skep_map_list {
	struct skep_map_list_entry *entries;
	size_t count, room;
	struct map_list_rows holders, pins, users;
	struct map_list_rows known; /* sorted by map_list_holders() */
	struct skep_map_list_gaps gaps;
	uint32_t only; /* the id of the only map that is wanted; 0: all */
};

/*
 * Each adds rows to a list.
 * @proc_fd: of sys_proc_open()
 * Return: 0; -ENOMEM; a negative errno.
 */
int map_list_holders(struct skep_map_list *list, int proc_fd);
int map_list_pins(struct skep_map_list *list);
int map_list_users(struct skep_map_list *list);

/* Sorts the rows, and lets each entry point to its own. */
void map_list_assign(struct skep_map_list *list);

#endif
