/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BASE_NAME_INDEX_H
#define BASE_NAME_INDEX_H
/*
 * Where in an array the element of a name stands, for arrays that only grow. Zeroed it is empty.
 */
#include <stddef.h>
#include <stdint.h>

struct name_slot {
	const char *name; /* NULL: free */
	size_t at;
};

struct name_index {
	struct name_slot *slots;
	size_t slot_count, count; /* a power of two, at least twice as many as names */
	uint64_t seed;
};

/*
 * name_index_add() - say where a name stands
 * @name: borrowed until name_index_fini(); not in it yet
 *
 * Return: 0; -ENOMEM.
 */
int name_index_add(struct name_index *x, const char *name, size_t at);

/* Return: 1, and where it stands; 0 it is unknown. */
int name_index_find(const struct name_index *x, const char *name, size_t *ret_at);

void name_index_fini(struct name_index *x);

#endif
