/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_QUEUE_H
#define SKEP_MAP_QUEUE_H
/*
 * Maps without keys: queues and stacks, and bloom filters, which are asked whether a value has been put in.
 *
 * A map of another type gets -EOPNOTSUPP, whatever the kernel would make of the call.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_map;

/**
 * skep_map_push() - put a value into a queue, a stack or a bloom filter
 * @value: value-size bytes
 * @flags: SKEP_UPDATE_FLAG_EXIST: of a queue or stack that is full the oldest goes; 0
 *
 * Return: 0; -E2BIG it is full; -EOPNOTSUPP not this type; else a negative errno.
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM; kernel/bpf/queue_stack_maps.c.
 */
int skep_map_push(const struct skep_map *map, const void *value, uint64_t flags);

/**
 * skep_map_pop() - take the next value out of a queue or stack
 * @ret_value: value-size bytes
 *
 * Return: 0; -ENOENT it is empty; -EOPNOTSUPP not this type; else a negative errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_AND_DELETE_ELEM.
 */
int skep_map_pop(const struct skep_map *map, void *ret_value);

/**
 * skep_map_peek() - copy the next value of a queue or stack, and leave it there
 * @ret_value: value-size bytes
 *
 * Return: 0; -ENOENT it is empty; -EOPNOTSUPP not this type; else a negative errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_ELEM.
 */
int skep_map_peek(const struct skep_map *map, void *ret_value);

/**
 * skep_map_contains() - ask a bloom filter whether a value has been put in
 * @value: value-size bytes
 *
 * Return: 1 probably, in the way of such filters; 0 certainly not; -EOPNOTSUPP not this type; else a negative errno.
 * Source: bpf(2) BPF_MAP_LOOKUP_ELEM; kernel/bpf/bloom_filter.c.
 */
int skep_map_contains(const struct skep_map *map, const void *value);

SKEP_END
#endif
