/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_dump.h>
#include <skep/sys.h>

#include "base/error.h"
#include "map/map.h"

static int fail_walk(struct skep_error *err, const struct skep_map *map, int code)
{
	if (code == -ELOOP)
		return skep_fail(err, code, SKEP_ERR_PARTIAL,
				 "walk map '%s': others remove elements faster than the walk goes; "
				 "not all were visited.",
				 map->info.name);
	if (code == -EOPNOTSUPP || code == -EINVAL)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "walk map '%s': elements of a map of type %s cannot be read.",
				 map->info.name, skep_map_type_name(map->info.type, NULL));
	return skep_map_fail(err, map, "walk", code);
}

int skep_map_dump(struct skep_map *map, const struct skep_map_dump_opts *opts, skep_map_entry_fn fn,
		  void *userdata, struct skep_map_dump_stats *ret_stats, struct skep_error *err)
{
	_cleanup_(skep_map_walk_closep) struct skep_map_walk *walk = NULL;
	const void *key, *value;
	int stop = 0, r = skep_map_walk_open(map, opts, &walk, err);

	if (r < 0)
		return r;
	while (!stop && (r = skep_map_walk_next(walk, &key, &value)) > 0)
		stop = fn(key, value, userdata);
	if (ret_stats)
		*ret_stats = *skep_map_walk_stats(walk);
	if (stop)
		return stop;
	return r < 0 ? fail_walk(err, map, r) : 0;
}

static int count_one(const void *key, const void *value, void *userdata)
{
	uint64_t *count = userdata;

	(void)key;
	(void)value;
	++*count;
	return 0;
}

int skep_map_count(struct skep_map *map, uint64_t *ret_count, struct skep_error *err)
{
	uint64_t count = 0;
	int r = skep_map_dump(map, NULL, count_one, &count, NULL, err);

	if (!r)
		*ret_count = count;
	return r;
}
