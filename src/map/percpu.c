/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_percpu.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/map.h"
#include "sys/cpu.h"

#define VALID_FLAGS (SKEP_UPDATE_FLAG_NOEXIST | SKEP_UPDATE_FLAG_EXIST)

static int is_percpu(const struct skep_map *map)
{
	return skep_map_type_is_percpu(map->info.type);
}

uint32_t skep_map_percpu_count(const struct skep_map *map)
{
	return is_percpu(map) ? (uint32_t)(map->value_bytes / map->value_stride) : 0;
}

int skep_map_percpu_slot(uint32_t cpu)
{
	return sys_cpu_slot(cpu);
}

int skep_map_percpu_cpu(uint32_t slot)
{
	return sys_cpu_at(slot);
}

const void *skep_map_percpu_at(const struct skep_map *map, const void *values, uint32_t slot)
{
	if (slot >= skep_map_percpu_count(map))
		return NULL;
	return (const unsigned char *)values + slot * map->value_stride;
}

static uint64_t word_at(const void *values, size_t at)
{
	uint64_t word;

	memcpy(&word, (const unsigned char *)values + at, sizeof(word));
	return word;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a + b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Both begin with 0. */
static int fold_words(const struct skep_map *map, const void *values, void *ret,
		      uint64_t (*fold)(uint64_t a, uint64_t b))
{
	const size_t size = map->info.value_size;
	uint64_t all;
	size_t at, cpu;

	if (!is_percpu(map) || size % sizeof(all))
		return -EINVAL;
	for (at = 0; at < size; at += sizeof(all)) {
		all = 0;
		for (cpu = 0; cpu < map->value_bytes; cpu += map->value_stride)
			all = fold(all, word_at(values, cpu + at));
		memcpy((unsigned char *)ret + at, &all, sizeof(all));
	}
	return 0;
}

int skep_map_percpu_sum(const struct skep_map *map, const void *values, void *ret_sum)
{
	return fold_words(map, values, ret_sum, add);
}

int skep_map_percpu_max(const struct skep_map *map, const void *values, void *ret_max)
{
	return fold_words(map, values, ret_max, larger);
}

int skep_map_percpu_fold(const struct skep_map *map, const void *values, skep_map_percpu_fn fn,
			 void *userdata)
{
	uint32_t slot, count = skep_map_percpu_count(map);
	int cpu, r = count ? 0 : -EINVAL;

	for (slot = 0; slot < count && !r; slot++) {
		cpu = sys_cpu_at(slot);
		r = cpu < 0 ? cpu
			    : fn((uint32_t)cpu, skep_map_percpu_at(map, values, slot), userdata);
	}
	return r;
}

static uint64_t flag_of(uint32_t cpu)
{
	return SKEP_UPDATE_FLAG_CPU | (uint64_t)cpu << 32;
}

int skep_map_lookup_cpu(const struct skep_map *map, const void *key, uint32_t cpu, void *ret_value)
{
	_cleanup_free_ void *values = NULL;
	int slot, r;

	if (!is_percpu(map))
		return -EINVAL;
	slot = sys_cpu_slot(cpu);
	if (slot < 0)
		return slot;
	r = skep_map_lookup(map, key, ret_value, flag_of(cpu));
	if (r != -EINVAL)
		return r;
	values = malloc(map->value_bytes);
	r = values ? skep_map_lookup(map, key, values, 0) : -ENOMEM;
	if (r == 0)
		memcpy(ret_value, skep_map_percpu_at(map, values, (uint32_t)slot),
		       map->info.value_size);
	return r;
}

int skep_map_update_cpu(const struct skep_map *map, const void *key, uint32_t cpu,
			const void *value, uint64_t flags)
{
	int r;

	if (!is_percpu(map) || flags & ~(uint64_t)VALID_FLAGS || flags == VALID_FLAGS)
		return -EINVAL;
	r = sys_cpu_slot(cpu);
	if (r < 0)
		return r;
	/* all arguments are valid: an older kernel */
	r = skep_map_update(map, key, value, flags | flag_of(cpu));
	return r == -EINVAL ? -EOPNOTSUPP : r;
}

int skep_map_update_slots(const struct skep_map *map, const void *key, uint32_t first,
			  const void *values, uint32_t count, uint64_t flags)
{
	_cleanup_free_ unsigned char *all = NULL;
	const size_t size = map->info.value_size, slots = skep_map_percpu_count(map);
	uint32_t i;

	if (!slots)
		return -EINVAL;
	if (first > slots || count > slots - first)
		return -ENODEV;
	all = calloc(1, map->value_bytes);
	if (!all)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		memcpy(all + (first + i) * map->value_stride,
		       (const unsigned char *)values + i * size, size);
	return skep_map_update(map, key, all, flags);
}

int skep_map_update_all_cpus(const struct skep_map *map, const void *key, const void *value,
			     uint64_t flags)
{
	_cleanup_free_ unsigned char *all = NULL;
	size_t at;
	int r;

	if (!is_percpu(map))
		return -EINVAL;
	r = skep_map_update(map, key, value, flags | SKEP_UPDATE_FLAG_ALL_CPUS);
	if (r != -EINVAL)
		return r;
	all = calloc(1, map->value_bytes);
	if (!all)
		return -ENOMEM;
	for (at = 0; at < map->value_bytes; at += map->value_stride)
		memcpy(all + at, value, map->info.value_size);
	return skep_map_update(map, key, all, flags);
}

struct dump {
	skep_map_percpu_entry_fn fn;
	void *userdata;
	uint32_t count;
};

static int dump_one(const void *key, const void *value, void *userdata)
{
	const struct dump *d = userdata;

	return d->fn(key, value, d->count, d->userdata);
}

int skep_map_dump_percpu(struct skep_map *map, const struct skep_map_dump_opts *opts,
			 skep_map_percpu_entry_fn fn, void *userdata,
			 struct skep_map_dump_stats *ret_stats, struct skep_error *err)
{
	struct dump d = { .fn = fn, .userdata = userdata, .count = skep_map_percpu_count(map) };

	if (!d.count)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "walk map '%s': a map of type %s has one value for all CPUs.",
				 map->info.name, skep_map_type_name(map->info.type, NULL));
	return skep_map_dump(map, opts, dump_one, &d, ret_stats, err);
}
