/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_FACTS_H
#define SKEP_KABI_FACTS_H
/*
 * What a program that works on maps and programs of any type has to know of the types.
 *
 * Of a type that is not in the tables nothing is known: no fact, no batch command, SKEP_MAP_MEMORY_FIXED.
 */
#include <skep/base.h>

SKEP_BEGIN

/* Facts about a type of map: skep_map_type_facts(). */
enum skep_map_fact {
	SKEP_MAP_FACT_PERCPU =
		0x1, /* a value is one for each possible CPU, each rounded up to 8 bytes */
	SKEP_MAP_FACT_INDEXED = 0x2, /* keys are the numbers below max_entries, in 4 bytes */
	SKEP_MAP_FACT_KEYLESS = 0x4, /* there are no keys, the key size is 0 */
	SKEP_MAP_FACT_STORAGE =
		0x8, /* keys are fds of what a value belongs to: socket, inode, task, cgroup */
	SKEP_MAP_FACT_FDS = 0x10,  /* values are written as fds; what is read, if it is, is an id */
	SKEP_MAP_FACT_MAPS = 0x20, /* values are maps */
	SKEP_MAP_FACT_MMAPABLE =
		0x40, /* can be mapped into memory; an array with SKEP_MAP_FLAG_MMAPABLE */
	SKEP_MAP_FACT_NETWORK = 0x80, /* to create one takes CAP_NET_ADMIN, too */
	SKEP_MAP_FACT_FULL = 0x100    /* elements are always there, and cannot be removed */
};

/* Batch commands of a type of map: skep_map_type_batch(). */
enum skep_map_batch {
	SKEP_MAP_BATCH_LOOKUP = 0x1,
	SKEP_MAP_BATCH_TAKE = 0x2, /* BPF_MAP_LOOKUP_AND_DELETE_BATCH */
	SKEP_MAP_BATCH_UPDATE = 0x4,
	SKEP_MAP_BATCH_DELETE = 0x8
};

/* Which flag decides how elements of a type of map are allocated: skep_map_type_memory(). */
enum skep_map_memory {
	SKEP_MAP_MEMORY_FIXED = 0, /* none */
	SKEP_MAP_MEMORY_PREALLOC =
		1, /* all at once, or as they come with SKEP_MAP_FLAG_NO_PREALLOC */
	SKEP_MAP_MEMORY_NO_PREALLOC = 2, /* as they come: SKEP_MAP_FLAG_NO_PREALLOC has to be set */
	SKEP_MAP_MEMORY_LRU =
		3 /* one list, or a list for each CPU with SKEP_MAP_FLAG_NO_COMMON_LRU */
};

/**
 * skep_map_type_facts() - what is true of a type of map
 * @type: enum skep_map_type
 *
 * Return: enum skep_map_fact, several together.
 * Context: any thread.
 * Source: src/kabi/map_type.def.
 */
uint32_t skep_map_type_facts(uint32_t type);

/**
 * skep_map_type_batch() - the batch commands that a type of map has in the newest kernel
 * @type: enum skep_map_type
 *
 * A type may have got them later than the commands came: an older kernel answers ENOTSUPP.
 *
 * Return: enum skep_map_batch, several together.
 * Context: any thread.
 * Source: src/kabi/map_type.def.
 */
uint32_t skep_map_type_batch(uint32_t type);

/**
 * skep_map_type_memory() - which flag decides how its elements are allocated
 * @type: enum skep_map_type
 *
 * Return: enum skep_map_memory.
 * Context: any thread.
 * Source: src/kabi/map_type.def.
 */
uint32_t skep_map_type_memory(uint32_t type);

/**
 * skep_map_type_capabilities() - what it takes to create a map of a type
 * @type: enum skep_map_type
 *
 * Return: a set of capabilities as of skep_operation_capabilities(); that of CAP_BPF for an unknown type.
 * Context: any thread.
 * Source: src/kabi/map_type.def.
 */
uint64_t skep_map_type_capabilities(uint32_t type);

/**
 * skep_prog_type_attach_type() - the expected attach type to load a program with that names none
 * @type: enum skep_prog_type
 *
 * Return: enum skep_attach_type; 0 for a type whose attach type the kernel does not look at when it loads.
 * Context: any thread.
 * Source: src/kabi/prog_type.def.
 */
uint32_t skep_prog_type_attach_type(uint32_t type);

/**
 * skep_prog_type_capabilities() - what it takes to load a program of a type
 * @type: enum skep_prog_type
 *
 * Return: a set of capabilities as of skep_operation_capabilities(); that of CAP_BPF for an unknown type.
 * Context: any thread.
 * Source: src/kabi/prog_type.def.
 */
uint64_t skep_prog_type_capabilities(uint32_t type);

/**
 * skep_map_type_is_percpu() - whether SKEP_MAP_FACT_PERCPU is among skep_map_type_facts()
 * @type: enum skep_map_type
 *
 * Return: 1 or 0.
 * Source: src/kabi/map_type.def.
 */
static inline int skep_map_type_is_percpu(uint32_t type)
{
	return !!(skep_map_type_facts(type) & SKEP_MAP_FACT_PERCPU);
}

/**
 * skep_map_type_is_indexed() - whether SKEP_MAP_FACT_INDEXED is among skep_map_type_facts()
 * @type: enum skep_map_type
 *
 * Return: 1 or 0.
 * Source: src/kabi/map_type.def.
 */
static inline int skep_map_type_is_indexed(uint32_t type)
{
	return !!(skep_map_type_facts(type) & SKEP_MAP_FACT_INDEXED);
}

/**
 * skep_map_type_is_keyless() - whether SKEP_MAP_FACT_KEYLESS is among skep_map_type_facts()
 * @type: enum skep_map_type
 *
 * Return: 1 or 0.
 * Source: src/kabi/map_type.def.
 */
static inline int skep_map_type_is_keyless(uint32_t type)
{
	return !!(skep_map_type_facts(type) & SKEP_MAP_FACT_KEYLESS);
}

/**
 * skep_map_type_is_storage() - whether SKEP_MAP_FACT_STORAGE is among skep_map_type_facts()
 * @type: enum skep_map_type
 *
 * Return: 1 or 0.
 * Source: src/kabi/map_type.def.
 */
static inline int skep_map_type_is_storage(uint32_t type)
{
	return !!(skep_map_type_facts(type) & SKEP_MAP_FACT_STORAGE);
}

/**
 * skep_map_type_is_map_of_maps() - whether SKEP_MAP_FACT_MAPS is among skep_map_type_facts()
 * @type: enum skep_map_type
 *
 * Return: 1 or 0.
 * Source: src/kabi/map_type.def.
 */
static inline int skep_map_type_is_map_of_maps(uint32_t type)
{
	return !!(skep_map_type_facts(type) & SKEP_MAP_FACT_MAPS);
}

/**
 * skep_map_type_is_mmapable() - whether SKEP_MAP_FACT_MMAPABLE is among skep_map_type_facts()
 * @type: enum skep_map_type
 *
 * Return: 1 or 0.
 * Source: src/kabi/map_type.def.
 */
static inline int skep_map_type_is_mmapable(uint32_t type)
{
	return !!(skep_map_type_facts(type) & SKEP_MAP_FACT_MMAPABLE);
}

SKEP_END
#endif
