/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_pin.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "bpffs/own.h"
#include "map/map.h"

int map_name(struct skep_map *map, const struct skep_bpffs *bpffs, const char *path,
	     struct skep_error *err)
{
	char *copy = strdup(path);

	if (!copy)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "open map '%s'", path);
	free(map->path);
	map->path = copy;
	map->bpffs = bpffs;
	return 0;
}

int skep_map_pin(struct skep_map *map, const struct skep_bpffs *bpffs, const char *path,
		 struct skep_error *err)
{
	int r = bpffs_make_parents(bpffs, path, err);

	r = r < 0 ? r : map_name(map, bpffs, path, err);
	r = r < 0 ? r : skep_bpffs_pin(bpffs, map->fd, path, err);
	if (r < 0)
		map->bpffs = NULL;
	return r;
}

/* Return: 1 this map is pinned there; 0 nothing is; -ESTALE another object is; another negative errno. */
static int has_its_name(const struct skep_map *map, struct skep_error *err)
{
	return map->bpffs ? bpffs_is_own(map->bpffs, map->path, map->fd, err) : 0;
}

int skep_map_unpin(struct skep_map *map, struct skep_error *err)
{
	int r = has_its_name(map, err);

	return r > 0 ? skep_bpffs_unpin(map->bpffs, map->path, err) : r;
}

int skep_map_reopen(struct skep_map *map, struct skep_map **ret_map, struct skep_error *err)
{
	_cleanup_(skep_map_closep) struct skep_map *there = NULL;
	int r;

	if (!map->bpffs)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND, "map '%s' has no name.",
				 map->info.name);
	r = skep_map_open_pinned(map->bpffs, map->path, 0, &there, err);
	if (r < 0)
		return r;
	if (there->info.id == map->info.id) {
		*ret_map = skep_map_ref(map);
		return 0;
	}
	r = map_name(there, map->bpffs, map->path, err);
	if (r < 0)
		return r;
	*ret_map = take_ptr(there);
	return 1;
}

const char *skep_map_path(const struct skep_map *map)
{
	return map->bpffs && !map->staged ? map->path : "";
}

int map_take_name(struct skep_map *map, struct skep_error *err)
{
	_cleanup_(skep_map_closep) struct skep_map *old = NULL;
	int old_fd = -1;
	int r = skep_bpffs_replace(map->bpffs, map->fd, map->path, 0, &old_fd, err);

	if (r < 0)
		return r;
	if (old_fd >= 0 && map_adopt(old_fd, &old, NULL) == 0) {
		skep_map_close(map->old);
		map->old = take_ptr(old);
	}
	map->staged = 0;
	return 1;
}

int skep_map_commit(struct skep_map *map, struct skep_error *err)
{
	return map->staged ? map_take_name(map, err) : 0;
}

int skep_map_restore(struct skep_map *map, struct skep_error *err)
{
	int r;

	if (!map->old)
		return 0;
	if (!map->staged) {
		r = has_its_name(map, err);
		r = r < 0 ? r
			  : skep_bpffs_replace(map->bpffs, map->old->fd, map->path, 0, NULL, err);
		if (r < 0)
			return r;
	}
	map->staged = 0;
	map->bpffs = NULL; /* from now on a map without a name */
	skep_map_forget(map);
	return 1;
}

struct skep_map *skep_map_old(struct skep_map *map)
{
	return map->old;
}

void skep_map_forget(struct skep_map *map)
{
	map->old = skep_map_close(map->old);
}
