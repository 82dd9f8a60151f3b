/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_POLICY_H
#define SKEP_MAP_POLICY_H
/*
 * How maps get their memory: one setting for all the maps of a program, from which the flags of each follow by its
 * type. It is a value that the program passes on, not a switch of the process.
 */
#include <skep/base.h>

SKEP_BEGIN

#define SKEP_MAP_POLICY_PREALLOCATE \
	(1u << 0) /* hash maps get all their memory when they are created */
#define SKEP_MAP_POLICY_DISTRIBUTED_LRU \
	(1u << 1) /* LRU maps have a list for each CPU, not one for all */

/**
 * skep_map_memory_flags() - the flags that a policy gives to a map of a type
 * @type:   enum skep_map_type
 * @policy: SKEP_MAP_POLICY_*; 0: memory as elements come, one LRU list
 *
 * OR them into the flags of the map, and of the inner map of a map of maps, which has a type of its own.
 *
 * Return: SKEP_MAP_FLAG_NO_PREALLOC, SKEP_MAP_FLAG_NO_COMMON_LRU or 0.
 * Context: any thread.
 * Source: skep_map_type_memory(); kernel/bpf/hashtab.c, htab_map_alloc_check().
 */
uint32_t skep_map_memory_flags(uint32_t type, uint64_t policy);

SKEP_END
#endif
