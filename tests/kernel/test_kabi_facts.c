/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What src/kabi/map_type.def and prog_type.def say of types, against the running kernel. */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <skep/kabi.h>

#include "lab/privilege.h"

#define ENOTSUPP 524

static unsigned release_major, release_minor;
static int btf_fd, inner_fd;

static int is_since(unsigned major, unsigned minor)
{
	return release_major > major || (release_major == major && release_minor >= minor);
}

/* The smallest map of a type; the flags that decide on memory are added. */
struct map_case {
	uint32_t type, key_size, value_size, max_entries, flags;
	int with_btf;
};

static const struct map_case map_cases[] = {
	{ SKEP_MAP_TYPE_HASH, 4, 4, 4 },
	{ SKEP_MAP_TYPE_ARRAY, 4, 4, 4 },
	{ SKEP_MAP_TYPE_PROG_ARRAY, 4, 4, 4 },
	{ SKEP_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4 },
	{ SKEP_MAP_TYPE_PERCPU_HASH, 4, 4, 4 },
	{ SKEP_MAP_TYPE_PERCPU_ARRAY, 4, 4, 4 },
	{ SKEP_MAP_TYPE_STACK_TRACE, 4, 8, 4 },
	{ SKEP_MAP_TYPE_CGROUP_ARRAY, 4, 4, 4 },
	{ SKEP_MAP_TYPE_LRU_HASH, 4, 4, 4 },
	{ SKEP_MAP_TYPE_LRU_PERCPU_HASH, 4, 4, 4 },
	{ SKEP_MAP_TYPE_LPM_TRIE, 8, 4, 4 },
	{ SKEP_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4 },
	{ SKEP_MAP_TYPE_HASH_OF_MAPS, 4, 4, 4 },
	{ SKEP_MAP_TYPE_DEVMAP, 4, 4, 4 },
	{ SKEP_MAP_TYPE_SOCKMAP, 4, 4, 4 },
	{ SKEP_MAP_TYPE_CPUMAP, 4, 4, 4 },
	{ SKEP_MAP_TYPE_XSKMAP, 4, 4, 4 },
	{ SKEP_MAP_TYPE_SOCKHASH, 4, 4, 4 },
	{ SKEP_MAP_TYPE_CGROUP_STORAGE, 8, 4, 0 },
	{ SKEP_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 4, 4 },
	{ SKEP_MAP_TYPE_PERCPU_CGROUP_STORAGE, 8, 4, 0 },
	{ SKEP_MAP_TYPE_QUEUE, 0, 4, 4 },
	{ SKEP_MAP_TYPE_STACK, 0, 4, 4 },
	{ SKEP_MAP_TYPE_SK_STORAGE, 4, 4, 0, 0, 1 },
	{ SKEP_MAP_TYPE_DEVMAP_HASH, 4, 4, 4 },
	{ SKEP_MAP_TYPE_RINGBUF, 0, 0, 4096 },
	{ SKEP_MAP_TYPE_INODE_STORAGE, 4, 4, 0, 0, 1 },
	{ SKEP_MAP_TYPE_TASK_STORAGE, 4, 4, 0, 0, 1 },
	{ SKEP_MAP_TYPE_BLOOM_FILTER, 0, 4, 4 },
	{ SKEP_MAP_TYPE_USER_RINGBUF, 0, 0, 4096 },
	{ SKEP_MAP_TYPE_CGRP_STORAGE, 4, 4, 0, 0, 1 },
	{ SKEP_MAP_TYPE_ARENA, 0, 0, 1, SKEP_MAP_FLAG_MMAPABLE },
	{ SKEP_MAP_TYPE_INSN_ARRAY, 4, 16, 4 },
	{ SKEP_MAP_TYPE_RHASH, 4, 4, 4 },
};

static const char *name_of(const struct map_case *c)
{
	return skep_map_type_name(c->type, NULL);
}

static int has_type(const struct map_case *c)
{
	const struct skep_kabi_row *row = skep_kabi_find(SKEP_KABI_MAP_TYPE, c->type);

	return is_since(row->since_major, row->since_minor);
}

static int create(const struct map_case *c, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = c->flags | flags);

	if (skep_map_type_is_map_of_maps(c->type))
		opts.inner_map_fd = (uint32_t)inner_fd;
	if (c->with_btf) {
		opts.btf_fd = (uint32_t)btf_fd;
		opts.btf_key_type_id = opts.btf_value_type_id = 1;
	}
	return bpf_map_create((enum bpf_map_type)c->type, NULL, c->key_size, c->value_size,
			      c->max_entries, &opts);
}

/* The flags that a map of the type cannot do without. */
static uint32_t memory_flags(const struct map_case *c)
{
	return skep_map_type_memory(c->type) == SKEP_MAP_MEMORY_NO_PREALLOC
		       ? SKEP_MAP_FLAG_NO_PREALLOC
		       : 0;
}

static void check_created(const struct map_case *c, uint32_t flags, int want)
{
	_cleanup_close_ int fd = create(c, flags);

	check_int(fd >= 0, want, "%s with flags 0x%x: %d", name_of(c), flags, fd);
}

