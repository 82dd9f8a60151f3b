/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>

#include <skep/sys.h>

#include "map/map.h"

int skep_map_lookup(const struct skep_map *map, const void *key, void *ret_value, uint64_t flags)
{
	return skep_sys_map_lookup(map->fd, key, ret_value, flags);
}

int skep_map_update(const struct skep_map *map, const void *key, const void *value, uint64_t flags)
{
	return skep_sys_map_update(map->fd, key, value, flags);
}

int skep_map_delete(const struct skep_map *map, const void *key)
{
	return skep_sys_map_delete(map->fd, key);
}

int skep_map_delete_if_exists(const struct skep_map *map, const void *key)
{
	int r = skep_sys_map_delete(map->fd, key);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}

int skep_map_take(const struct skep_map *map, const void *key, void *ret_value)
{
	return skep_sys_map_lookup_and_delete(map->fd, key, ret_value, 0);
}

int skep_map_next_key(const struct skep_map *map, const void *key, void *ret_next_key)
{
	if (key)
		return skep_sys_map_next_key(map->fd, key, ret_next_key);
	return skep_sys_map_first_key(map->fd, map->info.key_size, ret_next_key);
}

int skep_map_fail(struct skep_error *err, const struct skep_map *map, const char *what, int code)
{
	return skep_sys_map_fail(err, map->fd, what, code);
}

int skep_map_lookup_sized(const struct skep_map *map, const void *key, size_t key_bytes,
			  void *ret_value, size_t value_bytes)
{
	if (key_bytes != map->info.key_size || value_bytes != map->value_bytes)
		return -EINVAL;
	return skep_map_lookup(map, key, ret_value, 0);
}

int skep_map_update_sized(const struct skep_map *map, const void *key, size_t key_bytes,
			  const void *value, size_t value_bytes, uint64_t flags)
{
	if (key_bytes != map->info.key_size || value_bytes != map->value_bytes)
		return -EINVAL;
	return skep_map_update(map, key, value, flags);
}

int skep_map_delete_sized(const struct skep_map *map, const void *key, size_t key_bytes)
{
	return key_bytes == map->info.key_size ? skep_map_delete(map, key) : -EINVAL;
}
