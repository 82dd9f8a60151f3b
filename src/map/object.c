/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_object.h>

#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_dump.h>
#include <skep/sys.h>

#include "base/error.h"
#include "map/map.h"
#include "sys/fail.h"

#define RACES 8 /* others that replace what is in a place while we open it */

static int is_of_maps(const struct skep_map *map)
{
	return skep_map_type_is_map_of_maps(map->info.type);
}

static int fail_type(struct skep_error *err, const struct skep_map *map, const char *what)
{
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "map '%s': a map of type %s holds no %s.", map->info.name,
			 skep_map_type_name(map->info.type, NULL), what);
}

/* Some take a number of 4 bytes, sockets may have one of 8. */
static int write_fd(const struct skep_map *map, const void *key, int fd, uint64_t flags)
{
	const uint64_t wide = (uint64_t)fd;
	const uint32_t narrow = (uint32_t)fd;

	return map->info.value_size == sizeof(wide) ? skep_map_update(map, key, &wide, flags)
						    : skep_map_update(map, key, &narrow, flags);
}

int skep_map_update_fd(struct skep_map *map, const void *key, int fd, uint64_t flags,
		       struct skep_error *err)
{
	int r;

	if (!(skep_map_type_facts(map->info.type) & SKEP_MAP_FACT_FDS))
		return fail_type(err, map, "fds");
	r = write_fd(map, key, fd, flags);
	return r < 0 ? skep_map_fail(err, map, "update", r) : 0;
}

int skep_map_update_map(struct skep_map *map, const void *key, const struct skep_map *inner,
			uint64_t flags, struct skep_error *err)
{
	int r;

	if (!is_of_maps(map))
		return fail_type(err, map, "maps");
	r = write_fd(map, key, inner->fd, flags);
	if (r == -EINVAL)
		return skep_fail(
			err, r, SKEP_ERR_CONFLICT,
			"map '%s': map '%s' is not like the inner maps that it was made for.",
			map->info.name, inner->info.name);
	return r < 0 ? skep_map_fail(err, map, "update", r) : 0;
}

/* An object may go between being looked up and being opened: then another may be in its place. */
static int open_held(const struct skep_map *map, const void *key, uint32_t kind,
		     struct skep_error *err)
{
	uint32_t id = 0;
	int fd = -ENOENT, race, r;

	for (race = 0; race < RACES && fd == -ENOENT; race++) {
		r = skep_map_lookup(map, key, &id, 0);
		if (r < 0)
			return skep_map_fail(err, map, "look up in", r);
		fd = skep_sys_fd_by_id(kind, id, 0);
	}
	if (fd < 0)
		return sys_fail(err, fd, skep_operation_capabilities(SKEP_OPERATION_OBJECT_BY_ID),
				"map '%s': open the %s %u in it", map->info.name,
				kind == SKEP_OBJECT_MAP ? "map" : "program", id);
	return fd;
}

int skep_map_open_inner(const struct skep_map *map, const void *key, struct skep_map **ret_map,
			struct skep_error *err)
{
	int fd;

	if (!is_of_maps(map))
		return fail_type(err, map, "maps");
	fd = open_held(map, key, SKEP_OBJECT_MAP, err);
	return fd < 0 ? fd : map_adopt(fd, ret_map, err);
}

struct inner_walk {
	struct skep_map *outer;
	skep_map_inner_fn fn;
	void *userdata;
	struct skep_error *err;
};

static int visit_inner(const void *key, const void *value, void *userdata)
{
	const struct inner_walk *walk = userdata;
	_cleanup_(skep_map_closep) struct skep_map *inner = NULL;
	struct skep_error err = { 0 };
	int r = skep_map_open_inner(walk->outer, key, &inner, &err);

	(void)value;
	if (r == -ENOENT)
		return 0; /* gone meanwhile */
	if (r < 0 && walk->err)
		*walk->err = err;
	return r < 0 ? r : walk->fn(key, inner, walk->userdata);
}

int skep_map_dump_inner(struct skep_map *map, skep_map_inner_fn fn, void *userdata,
			struct skep_error *err)
{
	struct inner_walk walk = { .outer = map, .fn = fn, .userdata = userdata, .err = err };

	if (!is_of_maps(map))
		return fail_type(err, map, "maps");
	return skep_map_dump(map, NULL, visit_inner, &walk, NULL, err);
}

int skep_map_update_prog(struct skep_map *map, uint32_t index, int prog_fd, struct skep_error *err)
{
	if (map->info.type != SKEP_MAP_TYPE_PROG_ARRAY)
		return fail_type(err, map, "programs");
	return skep_map_update_fd(map, &index, prog_fd, SKEP_UPDATE_FLAG_ANY, err);
}

int skep_map_open_prog(const struct skep_map *map, uint32_t index, struct skep_error *err)
{
	if (map->info.type != SKEP_MAP_TYPE_PROG_ARRAY)
		return fail_type(err, map, "programs");
	return open_held(map, &index, SKEP_OBJECT_PROG, err);
}
