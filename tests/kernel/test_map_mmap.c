/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Maps in memory. */
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_mmap.h>

#include "bpf_fixture.h"

struct record {
	uint32_t a, b, c; /* 12 bytes, 16 apart */
};

static struct skep_map *make(uint64_t type, uint64_t value_size, uint64_t flags)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "memory",
		.type = type,
		.key_size = 4,
		.value_size = value_size,
		.max_entries = 1000,
		.flags = flags,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

static void mapping__is_the_map(void **state)
{
	struct skep_map *map =
		make(SKEP_MAP_TYPE_ARRAY, sizeof(struct record), SKEP_MAP_FLAG_MMAPABLE);
	struct skep_map_mapping *mapping = NULL;
	struct skep_error err = { 0 };
	struct record record = { 1, 2, 3 };
	uint32_t key = 999;

	(void)state;
	assert_done(skep_map_mapping_open(map, SKEP_MAP_MAPPING_WRITE, &mapping, &err), &err);
	assert_int_equal(skep_map_mapping_stride(mapping), 16);
	assert_int_equal(skep_map_mapping_bytes(mapping), 16000);
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &record, 0), 0);
	assert_int_equal(SKEP_MAP_MAPPING_AT(mapping, struct record, 999)->c, 3);
	SKEP_MAP_MAPPING_AT(mapping, struct record, 999)->b = 77;
	assert_int_equal(SKEP_MAP_LOOKUP(map, &key, &record), 0);
	assert_int_equal(record.b, 77);
	assert_ptr_equal(skep_map_mapping_at(mapping, 1),
			 (char *)skep_map_mapping_address(mapping) + 16);
	assert_null(skep_map_mapping_at(mapping, 1000));
	assert_null(SKEP_MAP_MAPPING_AT(mapping, uint64_t, 0));
	/* the mapping keeps the map */
	skep_map_close(map);
	assert_int_equal(SKEP_MAP_MAPPING_AT(mapping, struct record, 999)->a, 1);
	skep_map_mapping_close(mapping);
	assert_null(skep_map_mapping_close(NULL));
}

static void mapping__and_freezing_exclude_each_other(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_ARRAY, 8, SKEP_MAP_FLAG_MMAPABLE);
	struct skep_map_mapping *mapping = NULL;
	struct skep_error err = { 0 };
	uint64_t value = 1;
	uint32_t key = 0;
	int r;

	(void)state;
	assert_done(skep_map_mapping_open(map, SKEP_MAP_MAPPING_WRITE, &mapping, &err), &err);
	r = skep_map_freeze(map, &err);
	assert_true(r == -EBUSY || r == -EPERM);
	*SKEP_MAP_MAPPING_AT(mapping, uint64_t, 0) = 5;
	mapping = skep_map_mapping_close(mapping);
	assert_done(skep_map_freeze(map, &err), &err);
	assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, 0), -EPERM);
	assert_int_equal(skep_map_mapping_open(map, SKEP_MAP_MAPPING_WRITE, &mapping, &err),
			 -EPERM);
	assert_told(&err, SKEP_ERR_CONFLICT, "it is frozen, or for reading only");
	assert_done(skep_map_mapping_open(map, 0, &mapping, &err), &err);
	assert_int_equal(*SKEP_MAP_MAPPING_AT(mapping, uint64_t, 0), 5);
	skep_map_mapping_close(mapping);
	skep_map_close(map);
}

static void mapping__of_what_programs_only_read_is_for_reading(void **state)
{
	struct skep_map *map =
		make(SKEP_MAP_TYPE_ARRAY, 8, SKEP_MAP_FLAG_MMAPABLE | SKEP_MAP_FLAG_RDONLY_PROG);
	struct skep_map_mapping *mapping = NULL;
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_mapping_open(map, SKEP_MAP_MAPPING_WRITE, &mapping, &err),
			 -EACCES);
	assert_done(skep_map_mapping_open(map, 0, &mapping, &err), &err);
	skep_map_mapping_close(mapping);
	skep_map_close(map);
}

