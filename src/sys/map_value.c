/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/map_value.h"

#include <stdint.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/error.h"
#include "sys/cpu.h"

int sys_map_value(const struct skep_map_info *map, size_t *ret_stride, size_t *ret_bytes)
{
	int cpus;

	*ret_stride = *ret_bytes = map->value_size;
	if (!skep_map_type_is_percpu(map->type))
		return 0;
	cpus = sys_possible_cpus();
	if (cpus < 0)
		return cpus;
	*ret_stride = ((size_t)map->value_size + 7) / 8 * 8;
	*ret_bytes = *ret_stride * (size_t)cpus;
	return 0;
}

int sys_map_hides_sockets(const struct skep_map_info *map)
{
	return (map->type == SKEP_MAP_TYPE_SOCKMAP || map->type == SKEP_MAP_TYPE_SOCKHASH ||
		map->type == SKEP_MAP_TYPE_REUSEPORT_SOCKARRAY) &&
	       map->value_size != sizeof(uint64_t);
}

int sys_map_fail_hidden(struct skep_error *err, int code, const struct skep_map_info *map,
			const char *what)
{
	return skep_fail(err, code, SKEP_ERR_UNSUPPORTED,
			 "%s map '%s': a map of type %s tells of its sockets only where values "
			 "have 8 bytes.",
			 what, map->name, skep_map_type_name(map->type, NULL));
}
