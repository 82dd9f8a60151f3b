/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_policy.h>

#include <skep/kabi/map_flag.h>
#include <skep/kabi_facts.h>

uint32_t skep_map_memory_flags(uint32_t type, uint64_t policy)
{
	switch (skep_map_type_memory(type)) {
	case SKEP_MAP_MEMORY_NO_PREALLOC:
		return SKEP_MAP_FLAG_NO_PREALLOC;
	case SKEP_MAP_MEMORY_PREALLOC:
		return policy & SKEP_MAP_POLICY_PREALLOCATE ? 0 : SKEP_MAP_FLAG_NO_PREALLOC;
	case SKEP_MAP_MEMORY_LRU:
		return policy & SKEP_MAP_POLICY_DISTRIBUTED_LRU ? SKEP_MAP_FLAG_NO_COMMON_LRU : 0;
	default:
		return 0;
	}
}
