/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_DESIRED_H
#define MAP_DESIRED_H
/* What is wanted in a map, in the bytes of that map. */
#include <skep/map_reconcile.h>

#include "map/key_set.h"
#include "map/map.h"

struct map_desired {
	const struct skep_map *map;
	struct map_key_set keys;
	unsigned char *
		values; /* skep_map_value_bytes() each, by the number of the key; NULL: not asked for */
	size_t room;        /* of values */
	unsigned char *key; /* room for one */
};

/* @with_values: 0: keys alone. Return: 0; -EINVAL; -EEXIST; -ENOMEM; what next_fn returned. Free it in any case. */
int map_desired_collect(struct map_desired *ret, const struct skep_map *map,
			const struct skep_map_wanted *desired, int with_values,
			struct skep_error *err);
void map_desired_fini(struct map_desired *d);

static inline const unsigned char *map_desired_value(const struct map_desired *d, size_t index)
{
	return d->values + index * d->map->value_bytes;
}

/*
 * map_is_comparable() - can elements of a map be read back, and compared with what has been written
 * @ret_fd_at: where in a value an fd stands that is read as an id; -1: nowhere
 *
 * Return: 1 or 0.
 */
int map_is_comparable(const struct skep_map *map, int *ret_fd_at);

#endif