static void map_type__takes_the_memory_flags_of_its_class(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(map_cases); i++) {
		const struct map_case *c = &map_cases[i];
		uint32_t memory = skep_map_type_memory(c->type);

		if (!has_type(c))
			continue;
		check_created(c, 0, memory != SKEP_MAP_MEMORY_NO_PREALLOC);
		check_created(c, SKEP_MAP_FLAG_NO_PREALLOC,
			      memory == SKEP_MAP_MEMORY_PREALLOC ||
				      memory == SKEP_MAP_MEMORY_NO_PREALLOC);
		check_created(c, SKEP_MAP_FLAG_NO_COMMON_LRU, memory == SKEP_MAP_MEMORY_LRU);
	}
}

/* An empty batch does nothing, where there is the command. */
static int has_batch(int fd, uint32_t command)
{
	union bpf_attr attr = { .batch.map_fd = (uint32_t)fd };

	return syscall(SYS_bpf, command, &attr, sizeof(attr)) == 0 || errno != ENOTSUPP;
}

static void map_type__has_its_batch_commands(void **state)
{
	static const struct {
		uint32_t batch, command;
	} commands[] = {
		{ SKEP_MAP_BATCH_LOOKUP, SKEP_COMMAND_MAP_LOOKUP_BATCH },
		{ SKEP_MAP_BATCH_TAKE, SKEP_COMMAND_MAP_LOOKUP_AND_DELETE_BATCH },
		{ SKEP_MAP_BATCH_UPDATE, SKEP_COMMAND_MAP_UPDATE_BATCH },
		{ SKEP_MAP_BATCH_DELETE, SKEP_COMMAND_MAP_DELETE_BATCH },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(map_cases); i++) {
		const struct map_case *c = &map_cases[i];
		_cleanup_close_ int fd = -1;
		uint32_t got = 0, want = skep_map_type_batch(c->type);

		if (!has_type(c))
			continue;
		fd = create(c, memory_flags(c));
		for (j = 0; j < ARRAY_SIZE(commands); j++)
			got |= has_batch(fd, commands[j].command) ? commands[j].batch : 0;
		if (is_since(6, 1))
			check_u64(got, want, "%s: batch commands", name_of(c));
		else
			check_u64(got & ~want, 0, "%s: more batch commands than 0x%x", name_of(c),
				  want);
	}
}

static int create_default(void *userdata)
{
	return create(userdata, memory_flags(userdata));
}

static void map_type__is_created_with_its_capabilities(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(map_cases); i++) {
		struct map_case c = map_cases[i];
		uint64_t set = skep_map_type_capabilities(c.type), bit;
		int r;

		if (!has_type(&c))
			continue;
		r = lab_with_capabilities(set, create_default, &c);
		check_int(r < 0 ? r : 0, 0, "%s with 0x%" PRIx64, name_of(&c), set);
		for (bit = 1; bit; bit <<= 1)
			if (set & bit)
				check_int(lab_with_capabilities(set & ~bit, create_default, &c),
					  -EPERM, "%s without 0x%" PRIx64, name_of(&c), bit);
	}
}

/* r0 = 0; exit */
static const struct bpf_insn insns[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int load(void *userdata)
{
	uint32_t type = *(uint32_t *)userdata;
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = (enum bpf_attach_type)skep_prog_type_attach_type(type),
		    .prog_flags = type == SKEP_PROG_TYPE_SYSCALL ? SKEP_PROG_FLAG_SLEEPABLE : 0);

	return bpf_prog_load((enum bpf_prog_type)type, NULL, "GPL", insns, ARRAY_SIZE(insns),
			     &opts);
}

/* Those that take something of BTF to attach to, and those that this kernel is built without, are left out. */
static void prog_type__is_loaded_with_its_capabilities(void **state)
{
	uint64_t all = lab_capabilities();
	size_t i, count, loaded = 0;
	const struct skep_kabi_row *rows = skep_kabi_rows(SKEP_KABI_PROG_TYPE, &count);

	(void)state;
	for (i = 0; i < count; i++) {
		uint32_t type = (uint32_t)rows[i].number;
		uint64_t set = skep_prog_type_capabilities(type), bit;
		int r = lab_with_capabilities(all, load, &type);

		if (r < 0) {
			print_message("# %s: not loaded with any: %d\n", rows[i].name, r);
			continue;
		}
		loaded++;
		r = lab_with_capabilities(set, load, &type);
		check_int(r < 0 ? r : 0, 0, "%s with 0x%" PRIx64, rows[i].name, set);
		for (bit = 1; bit; bit <<= 1)
			if (set & bit)
				check_int(lab_with_capabilities(set & ~bit, load, &type), -EPERM,
					  "%s without 0x%" PRIx64, rows[i].name, bit);
	}
	check_int(loaded >= 20, 1, "%zu types were loaded", loaded);
}

static int prepare(void **state)
{
	struct btf *btf = btf__new_empty();
	struct utsname u;
	uint32_t size;
	const void *data;

	(void)state;
	if (btf__add_int(btf, "int", 4, BTF_INT_SIGNED) != 1)
		return -1;
	data = btf__raw_data(btf, &size);
	btf_fd = bpf_btf_load(data, size, NULL);
	btf__free(btf);
	inner_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 4, 4, NULL);
	if (btf_fd < 0 || inner_fd < 0 || uname(&u) < 0)
		return -1;
	return sscanf(u.release, "%u.%u", &release_major, &release_minor) - 2;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_type__takes_the_memory_flags_of_its_class),
		cmocka_unit_test(map_type__has_its_batch_commands),
		cmocka_unit_test(map_type__is_created_with_its_capabilities),
		cmocka_unit_test(prog_type__is_loaded_with_its_capabilities),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
