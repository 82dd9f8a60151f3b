/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/spec.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "map/kernel.h"
#include "sys/cpu.h"

/* Sizes that a type leaves no choice of. */
static const struct {
	uint32_t type;
	uint32_t key_size, value_size;
} forced[] = {
	{ SKEP_MAP_TYPE_PROG_ARRAY, 4, 4 },   { SKEP_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4 },
	{ SKEP_MAP_TYPE_CGROUP_ARRAY, 4, 4 }, { SKEP_MAP_TYPE_ARRAY_OF_MAPS, 4, 4 },
	{ SKEP_MAP_TYPE_HASH_OF_MAPS, 0, 4 }, { SKEP_MAP_TYPE_ARRAY, 4, 0 },
	{ SKEP_MAP_TYPE_PERCPU_ARRAY, 4, 0 }, { SKEP_MAP_TYPE_DEVMAP, 4, 0 },
	{ SKEP_MAP_TYPE_CPUMAP, 4, 0 },       { SKEP_MAP_TYPE_XSKMAP, 4, 4 },
	{ SKEP_MAP_TYPE_SOCKMAP, 4, 0 },      { SKEP_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 0 },
	{ SKEP_MAP_TYPE_STACK_TRACE, 4, 0 },  { SKEP_MAP_TYPE_STRUCT_OPS, 4, 0 },
	{ SKEP_MAP_TYPE_SK_STORAGE, 4, 0 },   { SKEP_MAP_TYPE_INODE_STORAGE, 4, 0 },
	{ SKEP_MAP_TYPE_TASK_STORAGE, 4, 0 }, { SKEP_MAP_TYPE_CGRP_STORAGE, 4, 0 },
};

static void force_sizes(struct skep_map_spec *spec)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forced); i++)
		if (forced[i].type == spec->type) {
			if (!spec->key_size)
				spec->key_size = forced[i].key_size;
			if (!spec->value_size)
				spec->value_size = forced[i].value_size;
		}
}

/* A ring is a power of two of pages. */
static uint64_t ring_size(uint64_t bytes)
{
	uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE);

	while (size < bytes && size < 1ull << 31)
		size <<= 1;
	return size;
}

static int force_entries(struct skep_map_spec *spec, struct skep_error *err)
{
	int cpus;

	switch (spec->type) {
	case SKEP_MAP_TYPE_RINGBUF:
	case SKEP_MAP_TYPE_USER_RINGBUF:
		spec->max_entries = ring_size(spec->max_entries);
		return 0;
	case SKEP_MAP_TYPE_STRUCT_OPS:
		spec->max_entries = 1;
		return 0;
	case SKEP_MAP_TYPE_PERF_EVENT_ARRAY:
		if (spec->max_entries)
			return 0;
		cpus = sys_possible_cpus();
		if (cpus < 0)
			return skep_fail(err, cpus, SKEP_ERR_SYSCALL, "count the possible CPUs");
		spec->max_entries = (uint64_t)cpus;
		return 0;
	default:
		return 0;
	}
}

int map_spec_complete(const struct skep_map_spec *spec, struct skep_map_spec *ret_spec,
		      struct skep_error *err)
{
	struct skep_map_spec s = { 0 };
	int r = spec ? opts_copy(&s, sizeof(s), spec) : -EINVAL;

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "the spec of a map");
	if ((s.type | s.key_size | s.value_size | s.max_entries | s.flags) > UINT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "the spec of map '%s': a number is beyond 32 bits.",
				 s.name ? s.name : "");
	force_sizes(&s);
	if (skep_map_type_memory((uint32_t)s.type) == SKEP_MAP_MEMORY_NO_PREALLOC)
		s.flags |= SKEP_MAP_FLAG_NO_PREALLOC;
	r = force_entries(&s, err);
	if (r < 0)
		return r;
	*ret_spec = s;
	return 0;
}

/* One list of least recently used elements for each CPU: each gets as many. */
static int round_lru(struct skep_map_spec *spec, struct skep_error *err)
{
	uint64_t entries;
	int cpus = sys_possible_cpus();

	if (cpus < 0)
		return skep_fail(err, cpus, SKEP_ERR_SYSCALL, "count the possible CPUs");
	entries = (spec->max_entries + (uint64_t)cpus - 1) / (uint64_t)cpus * (uint64_t)cpus;
	if (entries > UINT32_MAX)
		entries -= (uint64_t)cpus;
	spec->max_entries = entries;
	return 0;
}

