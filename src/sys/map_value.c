/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/map_value.h"

#include <skep/kabi.h>

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