static void mapping__says_what_cannot_be_mapped(void **state)
{
	struct skep_map *plain = make(SKEP_MAP_TYPE_ARRAY, 8, 0);
	struct skep_map *hash = make(SKEP_MAP_TYPE_HASH, 8, 0);
	struct skep_map_mapping *mapping = NULL;
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_mapping_open(plain, 0, &mapping, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "has to be made with the flag mmapable");
	assert_int_equal(skep_map_mapping_open(hash, 0, &mapping, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "type hash has no elements in memory");
	assert_int_equal(skep_map_mapping_open(plain, 8, &mapping, &err), -EINVAL);
	assert_null(mapping);
	skep_map_close(plain);
	skep_map_close(hash);
}

/* What a compiler makes of "int first; static long second;" in .data. Return: the section's id. */
static int make_variables(struct btf *btf)
{
	int section;

	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), 1);
	assert_int_equal(btf__add_int(btf, "long", 8, BTF_INT_SIGNED), 2);
	assert_int_equal(btf__add_var(btf, "first", BTF_VAR_GLOBAL_ALLOCATED, 1), 3);
	assert_int_equal(btf__add_var(btf, "second", BTF_VAR_STATIC, 2), 4);
	section = btf__add_datasec(btf, ".data", 16);
	assert_true(section > 0);
	assert_int_equal(btf__add_datasec_var_info(btf, 3, 0, 4), 0);
	assert_int_equal(btf__add_datasec_var_info(btf, 4, 8, 8), 0);
	assert_int_equal(btf__load_into_kernel(btf), 0);
	return section;
}

static void mapping__finds_variables_by_name(void **state)
{
	struct btf *btf = btf__new_empty();
	struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "test.data",
		.type = SKEP_MAP_TYPE_ARRAY,
		.value_size = 16,
		.max_entries = 1,
		.flags = SKEP_MAP_FLAG_MMAPABLE,
	};
	struct skep_map *map = NULL, *bare = make(SKEP_MAP_TYPE_ARRAY, 8, SKEP_MAP_FLAG_MMAPABLE);
	struct skep_map_mapping *mapping = NULL;
	struct skep_map_variable variable;
	struct skep_error err = { 0 };
	uint64_t value[2] = { 0 };
	uint32_t key = 0;

	(void)state;
	assert_non_null(btf);
	spec.btf_value_type_id = (uint64_t)make_variables(btf);
	spec.btf_fd = (uint64_t)btf__fd(btf);
	assert_done(skep_map_create(&spec, &map, &err), &err);
	assert_done(skep_map_mapping_open(map, SKEP_MAP_MAPPING_WRITE, &mapping, &err), &err);
	assert_int_equal(skep_map_mapping_find(mapping, "second", &variable, &err), 1);
	assert_int_equal(variable.bytes, 8);
	assert_int_equal(variable.type_id, 2);
	*(int64_t *)variable.address = -2;
	assert_int_equal(SKEP_MAP_LOOKUP(map, &key, &value), 0);
	assert_int_equal(value[1], (uint64_t)-2);
	assert_int_equal(skep_map_mapping_find(mapping, "third", &variable, &err), 0);
	skep_map_mapping_close(mapping);
	assert_done(skep_map_mapping_open(bare, 0, &mapping, &err), &err);
	assert_int_equal(skep_map_mapping_find(mapping, "first", &variable, &err), -ENODATA);
	skep_map_mapping_close(mapping);
	skep_map_close(bare);
	skep_map_close(map);
	btf__free(btf);
}

/* An arena has one place, in every process. */
static void mapping__of_an_arena_is_where_it_was_made_for(void **state)
{
	const uint64_t place = 0x200000000000;
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "arena",
		.type = SKEP_MAP_TYPE_ARENA,
		.max_entries = 4,
		.flags = SKEP_MAP_FLAG_MMAPABLE,
		.map_extra = place,
	};
	struct skep_map_mapping *mapping = NULL, *again = NULL;
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	(void)state;
	if (!fixture_kernel_has("BPF_MAP_TYPE_ARENA"))
		skip();
	assert_done(skep_map_create(&spec, &map, &err), &err);
	assert_done(skep_map_mapping_open(map, SKEP_MAP_MAPPING_WRITE, &mapping, &err), &err);
	assert_int_equal((uintptr_t)skep_map_mapping_address(mapping), place);
	*(uint64_t *)skep_map_mapping_address(mapping) = 5;
	assert_int_equal(skep_map_mapping_open(map, 0, &again, &err), -EEXIST);
	mapping = skep_map_mapping_close(mapping);
	assert_done(skep_map_mapping_open(map, SKEP_MAP_MAPPING_WRITE, &mapping, &err), &err);
	assert_int_equal(*(uint64_t *)skep_map_mapping_address(mapping), 5);
	skep_map_mapping_close(mapping);
	skep_map_close(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mapping__is_the_map),
		cmocka_unit_test(mapping__and_freezing_exclude_each_other),
		cmocka_unit_test(mapping__of_what_programs_only_read_is_for_reading),
		cmocka_unit_test(mapping__says_what_cannot_be_mapped),
		cmocka_unit_test(mapping__finds_variables_by_name),
		cmocka_unit_test(mapping__of_an_arena_is_where_it_was_made_for),
	};

	return cmocka_run_group_tests_name("map_mmap", tests, NULL, NULL);
}