int skep_map_spec_normalise(const struct skep_map_spec *spec, struct skep_map_spec *ret_spec,
			    struct skep_error *err)
{
	struct skep_map_spec s = { 0 };
	int r = map_spec_complete(spec, &s, err);

	if (r < 0)
		return r;
	s.flags &= ~SKEP_MAP_FLAGS_NOT_KEPT;
	if (s.type == SKEP_MAP_TYPE_DEVMAP || s.type == SKEP_MAP_TYPE_DEVMAP_HASH)
		s.flags |= SKEP_MAP_FLAG_RDONLY_PROG;
	if (skep_map_type_memory((uint32_t)s.type) == SKEP_MAP_MEMORY_LRU &&
	    s.flags & SKEP_MAP_FLAG_NO_COMMON_LRU) {
		r = round_lru(&s, err);
		if (r < 0)
			return r;
	}
	*ret_spec = s;
	return 0;
}

static int differ(struct skep_map_difference *differences, int count, const char *property,
		  uint64_t wanted, uint64_t found)
{
	if (wanted == found)
		return count;
	if (differences)
		differences[count] = (struct skep_map_difference){ property, wanted, found };
	return count + 1;
}

int skep_map_spec_compare(const struct skep_map_spec *spec, const struct skep_map_info *info,
			  size_t info_bytes, uint64_t ignored_flags,
			  struct skep_map_difference *ret_differences, struct skep_error *err)
{
	struct skep_map_difference *d = ret_differences;
	struct skep_map_spec s;
	int n = 0, r = skep_map_spec_normalise(spec, &s, err);

	if (r < 0)
		return r;
	/* an older kernel added this flag to no map */
	if (s.type == SKEP_MAP_TYPE_DEVMAP || s.type == SKEP_MAP_TYPE_DEVMAP_HASH)
		ignored_flags |= SKEP_MAP_FLAG_RDONLY_PROG;
	n = differ(d, n, "type", s.type, info->type);
	n = differ(d, n, "key_size", s.key_size, info->key_size);
	n = differ(d, n, "value_size", s.value_size, info->value_size);
	n = differ(d, n, "max_entries", s.max_entries, info->max_entries);
	n = differ(d, n, "flags", s.flags & ~ignored_flags, info->map_flags & ~ignored_flags);
	if (SKEP_INFO_HAS(struct skep_map_info, map_extra, info_bytes) &&
	    s.type == SKEP_MAP_TYPE_BLOOM_FILTER)
		n = differ(d, n, "map_extra", s.map_extra ? s.map_extra : 5,
			   info->map_extra ? info->map_extra : 5);
	if (SKEP_INFO_HAS(struct skep_map_info, map_extra, info_bytes) &&
	    s.type == SKEP_MAP_TYPE_ARENA && s.map_extra)
		n = differ(d, n, "map_extra", s.map_extra, info->map_extra);
	return n;
}

int map_spec_compare_inner(const struct skep_map_spec *inner, const struct map_kernel_inner *found,
			   uint64_t ignored_flags, int count,
			   struct skep_map_difference *ret_differences, struct skep_error *err)
{
	struct skep_map_difference *d = ret_differences;
	struct skep_map_spec s;
	int n = count, r = skep_map_spec_normalise(inner, &s, err);

	if (r < 0)
		return r;
	n = differ(d, n, "inner_type", s.type, found->type);
	n = differ(d, n, "inner_key_size", s.key_size, found->key_size);
	n = differ(d, n, "inner_value_size", s.value_size, found->value_size);
	n = differ(d, n, "inner_flags", s.flags & ~ignored_flags, found->flags & ~ignored_flags);
	/* programs are checked against the size of an array; of others the kernel takes any */
	if (skep_map_type_is_indexed((uint32_t)s.type) && !(s.flags & SKEP_MAP_FLAG_INNER_MAP))
		n = differ(d, n, "inner_max_entries", s.max_entries, found->max_entries);
	return n;
}

void skep_map_spec_of(const struct skep_map_info *info, struct skep_map_spec *ret_spec)
{
	*ret_spec = (struct skep_map_spec){
		.sz = sizeof(*ret_spec),
		.name = info->name,
		.type = info->type,
		.key_size = info->key_size,
		.value_size = info->value_size,
		.max_entries = info->max_entries,
		.flags = info->map_flags,
		.map_extra = info->map_extra,
	};
	if (info->type == SKEP_MAP_TYPE_DEVMAP || info->type == SKEP_MAP_TYPE_DEVMAP_HASH)
		ret_spec->flags &= ~(uint64_t)SKEP_MAP_FLAG_RDONLY_PROG;
}
