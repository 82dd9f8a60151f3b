/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_PERCPU_H
#define SKEP_MAP_PERCPU_H
/*
 * Per-CPU maps: an element has a value for each CPU that there may ever be.
 *
 * What skep_map_lookup() writes and skep_map_update() reads are all of them: a slot for each possible CPU, in the order of
 * their numbers, skep_map_value_stride() bytes apart. Where the numbers have gaps ("0-3,8-11") the slot of a CPU is not its
 * number: skep_map_percpu_slot() and skep_map_percpu_cpu() tell.
 */
#include <skep/base.h>
#include <skep/map_dump.h>

SKEP_BEGIN

struct skep_error;
struct skep_map;

/** skep_map_percpu_count() - Return: how many slots a value has; 0: the map has one value for all CPUs. */
uint32_t skep_map_percpu_count(const struct skep_map *map);

/**
 * skep_map_percpu_slot() - which slot a CPU has
 * @cpu: its number
 *
 * Return: the slot; -ENODEV there is no such CPU, and will not be; else a negative errno.
 * Source: /sys/devices/system/cpu/possible.
 */
int skep_map_percpu_slot(uint32_t cpu);

/**
 * skep_map_percpu_cpu() - which CPU a slot is of
 * @slot: below skep_map_percpu_count()
 *
 * Return: the number of the CPU; -ENODEV there is no such slot; else a negative errno.
 * Source: /sys/devices/system/cpu/possible.
 */
int skep_map_percpu_cpu(uint32_t slot);

/**
 * skep_map_percpu_at() - the value in a slot
 * @values: of an element, skep_map_value_bytes()
 * @slot:   below skep_map_percpu_count()
 *
 * Return: within @values; NULL: there is no such slot.
 * Source: kernel/bpf/hashtab.c, bpf_percpu_hash_copy().
 */
const void *skep_map_percpu_at(const struct skep_map *map, const void *values, uint32_t slot);

/**
 * skep_map_percpu_sum() - add up the values of all CPUs
 * @values:  of an element, skep_map_value_bytes()
 * @ret_sum: value-size bytes: each 64-bit number in it is the sum of those in its place
 *
 * Return: 0; -EINVAL the map is not per-CPU, or its values are not made of 64-bit numbers.
 * Source: none; it is arithmetic, modulo 2^64.
 */
int skep_map_percpu_sum(const struct skep_map *map, const void *values, void *ret_sum);

/**
 * skep_map_percpu_max() - the largest of the values of all CPUs
 * @values:  of an element, skep_map_value_bytes()
 * @ret_max: value-size bytes: each unsigned 64-bit number in it is the largest of those in its place
 *
 * Return: 0; -EINVAL as skep_map_percpu_sum().
 * Source: none; it is arithmetic.
 */
int skep_map_percpu_max(const struct skep_map *map, const void *values, void *ret_max);

/**
 * typedef skep_map_percpu_fn - called for the value of a CPU
 * @cpu:   its number
 * @value: value-size bytes, borrowed for the call
 *
 * Return: 0 to go on; anything else ends the fold and is returned by it.
 */
typedef int (*skep_map_percpu_fn)(uint32_t cpu, const void *value, void *userdata);

/**
 * skep_map_percpu_fold() - visit the values of all CPUs
 * @values:        of an element, skep_map_value_bytes()
 * @fn, @userdata: for each CPU, in the order of their numbers
 *
 * Return: 0; what @fn returned; -EINVAL the map is not per-CPU; else a negative errno.
 * Source: /sys/devices/system/cpu/possible.
 */
int skep_map_percpu_fold(const struct skep_map *map, const void *values, skep_map_percpu_fn fn,
			 void *userdata);

/**
 * skep_map_lookup_cpu() - copy the value of one CPU
 * @key:       key-size bytes
 * @cpu:       its number
 * @ret_value: value-size bytes
 *
 * Linux 7.0 and later copy only that; before, all are read.
 *
 * Return: 0; -ENOENT no such key; -ENODEV no such CPU; -EINVAL the map is not per-CPU; -ENOMEM; else a negative errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_ELEM, BPF_F_CPU.
 */
int skep_map_lookup_cpu(const struct skep_map *map, const void *key, uint32_t cpu, void *ret_value);

/**
 * skep_map_update_cpu() - set the value of one CPU, and leave those of the others
 * @key:   key-size bytes; if it is new, the others are zero
 * @cpu:   its number
 * @value: value-size bytes
 * @flags: SKEP_UPDATE_FLAG_NOEXIST, SKEP_UPDATE_FLAG_EXIST; 0
 *
 * Return: 0; -EOPNOTSUPP before Linux 7.0 there is no way: whatever programs count on other CPUs between a look-up and
 *         an update would be lost; -ENODEV no such CPU; -EINVAL the map is not per-CPU; as skep_map_update().
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM, BPF_F_CPU.
 */
int skep_map_update_cpu(const struct skep_map *map, const void *key, uint32_t cpu,
			const void *value, uint64_t flags);

/**
 * skep_map_update_slots() - set the values of some CPUs, and those of the others to zero
 * @key:    key-size bytes
 * @first:  the slot of the first value
 * @values: value-size bytes each, one right after the other
 * @count:  how many
 * @flags:  as skep_map_update_cpu()
 *
 * Return: 0; -ENODEV there are not so many slots; -EINVAL the map is not per-CPU; -ENOMEM; as skep_map_update().
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_map_update_slots(const struct skep_map *map, const void *key, uint32_t first,
			  const void *values, uint32_t count, uint64_t flags);

/**
 * skep_map_update_all_cpus() - set the same value on all CPUs
 * @key:   key-size bytes
 * @value: value-size bytes
 * @flags: as skep_map_update_cpu()
 *
 * Return: 0; -EINVAL the map is not per-CPU; -ENOMEM; as skep_map_update().
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM, BPF_F_ALL_CPUS.
 */
int skep_map_update_all_cpus(const struct skep_map *map, const void *key, const void *value,
			     uint64_t flags);

/**
 * typedef skep_map_percpu_entry_fn - called for an element of a per-CPU map
 * @key:    key-size bytes, borrowed for the call
 * @values: skep_map_value_bytes(), borrowed for the call: skep_map_percpu_at()
 * @count:  slots in it
 *
 * Return: 0 to go on; anything else ends the walk and is returned by it.
 */
typedef int (*skep_map_percpu_entry_fn)(const void *key, const void *values, uint32_t count,
					void *userdata);

/**
 * skep_map_dump_percpu() - visit all elements of a per-CPU map
 * @opts:          NULL for defaults
 * @fn, @userdata: for each element
 * @ret_stats:     also after a failure; NULL: not wanted
 *
 * Return: as skep_map_dump(); -EOPNOTSUPP the map is not per-CPU.
 * Source: skep_map_dump().
 */
int skep_map_dump_percpu(struct skep_map *map, const struct skep_map_dump_opts *opts,
			 skep_map_percpu_entry_fn fn, void *userdata,
			 struct skep_map_dump_stats *ret_stats, struct skep_error *err);

SKEP_END
#endif
