/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>

#include <skep/map_pin.h>

#include "map/map.h"

/* Return: can both take the same keys and values? */
static int fits(const struct skep_map *map, const struct skep_map *old)
{
	return map->info.key_size == old->info.key_size && map->value_bytes == old->value_bytes;
}

int skep_map_mirror_update(struct skep_map *map, const void *key, const void *value, uint64_t flags)
{
	const struct skep_map *old = map->old;
	int r;

	if (old && !fits(map, old))
		return -EINVAL;
	r = skep_map_update(map, key, value, flags);
	if (r < 0 || !old)
		return r;
	return skep_map_update(old, key, value, 0) < 0;
}

int skep_map_mirror_delete(struct skep_map *map, const void *key)
{
	const struct skep_map *old = map->old;
	int r;

	if (old && !fits(map, old))
		return -EINVAL;
	r = skep_map_delete(map, key);
	if ((r < 0 && r != -ENOENT) || !old)
		return r;
	return skep_map_delete_if_exists(old, key) < 0 ? 1 : r;
}
