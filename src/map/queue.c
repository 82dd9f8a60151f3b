/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_queue.h>

#include <errno.h>

#include <skep/kabi.h>

#include "map/map.h"

static int is_queue(const struct skep_map *map)
{
	return map->info.type == SKEP_MAP_TYPE_QUEUE || map->info.type == SKEP_MAP_TYPE_STACK;
}

static int is_filter(const struct skep_map *map)
{
	return map->info.type == SKEP_MAP_TYPE_BLOOM_FILTER;
}

int skep_map_push(const struct skep_map *map, const void *value, uint64_t flags)
{
	if (!is_queue(map) && !is_filter(map))
		return -EOPNOTSUPP;
	return skep_map_update(map, NULL, value, flags);
}

int skep_map_pop(const struct skep_map *map, void *ret_value)
{
	return is_queue(map) ? skep_map_take(map, NULL, ret_value) : -EOPNOTSUPP;
}

int skep_map_peek(const struct skep_map *map, void *ret_value)
{
	return is_queue(map) ? skep_map_lookup(map, NULL, ret_value, 0) : -EOPNOTSUPP;
}

int skep_map_contains(const struct skep_map *map, const void *value)
{
	int r;

	if (!is_filter(map))
		return -EOPNOTSUPP;
	/* the kernel reads the value here, and writes to none */
	r = skep_map_lookup(map, NULL, (void *)value, 0);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}
