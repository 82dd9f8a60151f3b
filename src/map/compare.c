/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_pin.h>

#include "base/error.h"
#include "map/kernel.h"
#include "map/map.h"
#include "map/spec.h"

int skep_map_inner_spec(const struct skep_map *map, struct skep_map_spec *ret_spec,
			struct skep_error *err)
{
	struct map_kernel_inner inner = { 0 };
	int r;

	if (!skep_map_type_is_map_of_maps(map->info.type))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "map '%s' has no inner maps: it is of type %s.", map->info.name,
				 skep_map_type_name(map->info.type, NULL));
	r = map_kernel_inner(map->fd, &inner, err);
	if (r < 0)
		return skep_wrap(err, r, "map '%s': ", map->info.name);
	*ret_spec = (struct skep_map_spec){ .sz = sizeof(*ret_spec),
					    .type = inner.type,
					    .key_size = inner.key_size,
					    .value_size = inner.value_size,
					    .max_entries = inner.max_entries,
					    .flags = inner.flags };
	return 0;
}

int skep_map_compare(const struct skep_map *map, const struct skep_map_spec *spec,
		     uint64_t ignored_flags, struct skep_map_difference *ret_differences,
		     struct skep_error *err)
{
	struct map_kernel_inner inner = { 0 };
	int r, n = skep_map_spec_compare(spec, &map->info, map->info_bytes, ignored_flags,
					 ret_differences, err);

	if (n < 0 || spec->sz < sizeof(*spec) || !spec->inner ||
	    !skep_map_type_is_map_of_maps(map->info.type))
		return n;
	r = map_kernel_inner(map->fd, &inner, NULL);
	if (r == -ENOMEM)
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "compare map '%s'", map->info.name);
	if (r < 0)
		return n; /* not shown to us: the kernel will refuse inner maps that do not fit */
	return map_spec_compare_inner(spec->inner, &inner, ignored_flags, n, ret_differences, err);
}
