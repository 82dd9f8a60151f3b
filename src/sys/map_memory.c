/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/map_memory.h"

#include <errno.h>

#include <skep/fdinfo.h>

#define TYPE_HASH 1        /* BPF_MAP_TYPE_HASH */
#define FLAG_NO_PREALLOC 1 /* BPF_F_NO_PREALLOC */
#define ELEMENT_HEAD 48    /* bytes of struct htab_elem before the key */
#define BUCKET 16          /* bytes of struct bucket */

static uint64_t round_up_8(uint64_t value)
{
	return (value + 7) & ~7ull;
}

/* At least this much, whatever the kernel says. */
static uint64_t hash_bytes(const struct skep_fdinfo *map)
{
	uint64_t buckets = 1;

	if (map->map_type != TYPE_HASH || map->map_flags & FLAG_NO_PREALLOC)
		return 0;
	while (buckets < map->max_entries)
		buckets <<= 1;
	return map->max_entries *
		       (ELEMENT_HEAD + round_up_8(map->key_size) + round_up_8(map->value_size)) +
	       buckets * BUCKET;
}

uint64_t sys_map_memory_of(const struct skep_fdinfo *map)
{
	const uint64_t least = hash_bytes(map);

	if (!map->memlock_bytes)
		return 0;
	return map->memlock_bytes > least ? map->memlock_bytes : least;
}

int sys_map_memory_bytes(int fd, uint64_t *ret_bytes)
{
	struct skep_fdinfo info;
	int r;

	r = skep_fdinfo_read(0, fd, &info, NULL);
	if (r < 0)
		return r;
	if (info.kind != SKEP_FDINFO_MAP || !info.memlock_bytes)
		return -ENODATA;
	*ret_bytes = sys_map_memory_of(&info);
	return 0;
}
