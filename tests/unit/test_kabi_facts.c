/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <string.h>

#include <skep/kabi.h>

/* All types of maps of which a question is answered with yes, by name, aliases left out. */
static const char *types_that(int (*question)(uint32_t type))
{
	static char names[512];
	size_t i, count;
	const struct skep_kabi_row *rows = skep_kabi_rows(SKEP_KABI_MAP_TYPE, &count);

	names[0] = '\0';
	for (i = 0; i < count; i++)
		if (question((uint32_t)rows[i].number) &&
		    skep_kabi_find(SKEP_KABI_MAP_TYPE, rows[i].number) == &rows[i]) {
			strncat(names, names[0] ? " " : "", sizeof(names) - strlen(names) - 1);
			strncat(names, rows[i].name, sizeof(names) - strlen(names) - 1);
		}
	return names;
}

static int takes_no_flag_for_memory(uint32_t type)
{
	return skep_map_type_memory(type) != SKEP_MAP_MEMORY_FIXED;
}

static int takes_net_admin(uint32_t type)
{
	return skep_map_type_capabilities(type) ==
	       (SKEP_CAPABILITY_BIT(BPF) | SKEP_CAPABILITY_BIT(NET_ADMIN));
}

static void map_types__are_told_apart(void **state)
{
	(void)state;
	check_text(types_that(skep_map_type_is_percpu),
		   "percpu_hash percpu_array lru_percpu_hash percpu_cgroup_storage", "per CPU");
	check_text(
		types_that(skep_map_type_is_indexed),
		"array prog_array perf_event_array percpu_array cgroup_array array_of_maps devmap "
		"sockmap cpumap xskmap reuseport_sockarray struct_ops insn_array",
		"indexed");
	check_text(types_that(skep_map_type_is_keyless),
		   "queue stack ringbuf bloom_filter user_ringbuf arena", "keyless");
	check_text(types_that(skep_map_type_is_storage),
		   "sk_storage inode_storage task_storage cgrp_storage", "storage");
	check_text(types_that(skep_map_type_is_map_of_maps), "array_of_maps hash_of_maps", "maps");
	check_text(types_that(skep_map_type_is_mmapable), "array ringbuf user_ringbuf arena",
		   "mmapable");
	check_text(types_that(takes_no_flag_for_memory),
		   "hash percpu_hash lru_hash lru_percpu_hash lpm_trie hash_of_maps sk_storage "
		   "inode_storage task_storage cgrp_storage rhash",
		   "memory is not fixed");
	check_text(types_that(takes_net_admin), "devmap sockmap xskmap sockhash devmap_hash",
		   "CAP_NET_ADMIN");
}

static void alias__has_the_facts_of_its_type(void **state)
{
	(void)state;
	check_u64(skep_map_type_facts(SKEP_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED),
		  SKEP_MAP_FACT_PERCPU, "deprecated");
}

static void unknown_type__has_no_facts(void **state)
{
	uint32_t type = 57005;

	(void)state;
	check_u64(skep_map_type_facts(type), 0, "facts");
	check_u64(skep_map_type_batch(type), 0, "batch");
	check_u64(skep_map_type_memory(type), SKEP_MAP_MEMORY_FIXED, "memory");
	check_u64(skep_map_type_capabilities(type), SKEP_CAPABILITY_BIT(BPF), "map capabilities");
	check_u64(skep_prog_type_attach_type(type), 0, "attach type");
	check_u64(skep_prog_type_capabilities(type), SKEP_CAPABILITY_BIT(BPF), "prog capabilities");
}

static void prog_type__has_what_loading_needs(void **state)
{
	uint64_t bpf = SKEP_CAPABILITY_BIT(BPF), net = SKEP_CAPABILITY_BIT(NET_ADMIN),
		 perfmon = SKEP_CAPABILITY_BIT(PERFMON);

	(void)state;
	check_u64(skep_prog_type_capabilities(SKEP_PROG_TYPE_SOCKET_FILTER), bpf, "socket filter");
	check_u64(skep_prog_type_capabilities(SKEP_PROG_TYPE_XDP), bpf | net, "XDP");
	check_u64(skep_prog_type_capabilities(SKEP_PROG_TYPE_KPROBE), bpf | perfmon, "kprobe");
	check_u64(skep_prog_type_capabilities(SKEP_PROG_TYPE_EXT), bpf | net | perfmon,
		  "extension");
	check_u64(skep_prog_type_attach_type(SKEP_PROG_TYPE_XDP), 0, "XDP: none");
	check_u64(skep_prog_type_attach_type(SKEP_PROG_TYPE_SK_LOOKUP), SKEP_ATTACH_TYPE_SK_LOOKUP,
		  "socket lookup");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_types__are_told_apart),
		cmocka_unit_test(alias__has_the_facts_of_its_type),
		cmocka_unit_test(unknown_type__has_no_facts),
		cmocka_unit_test(prog_type__has_what_loading_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
